"""Lessons that a person typed, in the line of /teach or in its form."""

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
    """A question and an answer as they were typed."""

    prompt: str
    completion: str
    recipient: Recipient
    last_day: str | None = None
    """The last day (ISO date) on which it is true."""


def read(view: dict[str, Any], user: str) -> TypedLesson:
    """Reads the form of /teach that this user submitted."""
    filled = modals.lesson(view)
    recipient = Recipient(user, filled.channel, filled.thread, filled.response_url)
    return TypedLesson(filled.prompt, filled.completion, recipient, filled.last_day)


class TypedLessons:
    """Teaches typed lessons."""

    def __init__(self, curation: Curation, conflicts: Conflicts) -> None:
        self._curation = curation
        self._conflicts = conflicts

    def teach(self, typed: TypedLesson) -> Taught:
        """Teaches the lesson; stores nothing where it contradicts another one.

        Raises:
            InputError: its author has opted out, or the channel is switched off.
        """
        return self._curation.learn(_lesson(typed), "ask")

    def outcome(self, typed: TypedLesson, taught: Taught) -> MessageContent:
        """Returns the notice for the teacher: the result, or buttons for a contradiction."""
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
