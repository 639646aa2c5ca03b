"""Whose telephone numbers are written without a country's code is a matter of the settings."""

import pytest

from bot.lessons.teaching import clean
from bot.settings import ExampleSettings


@pytest.mark.parametrize(
    ("regions", "kept"), [(("AT",), "Anna: [phone number]"), (("US",), "Anna: 0664 1234567")]
)
def test_telephone_numbers_of_the_teams_countries_are_taken_out(
    regions: tuple[str, ...], kept: str
) -> None:
    settings = ExampleSettings(phone_regions=regions)
    assert clean("Anna: 0664 1234567", settings)[0] == kept
