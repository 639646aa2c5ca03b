"""A lesson as somebody wrote it, in the line of /teach or in its form."""

from dataclasses import dataclass
from typing import Any

from bot.lessons.curation import Curation
from bot.lessons.teaching import Lesson, OnConflict, Taught
from bot.slack.messages import blocks, modals
from bot.slack.messages.ephemeral import Recipient
from bot.slack.messages.posting import MessageContent
from bot.slack.state.conflicts import Conflicts


@dataclass(frozen=True)
class TypedLesson:
    """Question and answer, and who wrote them."""

    prompt: str
    completion: str
    recipient: Recipient
    last_day: str | None = None
    """ISO date."""


def read(view: dict[str, Any], user: str) -> TypedLesson:
    """Reads the form of /teach as this user filled it in."""
    filled = modals.lesson(view)
    recipient = Recipient(user, filled.channel, response_url=filled.response_url)
    return TypedLesson(filled.prompt, filled.completion, recipient, filled.last_day)


class TypedLessons:
    """Teaches what somebody wrote."""

    def __init__(self, curation: Curation, conflicts: Conflicts) -> None:
        self._curation = curation
        self._conflicts = conflicts

    def teach(self, typed: TypedLesson) -> Taught:
        """Teaches it; asks first where it contradicts another lesson."""
        return self._curation.learn(_lesson(typed), "ask")

    def outcome(self, typed: TypedLesson, taught: Taught) -> MessageContent:
        """What the teacher hears: what became of it, or the question what shall."""
        if taught.status != "contradiction":
            return blocks.taught(taught)

        def settle(choice: OnConflict) -> MessageContent:
            settled = self._curation.settle(_lesson(typed), taught.conflicts, choice)
            return blocks.taught(settled)

        return self._conflicts.ask(typed.recipient.user, taught.conflicts, settle)


def _lesson(typed: TypedLesson) -> Lesson:
    return Lesson(
        typed.prompt,
        typed.completion,
        typed.recipient.user,
        channel=typed.recipient.channel,
        expires_on=typed.last_day,
    )
