"""Questions to people about what they teach, that outlast a restart: see `Decisions`.

Somebody's lesson contradicts others (replace them, keep both, cancel), has something in it that is
not stored (store it without, or not at all), or says that nothing is known. Knows no Slack.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Literal

from bot.errors import InputError
from bot.feedback.ratings import ReplyRatings
from bot.feedback.reply_lessons import Extent
from bot.lessons.curation import Curation
from bot.lessons.teaching import Lesson, OnConflict, Taught, cleaned
from bot.messages import Message, as_dicts
from bot.settings import Settings
from bot.store import Store
from bot.store.examples.provenance import SourceMessage
from bot.store.examples.scope import Scope
from bot.store.open_questions import OpenQuestion

QuestionKind = Literal["typed", "message", "correction"]
"""How the lesson was taught: typed, made of messages, or as the correction of an answer."""
SENSITIVE = "sensitive"
"""The kind of a stored question about what was taken out."""
NO_ANSWER = "no_answer"
"""The kind of one about an answer that says nothing; all others are about conflicts."""
OF_ITSELF = (SENSITIVE, NO_ANSWER)
"""The kinds of questions about a lesson itself, which are answered by `accept`."""
KEPT = timedelta(days=30)
"""How long a question waits for its answer."""
Choice = Literal["replace", "keep", "accept", "cancel"]
"""`accept` is the answer to a question of OF_ITSELF, `replace` and `keep` those about conflicts."""


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
            taught: what teaching it came to: one of `bot.lessons.teaching.UNDECIDED`.
            words: the messages that a lesson of kind `message` was made of.
            reply_id: the answer that a lesson of kind `correction` corrects.
        """
        lesson, found = cleaned(lesson, self._settings)
        lesson = replace(
            lesson,
            scope=taught.scope or lesson.scope,
            taken_out=tuple(dict.fromkeys((*taught.redacted, *lesson.taken_out, *found))),
        )
        fields = _fields(lesson)
        with self._store.connections.write():
            self._store.open_questions.drop_before(KEPT)
            for asked in self.of(lesson.author):
                if (asked.lesson, asked.words, asked.reply_id) == (fields, tuple(words), reply_id):
                    self._store.open_questions.take(asked.key, lesson.author)
            return self._store.open_questions.add(
                lesson.author,
                taught.status if taught.status in OF_ITSELF else kind,
                fields,
                words=words,
                conflicts=[conflict.id for conflict in taught.conflicts],
                reply_id=reply_id,
            )

    def decide(self, key: str, person: str | None, choice: Choice) -> Decided | None:
        """Carries a decision out, once over all processes.

        Args:
            key: the question's key.
            person: the id of who decides; None for whoever runs the machine.
            choice: what they chose.

        Returns:
            The result; None where the question is gone, or was put to somebody else.

        Raises:
            InputError: it is no answer to this question, or the lesson cannot be taught any more;
                the question stays.
        """
        with self._store.connections.write():
            question = self._store.open_questions.take(key, person)
            if question is None:
                return None
            if choice == "cancel":
                return Decided(question, None)
            if (choice == "accept") != (question.kind in OF_ITSELF):
                raise InputError("That is no answer to what was asked.")
            lesson = _lesson(question.lesson)
            taught = self._teach(question, lesson, "ask" if choice == "accept" else choice)
            if taught.status != "contradiction":
                return Decided(question, taught)
            kind = kind_of(question)
            following = self.ask(kind, lesson, taught, question.words, question.reply_id)
            return Decided(question, taught, following)

    def of(self, person: str) -> list[OpenQuestion]:
        """Returns what a person was asked and has not decided, oldest first."""
        return self._store.open_questions.of(person)

    def drop_old(self) -> int:
        """Deletes the questions that nobody has decided for a month; returns their number."""
        return self._store.open_questions.drop_before(KEPT)

    def _teach(self, question: OpenQuestion, lesson: Lesson, on_conflict: OnConflict) -> Taught:
        conflicts = [self._store.examples.get(example) for example in question.conflicts]
        kind = kind_of(question)
        if kind == "message":
            return self._curation.learn_from(lesson, question.words, on_conflict, conflicts)
        if kind == "typed":
            return self._curation.settle(lesson, conflicts, on_conflict)
        return self._ratings.correct(
            question.reply_id or 0,
            lesson.author,
            lesson.completion,
            on_conflict,
            conflicts,
            extent=Extent(lesson.scope, in_talk=lesson.messages is not None),
            taken_out=lesson.taken_out,
        )


def kind_of(question: OpenQuestion) -> QuestionKind:
    """Returns how the lesson of a question was taught, also where it is about what was in it."""
    if question.words:
        return "message"
    return "typed" if question.reply_id is None else "correction"


def _fields(lesson: Lesson) -> dict[str, Any]:
    """Returns a lesson as JSON has it."""
    scope = lesson.for_whom
    return {
        "prompt": lesson.prompt,
        "completion": lesson.completion,
        "author": lesson.author,
        "source": lesson.source,
        "channel": lesson.channel,
        "permalink": lesson.permalink,
        "reply_id": lesson.reply_id,
        "messages": None if lesson.messages is None else as_dicts(lesson.messages),
        "expires_on": lesson.expires_on,
        "scope": scope.kind,
        "scope_id": scope.id,
        "taken_out": list(lesson.taken_out),
        "review_days": lesson.review_days,
    }


def _lesson(fields: Mapping[str, Any]) -> Lesson:
    """Returns the lesson that `_fields` was given."""
    given = dict(fields)
    scope = Scope(given.pop("scope"), given.pop("scope_id"))
    messages, taken_out = given.pop("messages"), tuple(given.pop("taken_out"))
    turns = None if messages is None else tuple(Message(m["role"], m["content"]) for m in messages)
    return Lesson(**given, messages=turns, scope=scope, taken_out=taken_out)
