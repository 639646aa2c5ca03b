"""Thumbs and corrections: what people think of a reply decides whether it is a lesson.

One row a person a reply; the last word of a person wins; taking it back takes back what came of
it. A reply that somebody corrected is not taught, however many like it. Who likes the nearest
lesson says that it answers the question, so that it is taught for that one too. What was made of
what others said in a thread is no lesson, whoever likes it. Knows no Slack.
"""

from collections.abc import Sequence
from dataclasses import replace

from bot.errors import InputError
from bot.feedback.reply_lessons import ANYWHERE, Extent, ReplyLessons
from bot.feedback.weights import RatingWeights
from bot.lessons.ownership import THUMB, by_thumb, take_out
from bot.lessons.teaching import UNDECIDED, Lesson, OnConflict, Redaction, Taught, Teaching
from bot.permissions import Rights
from bot.privacy.consent import Privacy
from bot.settings import Settings
from bot.store import Example, Store, StoredReply
from bot.store.examples.rows import LIVE
from bot.store.examples.scope import Scope
from trainer.similarity import normalise

NOTHING_KEPT = (
    "Nothing of that answer is kept: it is too old, or who asked has opted out, was forgotten or "
    "took it back."
)
CUT = "What was asked before that answer was edited or deleted since: it cannot be learned."
_TAKEN_BACK = ("thumbs-down", "thumb taken back", "corrected")
"""Reasons after which a thumbs-up brings a lesson back; what was withdrawn otherwise stays out."""


class ReplyRatings:
    """Keeps ratings, and the examples and preference pairs that follow from them.

    Each function that changes something returns what the reply is now: as a lesson (see `Taught`),
    or `noted` (`missing` more must like it), `uncounted` (this person's thumb has no effect),
    `corrected` (somebody said what the answer should have been), `withdrawn` (it was a lesson until
    now, or what it repeats is none any more), `untaught` (it says that nobody taught it, so that
    there is nothing to learn), `context` (others said in the thread what it is made of).
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._teaching = Teaching(store, settings)
        self._privacy = Privacy(store, settings)
        self._rights = Rights(store, settings)
        self._weights = RatingWeights(settings.feedback, self._rights)
        self._lessons = ReplyLessons(store, self._teaching)

    def thumbs_up(self, reply_id: int, user: str) -> Taught:
        """Makes the reply an example when enough people like it.

        A person's thumb takes their own correction back.

        Raises:
            NotFoundError: there is no such reply.
            InputError: nothing of the reply or of this person may be kept, its channel is switched
                off, or its words are gone.
        """
        reply = self._require_kept(reply_id, user)
        if not reply.text and reply.basis != "none":
            raise InputError(CUT)
        with self._store.connections.write():
            self._store.ratings.set(reply_id, user, 1)
            self._drop_correction(reply, user, "thumbs-up instead")
            return self._weigh(reply, user, "thumbs-up")

    def thumbs_down(self, reply_id: int, user: str) -> Taught:
        """Keeps the opinion; the reply is an example no longer unless enough others like it.

        Raises:
            NotFoundError: there is no such reply.
            InputError: nothing of the reply or of this person may be kept, or its channel is
                switched off.
        """
        reply = self._require_kept(reply_id, user)
        with self._store.connections.write():
            self._store.ratings.set(reply_id, user, -1)
            return self._weigh(reply, user, "thumbs-down")

    def take_back(self, reply_id: int, user: str) -> Taught:
        """Removes one person's opinion and what came of it; `unrated` where there was none.

        Raises:
            NotFoundError: there is no such reply.
        """
        reply = self._store.replies.get(reply_id)
        with self._store.connections.write():
            if not self._store.ratings.take_back(reply_id, user):
                return Taught(None, "unrated")
            self._drop_correction(reply, user, "taken back")
            return self._weigh(reply, user, "thumb taken back")

    def correct(
        self,
        reply_id: int,
        user: str,
        completion: str,
        on_conflict: OnConflict = "replace",
        conflicts: Sequence[Example] = (),
        *,
        extent: Extent = ANYWHERE,
        redaction: Redaction = "accept",
        taken_out: tuple[str, ...] = (),
    ) -> Taught:
        """What should have been said becomes an example and a preference pair.

        The words of the reply itself correct nothing. Where a thumb taught nothing as they seemed
        to say nothing, whoever sends them says that they are the answer: they are liked, and are
        the lesson of a thumb.

        Args:
            reply_id: the answer that was wrong.
            user: who corrects it; an earlier correction of theirs is replaced.
            completion: the better answer.
            on_conflict: what to do about other lessons that answer the question.
            conflicts: those that were asked about, where `on_conflict` is the decision.
            extent: whom it is for, and in which talks.
            redaction: whether this person is asked before anything is taken out of it, and where
                it says that nothing is known.
            taken_out: kinds of things that were taken out of it before.

        Raises:
            NotFoundError: there is no such reply.
            InputError: nothing of the reply or of this person may be kept, or its channel is
                switched off.
        """
        reply = self._require_kept(reply_id, user)
        meant = self._is_meant(reply, user, completion)
        if completion.strip() == reply.text.strip() and not meant:
            return Taught(None, "refused", ("the answer is the one that I gave",))
        if errors := self._lessons.errors(reply, user, extent):
            return Taught(None, "refused", errors)
        lesson = replace(
            self._lessons.correction(reply, user, completion, extent),
            redaction=redaction,
            taken_out=taken_out,
            sure=redaction == "accept",
        )
        if meant:
            lesson = replace(lesson, source=THUMB)
        with self._store.connections.write():
            given_up = [*self._only_by(user, reply), *self._liked_only(reply, user)]
            taught = self._teaching.settle(
                lesson, on_conflict, conflicts, tuple(e.id for e in given_up)
            )
            if taught.status in ("refused", *UNDECIDED):
                return taught
            self._give_up(given_up, taught, user)
            self._store.ratings.set(reply_id, user, 1 if meant else -1)
            self._store.ratings.unprefer("correction", user, reply_id)
            if meant:
                return taught
            better = self._teaching.cleaned(completion.strip())
            self._store.ratings.prefer(
                reply.question, better, reply.text, "correction", user, reply_id
            )
        return taught

    def correction(
        self, reply_id: int, user: str, completion: str, extent: Extent = ANYWHERE
    ) -> Lesson:
        """Returns the lesson that a correction makes, as `Decisions.ask` wants it.

        Args:
            reply_id: the answer that was wrong.
            user: who corrects it.
            completion: the better answer.
            extent: whom it is for, and in which talks.

        Raises:
            NotFoundError: there is no such reply.
        """
        reply = self._store.replies.get(reply_id)
        return self._lessons.correction(reply, user, completion, extent)

    def _is_meant(self, reply: StoredReply, user: str, completion: str) -> bool:
        """Whether a correction says that the reply was the answer, though it seems to say nothing.

        Not where somebody else has said what the answer is.
        """
        others = set(self._store.ratings.corrections(reply.id)) - {user}
        own, said = (self._teaching.cleaned(text) for text in (reply.text, completion))
        return own == said and not others and self._lessons.doubted(reply)

    def correction_of(self, reply_id: int, user: str) -> str | None:
        """What this person said that the reply should have been."""
        return self._store.ratings.corrections(reply_id).get(user)

    def scope_of_words(self, reply: StoredReply, teacher: str) -> Scope:
        """Returns whom a lesson made of a reply is for, where nothing else is chosen."""
        return self._lessons.scope_of_words(reply, teacher)

    def _require_kept(self, reply_id: int, user: str) -> StoredReply:
        """The reply, where it and what this person thinks of it may be kept."""
        self._privacy.require_kept(user)
        reply = self._store.replies.get(reply_id)
        if not reply.messages:
            raise InputError(NOTHING_KEPT)
        self._privacy.require_listening(reply.channel)
        return reply

    def _liked_only(self, reply: StoredReply, user: str) -> list[Example]:
        """Returns what thumbs on a reply have made and a correction replaces unasked.

        Not so somebody's words that were liked as the nearest lesson.
        """
        return [
            example
            for example in self._made(reply, THUMB)
            if by_thumb(self._store, example) or self._rights.may_replace(user, example)
        ]

    def _give_up(self, given_up: Sequence[Example], taught: Taught, user: str) -> None:
        """Takes out what a correction stands for, or lets it wait for consent with the correction.

        Approved lessons are not taken out by a change that nobody has approved. What is for others
        than the correction stays where that would take a teacher, except the person's own.
        """
        stored = self._store.examples.get(taught.id) if taught.id is not None else None
        waits = stored is not None and stored.status in ("pending", "quarantined")
        waiting = []
        for example in given_up:
            if example.id == taught.id:
                continue
            consent = waits or self._rights.needs_review(user, example.for_whom)
            same = example.for_whom == taught.scope
            if example.status == "approved" and consent and (same or example.author != user):
                waiting += [example.id] if same else []
            else:
                take_out(self._store, example, "withdrawn", user, "corrected")
        if stored is not None and waits:
            self._store.replacements.propose(stored.id, waiting, user)

    def _awaited(self, reply: StoredReply) -> set[int]:
        """Returns the ids of what corrections of a reply replace once they are approved."""
        corrections = self._made(reply, "correction")
        proposed = [self._store.replacements.of(one.id, "proposed") for one in corrections]
        return {each.old_id for some in proposed for each in some}

    def _weigh(self, reply: StoredReply, user: str, why: str) -> Taught:
        """Makes the reply a lesson, or none, as everybody's opinions together want it."""
        opinions = self._store.ratings.everyone(reply.id)
        missing = self._weights.missing(reply, opinions)
        corrections = self._store.ratings.corrections(reply.id).values()
        corrected = bool(corrections)
        examples = self._store.examples.from_reply(reply.id)
        made = [example for example in examples if example.source == THUMB]
        if missing > 0 or corrected:
            # Who tells the nearest lesson's own words corrects nothing that was learned from it.
            right = {normalise(text) for text in corrections}
            live = [e for e in made if e.status in LIVE and normalise(e.completion) not in right]
            if missing <= 0:  # a teacher decides about the correction, and so about these
                awaited = self._awaited(reply)
                live = [e for e in live if e.id not in awaited]
            for example in live:
                take_out(self._store, example, "withdrawn", user, why)
            if live:
                return Taught(live[-1].id, "withdrawn")
            nothing = self._lessons.nothing_new(reply) if why == "thumbs-up" else None
            if nothing is not None and nothing.status == "untaught" and not corrected:
                return nothing  # nothing comes of it, however many more like it
            if not self._weights.counts(reply, user):
                return Taught(None, "uncounted")
            return Taught(None, "corrected" if corrected else "noted", missing=max(missing, 0))
        return self._liked(reply, user, why, made)

    def _liked(self, reply: StoredReply, user: str, why: str, made: Sequence[Example]) -> Taught:
        """Makes a reply a lesson that enough people like, or leaves it one.

        Args:
            reply: the reply.
            user: whose opinion changed.
            why: how it changed.
            made: the examples that thumbs on the reply have made before, oldest first.
        """
        if not made:
            # Taught by who likes it, though it may be another's second thought that let it in.
            opinions = self._store.ratings.everyone(reply.id)
            likes = [who for who, value in opinions.items() if value > 0]
            teacher = user if user in likes else likes[0]
            return self._lessons.nothing_new(reply) or self._lessons.learn(reply, teacher)
        example = made[-1]
        taken_back = example.status == "withdrawn" and example.reason in _TAKEN_BACK
        if taken_back or example.status == "pending":
            nothing = self._lessons.nothing_new(reply)
            if nothing is not None and nothing.preview:
                return nothing
            if nothing is not None:
                return Taught(example.id, "withdrawn")
        if taken_back:
            before = self._store.examples.history(example.id)[-1].before or "approved"
            example = self._store.examples.change(example.id, before, user, f"{why} again")
        if example.status == "pending" and why == "thumbs-up":
            return self._teaching.let_in(example, user, why)
        return Taught(example.id, example.status, scope=example.for_whom)

    def _made(self, reply: StoredReply, source: str) -> list[Example]:
        """The examples that came of a reply in this way and are, or may yet be, trained."""
        return [
            example
            for example in self._store.examples.from_reply(reply.id)
            if example.source == source and example.status in LIVE
        ]

    def _drop_correction(self, reply: StoredReply, user: str, why: str) -> None:
        given_up = self._only_by(user, reply)
        if user in self._store.ratings.corrections(reply.id):
            self._store.ratings.unprefer("correction", user, reply.id)
            for example in given_up:
                take_out(self._store, example, "withdrawn", user, why)

    def _only_by(self, user: str, reply: StoredReply) -> list[Example]:
        """The corrections of a reply that nobody else has made in the same words."""
        said = self._store.ratings.corrections(reply.id)
        others = {normalise(text) for who, text in said.items() if who != user}
        made = self._made(reply, "correction")
        return [example for example in made if normalise(example.completion) not in others]
