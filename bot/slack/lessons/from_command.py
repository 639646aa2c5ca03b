"""A lesson as somebody wrote it, in the line of /teach or in its form."""

from dataclasses import dataclass
from typing import Any

from bot.lessons.teaching import Lesson, OnConflict, Taught
from bot.slack.dependencies import Services
from bot.slack.messages import blocks, modals
from bot.slack.messages.ephemeral import Recipient
from bot.slack.messages.posting import MessageContent


@dataclass(frozen=True)
class TypedLesson:
    """Question and answer, and who wrote them."""

    prompt: str
    completion: str
    recipient: Recipient
    last_day: str | None = None
    """ISO date."""


def read(view: dict[str, Any], user: str) -> TypedLesson:
    """The form of /teach, filled in."""
    filled = modals.lesson(view)
    recipient = Recipient(user, filled.channel, response_url=filled.response_url)
    return TypedLesson(filled.prompt, filled.completion, recipient, filled.last_day)


def teach(services: Services, written: TypedLesson) -> Taught:
    """Teaches it; asks first where it contradicts another lesson."""
    return services.curation.learn(_lesson(written), "ask")


def outcome(services: Services, written: TypedLesson, taught: Taught) -> MessageContent:
    """What the teacher hears: what became of it, or the question what shall."""
    if taught.status != "contradiction":
        return blocks.taught(taught)

    def settle(choice: OnConflict) -> MessageContent:
        settled = services.curation.settle(_lesson(written), taught.conflicts, choice)
        return blocks.taught(settled)

    return services.conflicts.ask(written.recipient.user, taught.conflicts, settle)


def _lesson(written: TypedLesson) -> Lesson:
    return Lesson(
        written.prompt,
        written.completion,
        written.recipient.user,
        channel=written.recipient.channel,
        expires_on=written.last_day,
    )
