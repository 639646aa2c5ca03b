"""A lesson as somebody wrote it, in the line of /teach or in its form."""

from dataclasses import dataclass
from typing import Any

from bot.feedback import Taught
from bot.lessons import Lesson, OnConflict
from bot.slack import blocks, views
from bot.slack.posting import Piece
from bot.slack.services import Services
from bot.slack.whispering import Ear


@dataclass(frozen=True)
class Written:
    """Question and answer, and who wrote them."""

    prompt: str
    completion: str
    ear: Ear
    last_day: str | None = None
    """ISO date."""


def read(view: dict[str, Any], user: str) -> Written:
    """The form of /teach, filled in."""
    filled = views.lesson(view)
    ear = Ear(user, filled.channel, response_url=filled.response_url)
    return Written(filled.prompt, filled.completion, ear, filled.last_day)


def teach(services: Services, written: Written) -> Taught:
    """Teaches it; asks first where it contradicts another lesson."""
    return services.feedback.learn(_lesson(written), "ask")


def outcome(services: Services, written: Written, taught: Taught) -> Piece:
    """What the teacher hears: what became of it, or the question what shall."""
    if taught.status != "contradiction":
        return blocks.taught(taught)

    def settle(choice: OnConflict) -> Piece:
        settled = services.feedback.settle(_lesson(written), taught.conflicts, choice)
        return blocks.taught(settled)

    return services.contradictions.ask(written.ear.user, taught.conflicts, settle)


def _lesson(written: Written) -> Lesson:
    return Lesson(
        written.prompt,
        written.completion,
        written.ear.user,
        channel=written.ear.channel,
        expires_on=written.last_day,
    )
