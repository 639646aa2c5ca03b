"""Numbers that python-stdnum does not know: each part that is checked can be wrong."""

import pytest

from bot.redaction import find, people_numbers


@pytest.mark.parametrize(
    ("check", "right", "wrong"),
    [
        (
            "german_pension",
            "65 170839 J 003",
            ("65 170839 J 004", "65 171339 J 003", "65 320839 J 003"),
        ),
        ("german_health", "A123456780", ("A123456781", "B123456780")),
        ("british_insurance", "WK 48 20 97 C", ("GB 48 20 97 C", "DK 48 20 97 C", "WO 48 20 97 C")),
        ("spanish_social", "28 12345678 40", ("28 12345678 41",)),
    ],
)
def test_a_number_is_checked(check: str, right: str, wrong: tuple[str, ...]) -> None:
    is_valid = getattr(people_numbers, check)
    assert is_valid(right)
    assert not any(is_valid(number) for number in wrong)


def test_the_example_of_british_forms_counts() -> None:
    assert [one.kind for one in find("National Insurance no. QQ123456C")] == ["tax number"]
