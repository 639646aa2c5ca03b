"""The place of an error can be told without its text."""

import pytest

from bot.errors import FRAMES, raised_at


def fail(depth: int) -> None:
    if depth:
        fail(depth - 1)
    raise ValueError("what somebody wrote")


def test_the_innermost_lines_are_named_without_the_text_of_the_error() -> None:
    with pytest.raises(ValueError, match="somebody") as caught:
        fail(FRAMES)
    places = raised_at(caught.value).split(" > ")
    assert len(places) == FRAMES
    first = fail.__code__.co_firstlineno
    assert places[-2:] == [f"test_errors.py:{first + 2}", f"test_errors.py:{first + 3}"]
    assert "somebody" not in "".join(places)


def test_an_error_that_was_never_raised_has_no_place() -> None:
    assert raised_at(ValueError("what somebody wrote")) == ""
