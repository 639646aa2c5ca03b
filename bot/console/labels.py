"""The sentences of the console about lessons and nights, as pure functions."""

import re
from collections.abc import Sequence
from datetime import datetime

from bot.lessons.curation import SAMPLE_SOURCE
from bot.lessons.scoping import scope_word
from bot.lessons.teaching import Taught
from bot.redaction.finding import KINDS
from bot.store import Example
from bot.store.examples.scope import CONSOLE, Scope

STARTER_NAME = "SmolLM2-135M"
ORIGINS = {
    "teach": "taught",
    "console": "taught",
    "reaction": "thumbs-up",
    "correction": "correction",
    "shortcut": "taught from a message",
    "import": "imported",
    SAMPLE_SOURCE: "sample",
}
THIS_PAGE = Scope("person", CONSOLE)
"""Whom a lesson is for that is told on the page alone."""
NO_LESSON = {
    "untaught": "Thank you. There was no answer in it to learn: teach the right one.",
    "context": (
        "Thank you, noted. That answer was made of what was said in this thread, so it is no "
        "lesson: say what I should know, and I learn that."
    ),
}
"""What is said of a thumb that makes no lesson."""


def plain_errors(errors: tuple[str, ...]) -> tuple[str, ...]:
    """Returns the errors of a lesson as sentences with the words of the page.

    Args:
        errors: as validation words them, with `prompt` and `completion`.
    """
    worded = (re.sub(r"\bprompt\b", "question", error) for error in errors)
    worded = (re.sub(r"\bcompletion\b", "answer", error) for error in worded)
    return tuple(f"{error[:1].upper()}{error[1:]}." for error in worded)


def model_name(model: str) -> str:
    """Returns the short name of a model: of a hub name or a folder the last part."""
    return STARTER_NAME if model == "starter" else model.rstrip("/\\").split("/")[-1]


def teaching_notice(taught: Taught) -> str:
    """Returns the result of a lesson in one line; it says what was taken out of it."""
    told = _outcome(taught)
    return f"{told} {taken_out(taught.redacted)}" if taught.redacted and taught.id else told


def _outcome(taught: Taught) -> str:
    if taught.errors:
        return f"That cannot be a lesson. {' '.join(plain_errors(taught.errors))}"
    if taught.id is None:
        return NO_LESSON.get(taught.status, "Thank you, noted.")
    if taught.status == "approved":
        return _learned(taught)
    if taught.status == "duplicate":
        return f"I have that already, as lesson {taught.id}."
    if taught.status == "pending":
        return f"Thank you. Lesson {taught.id} waits for a teacher to approve it."
    return f"Lesson {taught.id} is {taught.status}."


def _learned(taught: Taught) -> str:
    replaced = f", in place of lesson {taught.replaced[0]}" if taught.replaced else ""
    if taught.scope is None or not taught.scope.private:
        return f"Thank you. Lesson {taught.id} is for tonight{replaced}."
    known = f"I know lesson {taught.id} now, for {whom(taught.scope)}{replaced}"
    return f"Thank you. {known}; it is not trained."


def taken_out(kinds: Sequence[str]) -> str:
    """Returns what was taken out of a lesson, and how it will be said, as two sentences."""
    said = " and ".join(f"\u201c[{kind}]\u201d" for kind in kinds)
    return f"Taken out: {', '.join(kinds)}. I will say {said} there."


def kinds_in(text: str) -> tuple[str, ...]:
    """Returns the kinds of findings that a hidden field names, one after another with commas."""
    named = text.split(",")
    return tuple(kind for kind in KINDS if kind in named)


def whom(scope: Scope) -> str:
    """Returns whom a lesson is for, as the page says it."""
    if scope == THIS_PAGE:
        return "this page alone"
    return scope_word(scope)


def lesson_state(example: Example, adapter: str | None, trained_on: frozenset[int]) -> str:
    """Returns the state of a lesson in words: learned, for tonight, told here, waiting or gone.

    Args:
        example: the lesson.
        adapter: the current version, None for the base model.
        trained_on: the ids of the examples that `adapter` was trained on.
    """
    known = adapter is not None and example.id in trained_on
    if example.status == "approved" and example.for_whom.private:
        return f"not trained, still in {adapter} until tonight" if known else "not trained"
    if example.status == "approved":
        return f"learned in {adapter}" if known else "for tonight"
    if example.status == "pending":
        return "waits for approval"
    if example.status == "withdrawn" and known:
        return f"withdrawn, still in {adapter} until tonight"
    return "replaced" if example.status == "superseded" else example.status


def origin(example: Example) -> str:
    """Returns the source of a lesson in words, and its author."""
    how = ORIGINS.get(example.source, example.source)
    by = "" if example.author == "console" or example.source == SAMPLE_SOURCE else example.author
    return f"{how} by {by}" if by else how


def local_day(moment: str) -> str:
    """Returns the local day of an ISO time, as `23 November 2025`."""
    local = datetime.fromisoformat(moment).astimezone()
    return f"{local.day} {local:%B %Y}"


def time_left(seconds: float) -> str:
    """Returns the seconds that are left in words, rounded as such an estimate deserves."""
    if seconds < 10:  # noqa: PLR2004  seconds, as the words say
        return "a few seconds"
    if seconds < 90:  # noqa: PLR2004  as above
        return f"about {round(seconds, -1):.0f} s"
    return f"about {round(seconds / 60):.0f} min"


def next_night_text(moment: datetime | None, now: datetime) -> str:
    """Returns the time of the next night in words; `moment` is None where none is planned."""
    if moment is None:
        return "No nights are planned; they are switched off in the settings."
    moment = moment.astimezone()
    days = (moment.date() - now.astimezone().date()).days
    day = {0: "today", 1: "tomorrow"}.get(days, f"{moment:%A} {moment.day} {moment:%B}")
    return f"Next night: {day} at {moment:%H:%M}."
