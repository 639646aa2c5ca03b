"""What the console says."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.console.labels import (
    lesson_state,
    local_day,
    model_name,
    next_night_text,
    origin,
    plain_errors,
    teaching_notice,
    time_left,
    whom,
)
from bot.lessons.curation import Curation
from bot.lessons.teaching import Taught
from bot.store import Example, Store
from bot.store.examples.scope import EVERYONE, Scope


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
        (Taught(3, "withdrawn"), "Lesson 3 is withdrawn."),
        (
            Taught(None, "untaught"),
            "Thank you. There was no answer in it to learn: teach the right one.",
        ),
        (Taught(None, "noted"), "Thank you, noted."),
        (
            Taught(3, "approved", scope=EVERYONE, redacted=("secret", "e-mail")),
            (
                "Thank you. Lesson 3 is for tonight. Taken out: secret, e-mail. "
                "I will say \u201c[secret]\u201d and \u201c[e-mail]\u201d there."
            ),
        ),
        (
            Taught(3, "approved", scope=Scope("person", "console"), replaced=(1,)),
            (
                "Thank you. I know lesson 3 now, for this page alone, in place of lesson 1; "
                "it is not trained."
            ),
        ),
        (
            Taught(None, "context"),
            (
                "Thank you, noted. That answer was made of what was said in this thread, so it is "
                "no lesson: say what I should know, and I learn that."
            ),
        ),
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
    assert plain_errors(("it prompts nobody",)) == ("It prompts nobody.",), "whole words only"


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


@pytest.fixture
def lesson(store: Store, curation: Curation) -> Example:
    """The first lesson of a store."""
    curation.teach("Who?", "Noor.", "U1")
    return store.examples.get(1)


@pytest.mark.parametrize(
    ("status", "untrained", "trained"),
    [
        ("approved", "for tonight", "learned in v0001"),
        ("pending", "waits for approval", "waits for approval"),
        ("withdrawn", "withdrawn", "withdrawn, still in v0001 until tonight"),
        ("superseded", "replaced", "replaced"),
        ("rejected", "rejected", "rejected"),
    ],
)
def test_a_lesson_says_whether_it_is_learned_waits_or_is_gone(
    lesson: Example, status: str, untrained: str, trained: str
) -> None:
    lesson = replace(lesson, status=status)
    assert lesson_state(lesson, "v0001", frozenset({2})) == untrained
    assert lesson_state(lesson, None, frozenset({1})) == untrained
    assert lesson_state(lesson, "v0001", frozenset({1})) == trained


def test_a_lesson_that_is_not_for_everyone_is_not_for_tonight(lesson: Example) -> None:
    private = replace(lesson, scope="channel", scope_id="C9")
    assert lesson_state(private, "v0001", frozenset()) == "not trained"
    known = lesson_state(private, "v0001", frozenset({1}))
    assert known == "not trained, still in v0001 until tonight"
    assert lesson_state(replace(private, status="pending"), None, frozenset()) == (
        "waits for approval"
    )


@pytest.mark.parametrize(
    ("scope", "said"),
    [
        (EVERYONE, "everyone"),
        (Scope("person", "console"), "this page alone"),
        (Scope("person", "U1"), "one person"),
        (Scope("channel", "C9"), "one channel"),
        (Scope("person"), "one person"),
    ],
)
def test_whom_a_lesson_is_for_is_said_without_an_id(scope: Scope, said: str) -> None:
    assert whom(scope) == said


@pytest.mark.parametrize(
    ("source", "author", "text"),
    [
        ("teach", "U1", "taught by U1"),
        ("console", "console", "taught"),
        ("reaction", "U1", "thumbs-up by U1"),
        ("sample", "Nightschool", "sample"),
        ("elsewhere", "U1", "elsewhere by U1"),
    ],
)
def test_a_lesson_says_how_it_came_in_and_by_whom(
    lesson: Example, source: str, author: str, text: str
) -> None:
    assert origin(replace(lesson, source=source, author=author)) == text


@pytest.fixture
def far_from_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This machine stands eleven hours east of Greenwich."""
    monkeypatch.setenv("TZ", "EAST-11")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("far_from_utc")
def test_a_day_is_told_as_this_machine_reckons_it() -> None:
    assert local_day("2025-11-03T12:00:00+00:00") == "3 November 2025"
    assert local_day("2025-11-03T13:00:00+00:00") == "4 November 2025"


@pytest.mark.usefixtures("far_from_utc")
def test_the_next_night_is_told_in_the_time_of_this_machine() -> None:
    night = datetime(2026, 3, 2, 15, tzinfo=UTC)
    assert next_night_text(night, datetime(2026, 3, 2, 12, tzinfo=UTC)).endswith(
        "tomorrow at 02:00."
    )
    assert next_night_text(night, datetime(2026, 3, 2, 14, tzinfo=UTC)).endswith("today at 02:00.")
