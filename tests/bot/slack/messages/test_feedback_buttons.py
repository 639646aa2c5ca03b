"""Feedback buttons carry the rating and the reply, and nothing else is read from them."""

import pytest

from bot.slack.messages.feedback_buttons import buttons, pressed


def test_each_button_stands_for_its_rating_of_the_reply() -> None:
    (element,) = buttons(7).to_dict()["elements"]
    assert pressed(element["positive_button"]["value"]) == (1, 7)
    assert pressed(element["negative_button"]["value"]) == (-1, 7)


@pytest.mark.parametrize("value", ["", None, "up", "up:", "up:x", "up:²", "left:7", "7:up"])
def test_a_value_that_is_not_ours_is_no_rating(value: str | None) -> None:
    assert pressed(value) is None
