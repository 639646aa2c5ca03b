"""What the console says."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.console.labels import model_name, next_night_text, plain_errors, teaching_notice, time_left
from bot.lessons.teaching import Taught


@pytest.mark.parametrize(
    ("taught", "said"),
    [
        (Taught(3, "approved"), "Thank you. Lesson 3 is for tonight."),
        (
            Taught(3, "approved", replaced=(1,)),
            "Thank you. Lesson 3 is for tonight, in place of lesson 1.",
        ),
        (Taught(3, "pending"), "Thank you. Lesson 3 waits for a teacher to approve it."),
        (Taught(3, "duplicate"), "I have that already, as lesson 3."),
        (Taught(3, "quarantined"), "Lesson 3 is quarantined."),
        (
            Taught(None, "refused", ("empty prompt", "empty completion")),
            "That cannot be a lesson. Empty question. Empty answer.",
        ),
    ],
)
def test_what_became_of_a_lesson_is_one_line(taught: Taught, said: str) -> None:
    assert teaching_notice(taught) == said


def test_errors_use_the_words_of_the_page() -> None:
    assert plain_errors(("prompt over 9 characters (12)",)) == ("Question over 9 characters (12).",)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.0, "a few seconds"), (42.0, "about 40 s"), (95.0, "about 2 min"), (3600.0, "about 60 min")],
)
def test_time_left_is_told_no_more_exactly_than_it_is_known(seconds: float, said: str) -> None:
    assert time_left(seconds) == said


def test_the_next_night_is_told_by_the_day() -> None:
    now = datetime(2026, 3, 2, 12).astimezone()
    today = now.replace(hour=22)
    assert next_night_text(today, now) == "Next night: today at 22:00."
    assert next_night_text(today + timedelta(days=1), now) == "Next night: tomorrow at 22:00."
    assert (
        next_night_text(today + timedelta(days=3), now) == "Next night: Thursday 5 March at 22:00."
    )
    assert "switched off" in next_night_text(None, datetime.now(UTC))


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("starter", "SmolLM2-135M"),
        ("Qwen/Qwen3-0.6B", "Qwen3-0.6B"),
        ("/home/somebody/models/mine/", "mine"),
    ],
)
def test_a_model_is_called_by_its_short_name(model: str, name: str) -> None:
    assert model_name(model) == name
