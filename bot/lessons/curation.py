"""Curation of lessons: teaching, approving, rejecting, withdrawing, refusing. Knows no Slack."""

from collections.abc import Collection, Sequence

from bot.errors import InputError
from bot.lessons.conflicts.replacing import Replacing
from bot.lessons.ownership import take_out
from bot.lessons.rescoping import Rescoping
from bot.lessons.teaching import Lesson, OnConflict, Taught, Teaching
from bot.lessons.withdrawal import REFUSED, barred
from bot.permissions import Rights
from bot.privacy.consent import THEIRS, Privacy
from bot.settings import Settings
from bot.store import Example, Store
from bot.store.examples.provenance import SourceMessage
from bot.store.examples.rows import LIVE
from bot.store.examples.scope import Audience, Scope

SAMPLE_SOURCE = "sample"
"""The source of the demo's own lessons."""


class Curation:
    """Adds examples and changes their status, with the consent of the people they come from."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.settings = settings
        self._store = store
        self._teaching = Teaching(store, settings)
        rights = Rights(store, settings)
        self.replacing = Replacing(store, rights)
        self._rescoping = Rescoping(store, rights)
        self._privacy = Privacy(store, settings)

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
        """Adds an example of one question and one answer; see `bot.lessons.teaching`.

        Raises:
            InputError: its author has opted out, or the channel is switched off.
        """
        lesson = Lesson(prompt, completion, author, source, channel=channel, permalink=permalink)
        return self.learn(lesson, on_conflict)

    def learn(
        self,
        lesson: Lesson,
        on_conflict: OnConflict = "replace",
        given_up: Collection[int] = (),
    ) -> Taught:
        """Adds an example of any kind; see `bot.lessons.teaching`.

        Raises:
            InputError: its author has opted out, or the channel is switched off.
        """
        self._require_open(lesson)
        return self._teaching.teach(lesson, on_conflict, given_up)

    def settle(self, lesson: Lesson, conflicts: Sequence[Example], choice: OnConflict) -> Taught:
        """Teaches a lesson that contradicts others, as the person has chosen.

        Args:
            lesson: the lesson.
            conflicts: the examples that it contradicts.
            choice: `replace` supersedes them, `keep` lets both stand.

        Raises:
            InputError: its author has opted out, or the channel is switched off.
        """
        self._require_open(lesson)
        return self._teaching.settle(lesson, choice, conflicts)

    def learn_from(
        self,
        lesson: Lesson,
        words: Sequence[SourceMessage],
        on_conflict: OnConflict,
        conflicts: Sequence[Example] = (),
    ) -> Taught:
        """Adds an example that was made of messages of people.

        Args:
            lesson: the lesson.
            words: the messages, with their authors.
            on_conflict: what to do about other answers to the question.
            conflicts: those other answers, when the person has decided.

        Raises:
            InputError: an author has refused that before, or an author or the teacher has opted
                out.
        """
        self._require_open(lesson)
        if not all(self._privacy.keeps(said.person) for said in words):
            raise InputError(THEIRS)
        with self._store.connections.write():
            if any(self._store.provenance.refused(said.channel, said.ts) for said in words):
                raise InputError(REFUSED)
            taught = self._teaching.settle(lesson, on_conflict, conflicts)
            if taught.id is not None and taught.status != "duplicate":
                for said in words:
                    self._store.provenance.add(taught.id, said)
            return taught

    def approve(self, example_id: int, who: str, why: str | None = None) -> Example:
        """Approves an example, so that the next night trains on it.

        Unless it was approved already, it supersedes other answers to its question, except those
        that were in use together with it before.

        Args:
            example_id: the example.
            who: the person who approves it.
            why: a reason for its history.

        Raises:
            NotFoundError: there is no such example.
            InputError: its text was erased, refused by its author, or deleted.
        """
        with self._store.connections.write():
            before = self._store.examples.get(example_id)
            if why_not := barred(self._store, before):
                raise InputError(why_not)
            after = self._store.examples.change(example_id, "approved", who, why)
            if before.status != "approved":
                self.replacing.complete(after, who, beside=self._beside(before))
        return after

    def reject(self, example_id: int, who: str, why: str | None = None) -> Example:
        """Rejects an example, so that no night trains on it; its author is told.

        Raises:
            NotFoundError: there is no such example.
            InputError: it was withdrawn or superseded already.
        """
        with self._store.connections.write():
            before = self._store.examples.get(example_id)
            if before.status in ("withdrawn", "superseded"):
                raise InputError(f"Example {example_id} is {before.status}: it is out already.")
            return take_out(self._store, before, "rejected", who, why)

    def withdraw(
        self, example_id: int, who: str, why: str | None = None, *, silent: bool = False
    ) -> Example:
        """Withdraws an example and tells its author; the next adapter is trained without it.

        Args:
            example_id: its id.
            who: the id of who does it.
            why: a reason for its history.
            silent: whether its author knows of it.

        Raises:
            NotFoundError: there is no such example.
        """
        example = self._store.examples.get(example_id)
        return take_out(self._store, example, "withdrawn", who, why, silent=silent)

    def refuse(self, example_id: int, person: str) -> Example:
        """Withdraws an example because an author of its messages does not want it taught.

        Other examples of the same messages, such as an edited one, are withdrawn with it. Their
        authors are told; that of this one is told by whoever called this.

        Raises:
            InputError: no message of this example is by `person`.
        """
        if not self._store.provenance.wrote(example_id, person):
            raise InputError("Only who wrote the words can refuse them.")
        why = "refused by who wrote it"
        self._store.provenance.refuse(example_id, person)
        for other in self._store.provenance.sharing(example_id, person):
            if other != example_id and self._store.examples.get(other).status in LIVE:
                self.withdraw(other, person, why)
        example = self._store.examples.get(example_id)
        return take_out(self._store, example, "withdrawn", person, why, silent=True)

    def rescope(
        self, example_id: int, scope: Scope, who: str, audience: Audience | None
    ) -> Example:
        """Changes whom a lesson is for.

        Made known to more people, it waits like any other lesson: for a teacher where lessons are
        reviewed, and as a proposal where it would take the place of somebody else's there.

        Args:
            example_id: the lesson.
            scope: whom it is for from now on.
            who: the id of who changes it.
            audience: who reads in the place where they do so; None on the terminal.

        Returns:
            The lesson as it is afterwards: `pending` where it waits.

        Raises:
            NotFoundError: there is no such lesson.
            RightsError: this person may not.
            InputError: it is out of use, or the same is taught there already.
        """
        return self._rescoping.rescope(example_id, scope, who, audience)

    def take(self, example_id: int, who: str) -> Example:
        """Accepts a proposal: the example takes the place of those that it is proposed for.

        Raises:
            NotFoundError: there is no such example.
            RightsError: `who` is neither a teacher nor the author of all that it replaces.
            InputError: nothing is proposed, or it was decided already.
        """
        return self.replacing.take(example_id, who)

    def decline(self, example_id: int, who: str) -> Example:
        """Declines a proposal: what it was to replace stays, and its author is told.

        Raises:
            NotFoundError: there is no such example.
            RightsError: `who` is neither a teacher nor the author of what it would replace.
            InputError: nothing is proposed, or it was decided already.
        """
        return self.replacing.decline(example_id, who)

    def undo(self, example_id: int, who: str) -> list[Example]:
        """Brings back what an example has replaced less than a week ago, in its place.

        Args:
            example_id: the example that replaced the others.
            who: the id of who wants it: an author of theirs, whoever replaced them, or a teacher.

        Returns:
            The examples that are in use again.

        Raises:
            NotFoundError: there is no such example.
            RightsError: this person may not.
            InputError: it has replaced nothing in the last week, or was replaced itself.
        """
        return self.replacing.undo(example_id, who)

    def taught_from(self, channel: str, ts: str, person: str) -> list[int]:
        """Returns the ids of the live examples that this person made of one message."""
        ids = self._store.provenance.examples_of(channel, ts)
        examples = [self._store.examples.get(example_id) for example_id in ids]
        return [
            e.id for e in examples if e.author == person and e.status in LIVE and not e.reply_id
        ]

    def samples(self) -> list[Example]:
        """Returns the demo's sample lessons that are still approved."""
        return self._store.examples.search(status="approved", source=SAMPLE_SOURCE, limit=1000)

    def drop_samples(self, who: str) -> int:
        """Withdraws the sample lessons; returns how many there were."""
        samples = self.samples()
        for sample in samples:
            self.withdraw(sample.id, who, "sample dropped")
        return len(samples)

    def _beside(self, example: Example) -> list[int]:
        """Returns the ids of other answers that were in use together with this one before."""
        if example.status not in ("withdrawn", "rejected"):
            return []
        same = self._store.examples.same_prompt(example.prompt, example.messages, example.for_whom)
        return self._store.examples.beside(example.id, [other.id for other in same])

    def _require_open(self, lesson: Lesson) -> None:
        """Raises InputError where the author has opted out or the channel is switched off."""
        self._privacy.require_kept(lesson.author)
        self._privacy.require_listening(lesson.channel or "")
