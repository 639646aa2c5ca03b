"""What the console says about lessons and nights, as pure functions of what the store holds."""

import re
from datetime import datetime

from bot.lessons.curation import SAMPLE_SOURCE
from bot.lessons.teaching import Taught
from bot.store import Example

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


def plainly(errors: tuple[str, ...]) -> tuple[str, ...]:
    """What is wrong with a lesson, in the words of the page instead of the field's."""
    said = (re.sub(r"\bprompt\b", "question", error) for error in errors)
    said = (re.sub(r"\bcompletion\b", "answer", error) for error in said)
    return tuple(f"{error[:1].upper()}{error[1:]}." for error in said)


def model_name(model: str) -> str:
    """The short name of a model: of a hub name or a folder the last part."""
    return STARTER_NAME if model == "starter" else model.rstrip("/\\").split("/")[-1]


def said_of(taught: Taught) -> str:
    """What became of something taught, in one line."""
    if taught.status == "duplicate":
        return f"I have that already, as lesson {taught.id}."
    if taught.errors:
        return f"That cannot be a lesson. {' '.join(plainly(taught.errors))}"
    if taught.status == "pending":
        return f"Thank you. Lesson {taught.id} waits for a teacher to approve it."
    if taught.status != "approved":
        return f"Lesson {taught.id} is {taught.status}."
    replaced = f", in place of lesson {taught.replaced[0]}" if taught.replaced else ""
    return f"Thank you. Lesson {taught.id} is for tonight{replaced}."


def standing(example: Example, adapter: str | None, trained_on: frozenset[int]) -> str:
    """Where a lesson stands; `trained_on` are the examples that `adapter` learned from."""
    known = adapter is not None and example.id in trained_on
    if example.status == "approved":
        return f"learned in {adapter}" if known else "for tonight"
    if example.status == "pending":
        return "waits for approval"
    if example.status == "withdrawn" and known:
        return f"withdrawn, still in {adapter} until tonight"
    return "replaced" if example.status == "superseded" else example.status


def origin(example: Example) -> str:
    """How a lesson came in, and by whom."""
    how = ORIGINS.get(example.source, example.source)
    by = "" if example.author == "console" or example.source == SAMPLE_SOURCE else example.author
    return f"{how} by {by}" if by else how


def day(moment: str) -> str:
    """The local day of a time as it stands in the store, as `23 November 2025`."""
    local = datetime.fromisoformat(moment).astimezone()
    return f"{local.day} {local:%B %Y}"


def remaining(seconds: float) -> str:
    """Seconds to go, no more exactly than they are known."""
    if seconds < 10:  # noqa: PLR2004  seconds, as the words say
        return "a few seconds"
    if seconds < 90:  # noqa: PLR2004  as above
        return f"about {round(seconds, -1):.0f} s"
    return f"about {round(seconds / 60):.0f} min"


def night_at(moment: datetime | None, now: datetime) -> str:
    """When the next night is."""
    if moment is None:
        return "No nights are planned; they are switched off in the settings."
    moment = moment.astimezone()
    days = (moment.date() - now.astimezone().date()).days
    day = {0: "today", 1: "tomorrow"}.get(days, f"{moment:%A} {moment.day} {moment:%B}")
    return f"Next night: {day} at {moment:%H:%M}."


def count(number: int, noun: str) -> str:
    """`1 lesson`, `2 lessons`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
