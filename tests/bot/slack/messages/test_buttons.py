"""Buttons ask before much happens, and what they carry is read back safely."""

import pytest

from bot.slack.messages.buttons import VALUE_LIMIT, button, number


def test_a_button_asks_first_only_where_it_should() -> None:
    assert "confirm" not in button("Withdraw", "withdraw", "7").to_dict()
    shown = button("Withdraw", "withdraw", "7", style="danger", sure="Gone for good?").to_dict()
    assert shown["confirm"]["text"]["text"] == "Gone for good?"
    assert shown["confirm"]["confirm"]["text"] == "Withdraw"
    assert (shown["style"], shown["value"]) == ("danger", "7")


def test_long_texts_are_cut_to_what_slack_takes() -> None:
    shown = button("x" * 60, "act", "v" * (VALUE_LIMIT + 1), sure="s" * 400).to_dict()
    assert len(shown["value"]) == VALUE_LIMIT
    assert len(shown["confirm"]["text"]["text"]) == 300
    assert len(shown["confirm"]["confirm"]["text"]) == 30


@pytest.mark.parametrize(
    ("value", "expected"),
    [("7", 7), ("9" * 15, int("9" * 15)), ("9" * 16, 0), ("", 0), ("-7", 0), ("x", 0), ("²", 0)],
)
def test_only_a_plain_number_is_an_id(value: str, expected: int) -> None:
    assert number(value) == expected
