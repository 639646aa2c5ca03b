"""Questions to people about what they teach, that outlast a restart: see `Decisions`.

Somebody's lesson contradicts others (replace them, keep both, cancel), or has something in it that
is not stored (store it without, or not at all). Knows no Slack.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bot.feedback.ratings import ReplyRatings
from bot.lessons.curation import Curation
from bot.lessons.teaching import Lesson, Taught
from bot.settings import Settings
from bot.store import Store
from bot.store.examples.provenance import SourceMessage
from bot.store.open_questions import OpenQuestion

QuestionKind = Literal["typed", "message", "correction"]
"""How the lesson was taught: typed, made of messages, or as the correction of an answer."""
SENSITIVE = "sensitive"
"""The kind of a stored question about what was taken out; all others are about conflicts."""
Choice = Literal["replace", "keep", "accept", "cancel"]
"""`accept` is the answer to a SENSITIVE question, `replace` and `keep` those about conflicts."""


@dataclass(frozen=True)
class Decided:
    """The result of a decision.

    Attributes:
        question: what was decided.
        taught: what became of the lesson; None where it was cancelled. Where it is a
            `contradiction`, accepting what was taken out has led to a second question.
        next_key: the key of that second question.
    """

    question: OpenQuestion
    taught: Taught | None
    next_key: str | None = None


class Decisions:
    """Keeps what people were asked about their lessons, and does what they decide."""

    def __init__(
        self, store: Store, settings: Settings, curation: Curation, ratings: ReplyRatings
    ) -> None:
        self._store = store
        self._settings = settings.examples
        self._curation = curation
        self._ratings = ratings

    def ask(
        self,
        kind: QuestionKind,
        lesson: Lesson,
        taught: Taught,
        words: Sequence[SourceMessage] = (),
        reply_id: int | None = None,
    ) -> str:
        """Stores that the lesson's author was asked, and returns the key of the question.

        Args:
            kind: how it was taught.
            lesson: the lesson as it was taught; it is cleaned before it is stored.
            taught: what teaching it came to: a `contradiction`, or `sensitive`.
            words: the messages that a lesson of kind `message` was made of.
            reply_id: the answer that a lesson of kind `correction` corrects.
        """
        raise NotImplementedError

    def decide(self, key: str, person: str | None, choice: Choice) -> Decided | None:
        """Carries a decision out, once over all processes.

        Args:
            key: the question's key.
            person: the id of who decides; None for whoever runs the machine.
            choice: what they chose.

        Returns:
            The result; None where the question is gone, or was put to somebody else.

        Raises:
            NightschoolError: the lesson cannot be taught any more; the question stays.
        """
        raise NotImplementedError

    def of(self, person: str) -> list[OpenQuestion]:
        """Returns what a person was asked and has not decided, oldest first."""
        return self._store.open_questions.of(person)
