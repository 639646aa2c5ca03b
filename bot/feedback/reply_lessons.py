"""What a reply teaches: the lesson of a thumb, that of a correction, and whom they are for.

A correction is about its own question unless whoever corrects says that it holds only in such a
talk. What was made of what others said in a thread is no lesson, and neither is what answers
nothing. Knows no Slack.
"""

from dataclasses import dataclass, replace

from bot.lessons.ownership import THUMB
from bot.lessons.scoping import default_scope, narrower, place_scope, told_scope
from bot.lessons.teaching import Lesson, Taught, Teaching
from bot.lessons.texts.no_answer import answers_nothing
from bot.messages import Message
from bot.store import Store, StoredReply
from bot.store.examples.rows import LIVE
from bot.store.examples.scope import Scope
from trainer.reasoning import without_reasoning

NOT_FOR_MORE = (
    "what was said before that answer is for fewer people: choose them, or only this question"
)


@dataclass(frozen=True)
class Extent:
    """Where a correction holds.

    Attributes:
        scope: whom it is for; None leaves that to the place of the answer.
        in_talk: whether it holds only after the turns that stand above the answer, and not whenever
            the question is asked.
        review_days: days after which its owner is asked whether it holds; None for the setting's.
    """

    scope: Scope | None = None
    in_talk: bool = False
    review_days: int | None = None


ANYWHERE = Extent()


class ReplyLessons:
    """Makes lessons of replies."""

    def __init__(self, store: Store, teaching: Teaching) -> None:
        self._store = store
        self._teaching = teaching

    def nothing_new(self, reply: StoredReply) -> Taught | None:
        """What a reply comes to that says no more than what was taught; None of all others.

        The words of one that is declined are no answer, nor are those of a model that does not know
        one. The nearest lesson is taught for another question only while it is in force. One that
        repeats a lesson is that lesson, also where an adapter put it otherwise.
        """
        if reply.basis == "none" or (reply.basis == "near" and not reply.recalled):
            return Taught(None, "untaught")
        if reply.basis == "near":
            nearest = self._store.examples.get(reply.recalled[0])
            withheld = self._store.provenance.withheld(nearest)
            in_force = nearest.status == "approved" and not withheld
            return None if in_force else Taught(nearest.id, "withdrawn")
        if reply.basis != "taught" or not reply.recalled:
            if answers_nothing(without_reasoning(reply.text)):
                meant = (reply.question, reply.text) if self.doubted(reply) else None
                return Taught(None, "untaught", preview=meant)
            return Taught(None, "context") if reply.with_context else None
        lesson = self._store.examples.get(reply.recalled[0])
        if lesson.status not in LIVE:
            return Taught(lesson.id, "withdrawn")
        return Taught(lesson.id, "duplicate", scope=lesson.for_whom)

    def doubted(self, reply: StoredReply) -> bool:
        """Whether a reply is no lesson only because its words seem to say nothing.

        They may be an answer all the same: whoever says so is believed.
        """
        by_model = reply.basis not in ("none", "near") and not reply.with_context
        told = reply.basis == "taught" and bool(reply.recalled)
        return by_model and not told and answers_nothing(without_reasoning(reply.text))

    def learn(self, reply: StoredReply, teacher: str) -> Taught:
        """Teaches what was liked: the reply, or the words of the nearest lesson that it showed.

        It is for no more people than what it is made of.
        """
        scope = self.scope_of_words(reply, teacher)
        if reply.basis != "near":
            lesson = _lesson(reply, reply.text, teacher, THUMB)
            return self._teaching.teach(replace(lesson, scope=scope))
        nearest = self._store.examples.get(reply.recalled[0])
        lesson = _lesson(reply, nearest.completion, teacher, THUMB)
        same = replace(lesson, expires_on=nearest.expires_on, review_days=nearest.review_days)
        taught = self._teaching.teach(replace(same, scope=scope))
        if taught.id is not None and self._store.examples.get(taught.id).reply_id == reply.id:
            self._store.provenance.derive(nearest, taught.id, teacher)
        return taught

    def correction(
        self, reply: StoredReply, user: str, completion: str, extent: Extent = ANYWHERE
    ) -> Lesson:
        """Returns the lesson that a correction makes.

        What others said in a thread was meant for those who read it: the correction of an answer
        that was made of it is for its place, and the question stands alone. So it does where the
        correction is for more people than what was told before it in the conversation.

        Args:
            reply: the answer that was wrong.
            user: the id of who corrects it.
            completion: the better answer.
            extent: where it holds.
        """
        lesson = replace(
            _lesson(reply, completion, user, "correction"), review_days=extent.review_days
        )
        if reply.with_context:
            place = extent.scope or place_scope(reply.channel, user)
            return replace(lesson, messages=None, scope=place)
        words = self.scope_of_words(reply, user)
        scope = extent.scope or words
        if not extent.in_talk or _wider(scope, words):
            lesson = replace(lesson, messages=None)
        return replace(lesson, scope=scope)

    def errors(self, reply: StoredReply, user: str, extent: Extent) -> tuple[str, ...]:
        """Returns why a correction cannot hold where it should."""
        with_turns = extent.in_talk and turns_above(reply)
        if with_turns and extent.scope and _wider(extent.scope, self.scope_of_words(reply, user)):
            return (NOT_FOR_MORE,)
        return ()

    def scope_of_words(self, reply: StoredReply, teacher: str) -> Scope:
        """Returns the scope of a place, or of the most private lesson told in this conversation.

        Args:
            reply: an answer; what was told before it in its thread counts as well.
            teacher: the id of who makes a lesson of it.
        """
        place = default_scope(self._store, reply.channel, teacher)
        return narrower(place, told_scope(self._store, reply))


def turns_above(reply: StoredReply) -> tuple[Message, ...]:
    """Returns the turns before the question of a reply, oldest first, that a lesson may have.

    There are none of what was declined, or shown the nearest lesson: that was a question by itself.
    Nor are there any where what others said in the thread went into the answer.
    """
    turns = tuple(message for message in reply.messages if message.role != "system")
    alone = reply.basis in ("none", "near") or reply.with_context
    return () if alone else turns[:-1]


def _wider(scope: Scope, words: Scope) -> bool:
    """Whether a scope has more people than what was told in the conversation."""
    return scope != words and narrower(words, scope) == words


def _lesson(reply: StoredReply, completion: str, user: str, source: str) -> Lesson:
    """A reply with its question, and all turns where a model answered the last of several.

    What was declined, or shown the nearest lesson, was a question by itself, and only a lesson of
    one question is found when it is asked again.
    """
    turns = tuple(m for m in reply.messages if m.role != "system")
    several = len(turns) > 1 and reply.basis not in ("none", "near")
    return Lesson(
        reply.question,
        completion,
        user,
        source,
        channel=reply.channel,
        reply_id=reply.id,
        messages=(*turns, Message("assistant", completion.strip())) if several else None,
    )
