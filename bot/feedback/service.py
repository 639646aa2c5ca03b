"""What a thumb, a correction or a lesson does to the store. Knows no Slack."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from bot.errors import InputError
from bot.feedback.ratings import RatingRules, RatingWeights
from bot.feedback.votes import VoteTally
from bot.lessons.teaching import LIVE, Lesson, OnConflict, Taught, Teaching, parse_lesson, supersede
from bot.lessons.withdrawal import DELETED, REFUSED, barred
from bot.permissions import Rights
from bot.privacy.consent import THEIRS, Privacy
from bot.privacy.lineage import traces
from bot.settings import Settings
from bot.store import Example, Store
from bot.store.comparisons import StoredComparison
from bot.store.provenance import SourceMessage

__all__ = ["SAMPLE_SOURCE", "Feedback", "SourceMessage", "Taught", "parse_lesson"]
SAMPLE_SOURCE = "sample"
EDITED = "the question was edited"
NOTHING_KEPT = (
    "Nothing of that answer is kept: who asked has opted out, was forgotten or took it back."
)
CUT = "What was asked before that answer was edited or deleted since: it cannot be learned."


@dataclass(frozen=True)
class Voted:
    """A vote as it stands. `first` is False where an earlier one of the same person stands.

    `tally` has all votes on the adapter version, `voters` counts those on this comparison.
    """

    compared: StoredComparison
    choice: str
    first: bool
    adapter: str | None
    tally: VoteTally
    voters: int


class Feedback:
    """Turns what people think and teach into examples."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._lessons = Teaching(store, settings)
        self._privacy = Privacy(store, settings)
        voices = RatingWeights(settings.feedback, Rights(store, settings))
        self._verdicts = RatingRules(store, self._lessons, voices)

    def teach(
        self,
        prompt: str,
        completion: str,
        author: str,
        source: str = "teach",
        *,
        channel: str | None = None,
        permalink: str | None = None,
        on_conflict: OnConflict = "replace",
    ) -> Taught:
        """Adds an example of one question and one answer; see `bot.lessons.teaching`."""
        lesson = Lesson(prompt, completion, author, source, channel=channel, permalink=permalink)
        return self.learn(lesson, on_conflict)

    def learn(self, lesson: Lesson, on_conflict: OnConflict = "replace") -> Taught:
        """Adds an example of any kind; see `bot.lessons.teaching`.

        Raises:
            InputError: its author has opted out; so do all others that keep something.
        """
        self._require_open(lesson)
        return self._lessons.teach(lesson, on_conflict)

    def thumbs_up(self, reply_id: int, user: str) -> Taught:
        """Makes the reply an example when enough people like it; see `bot.feedback.ratings`."""
        self._require_kept(reply_id, user)
        if not self._store.replies.get(reply_id).text:
            raise InputError(CUT)
        return self._verdicts.up(reply_id, user)

    def thumbs_down(self, reply_id: int, user: str) -> Taught:
        """Keeps the opinion; the reply is an example no longer unless enough others like it."""
        self._require_kept(reply_id, user)
        return self._verdicts.down(reply_id, user)

    def take_back(self, reply_id: int, user: str) -> Taught:
        """Removes one person's opinion, and what came of it."""
        return self._verdicts.take_back(reply_id, user)

    def correct(
        self,
        reply_id: int,
        user: str,
        completion: str,
        on_conflict: OnConflict = "replace",
        conflicts: Sequence[Example] = (),
    ) -> Taught:
        """What the bot should have said becomes an example and a preference pair."""
        self._require_kept(reply_id, user)
        return self._verdicts.correct(reply_id, user, completion, on_conflict, conflicts)

    def correction_of(self, reply_id: int, user: str) -> str | None:
        """What this person said that the reply should have been."""
        return self._verdicts.correction_of(reply_id, user)

    def opinion_of(self, reply_id: int, user: str) -> int:
        """What this person thinks of the reply: 1, -1, or 0 for nothing."""
        return self._store.ratings.of(reply_id, user)

    def approve(self, example_id: int, who: str, why: str | None = None) -> Example:
        """Puts an example into the next night's set.

        Unless it is there already, it replaces other answers to its question, but for those that
        stood beside it before.

        Raises:
            InputError: its words were forgotten, refused by their author, or deleted.
        """
        with self._store.connections.write():
            before = self._store.examples.get(example_id)
            if why_not := barred(self._store, before):
                raise InputError(why_not)
            after = self._store.examples.change(example_id, "approved", who, why)
            if before.status != "approved":
                supersede(self._store, after, who, beside=self._beside(before))
        return after

    def _beside(self, example: Example) -> list[int]:
        """Ids of other answers that were in use together with this one until it was taken out."""
        if example.status not in ("withdrawn", "rejected"):
            return []
        same = self._store.examples.same_prompt(example.prompt, example.messages)
        return self._store.examples.beside(example.id, [other.id for other in same])

    def reject(self, example_id: int, who: str, why: str | None = None) -> Example:
        """Keeps an example out for good.

        Raises:
            InputError: it was withdrawn or replaced, and is out already.
        """
        with self._store.connections.write():
            before = self._store.examples.get(example_id)
            if before.status in ("withdrawn", "superseded"):
                raise InputError(f"Example {example_id} is {before.status}: it is out already.")
            return self._store.examples.change(example_id, "rejected", who, why)

    def withdraw(self, example_id: int, who: str, why: str | None = None) -> Example:
        """Takes back what was taught; tonight's adapter is trained without it."""
        return self._store.examples.change(example_id, "withdrawn", who, why)

    def settle(self, lesson: Lesson, conflicts: Sequence[Example], choice: OnConflict) -> Taught:
        """Teaches what met a contradiction: in place of what contradicts it, or beside it."""
        self._require_open(lesson)
        return self._lessons.settle(lesson, choice, conflicts)

    def reply_at(self, channel: str, ts: str) -> int | None:
        """The id of the reply that a message carries, or None."""
        return self._store.replies.at(channel, ts)

    def learn_from(
        self,
        lesson: Lesson,
        words: Sequence[SourceMessage],
        on_conflict: OnConflict,
        conflicts: Sequence[Example] = (),
    ) -> Taught:
        """Adds an example out of messages of people; `words` says which, and whose they are.

        Raises:
            InputError: one of the authors has refused that before, or has opted out, or who
                teaches has.
        """
        self._require_open(lesson)
        if not all(self._privacy.keeps(said.person) for said in words):
            raise InputError(THEIRS)
        with self._store.connections.write():
            if any(self._store.provenance.refused(said.channel, said.ts) for said in words):
                raise InputError(REFUSED)
            taught = self._lessons.settle(lesson, on_conflict, conflicts)
            if taught.id is not None and taught.status != "duplicate":
                for said in words:
                    self._store.provenance.add(taught.id, said)
            return taught

    def refuse(self, example_id: int, person: str) -> Example:
        """Withdraws an example because the author of its words does not want it.

        Examples that have the same words in them, such as an edited one, go with it.

        Raises:
            InputError: these are not the words of `person`.
        """
        if not self._store.provenance.wrote(example_id, person):
            raise InputError("Only who wrote the words can refuse them.")
        why = "refused by who wrote it"
        self._store.provenance.refuse(example_id, person)
        for other in self._store.provenance.sharing(example_id, person):
            if other != example_id and self._store.examples.get(other).status in LIVE:
                self.withdraw(other, person, why)
        return self.withdraw(example_id, person, why)

    def taught_from(self, channel: str, ts: str, person: str) -> list[int]:
        """Ids of the live examples that this person made out of one message."""
        ids = self._store.provenance.examples_of(channel, ts)
        found = [self._store.examples.get(example_id) for example_id in ids]
        return [e.id for e in found if e.author == person and e.status in LIVE and not e.reply_id]

    def message_deleted(self, channel: str, ts: str) -> list[int]:
        """Withdraws what came out of a message that was deleted; returns the ids.

        A question leaves what was said after it in its thread as well.
        """
        withdrawn = []
        with self._store.connections.write() as db:
            self._store.ratings.drop_pairs(channel, ts)
            reply = self._store.replies.gone(channel, ts)
            liked = self._store.examples.from_reply(reply) if reply is not None else []
            ids = self._store.provenance.examples_of(channel, ts)
            later = self._after(db, channel, ts)
            for example_id in [*ids, *(e.id for e in liked if e.source == "reaction"), *later]:
                if self._store.examples.get(example_id).status in LIVE:
                    self.withdraw(example_id, "slack", DELETED)
                    withdrawn.append(example_id)
        return withdrawn

    def question_edited(self, channel: str, ts: str) -> None:
        """What was answered to a question's old wording is gone, and what was thought of it.

        Corrections stay: they are words of people, who can take them back. Later turns of the
        thread lose the old wording, as they do when a question is deleted: nobody could find it
        there any more.
        """
        with self._store.connections.write() as db:
            for example_id in self._after(db, channel, ts):
                if self._store.examples.get(example_id).status in LIVE:
                    self.withdraw(example_id, "slack", EDITED)
            for number in self._store.comparisons.of_question(channel, ts):
                self._store.comparisons.blank(number)
            for reply in self._store.replies.to_question(channel, ts):
                for example in self._store.examples.from_reply(reply):
                    if example.source == "reaction" and example.status in LIVE:
                        self.withdraw(example.id, "slack", EDITED)
                self._store.ratings.drop_of(reply)
                self._store.replies.blank(reply)

    def _after(self, db: Database, channel: str, question_ts: str) -> list[int]:
        """Cuts a question out of later turns; the ids of examples that have it in them."""
        gone = self._store.replies.to_question(channel, question_ts)
        if not gone:
            return []
        threads = {self._store.replies.get(reply).thread for reply in gone} - {""}
        found = [traces(db, gone, (), (channel, thread)) for thread in sorted(threads)]
        later = [reply for replies in found for reply in replies]
        self._store.replies.cut(later)
        for reply in later:
            self._store.ratings.drop_pairs_of(reply)
        made = [e for reply in later for e in self._store.examples.from_reply(reply)]
        return [e.id for e in made if e.messages is not None or e.source == "reaction"]

    def vote(self, comparison_id: int, person: str, choice: str) -> Voted:
        """Keeps a vote between base and tuned, and the preference pair that follows from it.

        A person's first vote on a comparison stands: who has voted was told which was which.

        Args:
            comparison_id: what was compared.
            person: who votes.
            choice: base, tuned, tie or bad (both are).

        Raises:
            NotFoundError: there is no such comparison.
            InputError: nothing of it is kept.
        """
        self._privacy.require_kept(person)
        with self._store.connections.write():
            compared = self._store.comparisons.get(comparison_id)
            tuned = self._store.replies.get(compared.tuned_reply)
            if not tuned.messages:
                raise InputError(NOTHING_KEPT)
            self._privacy.require_listening(tuned.channel)
            earlier = self._store.comparisons.choice_of(comparison_id, person)
            if earlier is None:
                self._store.comparisons.vote(comparison_id, person, choice)
                self._prefer(compared, person, choice)
            tally = VoteTally(**self._store.comparisons.votes(tuned.adapter))
            voters = self._store.comparisons.voters(comparison_id)
        first = earlier is None
        return Voted(compared, earlier or choice, first, tuned.adapter, tally, voters)

    def _prefer(self, compared: StoredComparison, person: str, choice: str) -> None:
        base = self._store.replies.get(compared.base_reply).text.strip()
        tuned = self._store.replies.get(compared.tuned_reply).text.strip()
        if choice in ("base", "tuned") and base and tuned and base != tuned:
            chosen, rejected = (tuned, base) if choice == "tuned" else (base, tuned)
            self._store.ratings.prefer(
                compared.prompt, chosen, rejected, "vote", person, compared.tuned_reply
            )

    def samples(self) -> list[Example]:
        """The demo's sample lessons that are still taught."""
        return self._store.examples.search(status="approved", source=SAMPLE_SOURCE, limit=1000)

    def drop_samples(self, who: str) -> int:
        """Withdraws the sample lessons; returns how many there were."""
        samples = self.samples()
        for sample in samples:
            self.withdraw(sample.id, who, "sample dropped")
        return len(samples)

    def _require_kept(self, reply_id: int, user: str) -> None:
        """Lets opinions pass that may be kept, of replies that are."""
        self._privacy.require_kept(user)
        reply = self._store.replies.get(reply_id)
        if not reply.messages:
            raise InputError(NOTHING_KEPT)
        self._privacy.require_listening(reply.channel)

    def _require_open(self, lesson: Lesson) -> None:
        """Lets lessons pass by who has not opted out, from a channel that is switched on."""
        self._privacy.require_kept(lesson.author)
        self._privacy.require_listening(lesson.channel or "")
