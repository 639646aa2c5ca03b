"""Looking after lessons: teaching, approving, rejecting, withdrawing, refusing. Knows no Slack."""

from collections.abc import Sequence

from bot.errors import InputError
from bot.lessons.teaching import LIVE, Lesson, OnConflict, Taught, Teaching, supersede
from bot.lessons.withdrawal import REFUSED, barred
from bot.privacy.consent import THEIRS, Privacy
from bot.settings import Settings
from bot.store import Example, Store
from bot.store.provenance import SourceMessage

SAMPLE_SOURCE = "sample"
"""The source of the demo's own lessons."""


class Curation:
    """What becomes an example, and what becomes of it, with the consent of those it comes from."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._teaching = Teaching(store, settings)
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
        """Adds an example of one question and one answer; see `bot.lessons.teaching`."""
        lesson = Lesson(prompt, completion, author, source, channel=channel, permalink=permalink)
        return self.learn(lesson, on_conflict)

    def learn(self, lesson: Lesson, on_conflict: OnConflict = "replace") -> Taught:
        """Adds an example of any kind; see `bot.lessons.teaching`.

        Raises:
            InputError: its author has opted out; so do all others that keep something.
        """
        self._require_open(lesson)
        return self._teaching.teach(lesson, on_conflict)

    def settle(self, lesson: Lesson, conflicts: Sequence[Example], choice: OnConflict) -> Taught:
        """Teaches what met a contradiction: in place of what contradicts it, or beside it."""
        self._require_open(lesson)
        return self._teaching.settle(lesson, choice, conflicts)

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
            taught = self._teaching.settle(lesson, on_conflict, conflicts)
            if taught.id is not None and taught.status != "duplicate":
                for said in words:
                    self._store.provenance.add(taught.id, said)
            return taught

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
        examples = [self._store.examples.get(example_id) for example_id in ids]
        return [
            e.id for e in examples if e.author == person and e.status in LIVE and not e.reply_id
        ]

    def samples(self) -> list[Example]:
        """The demo's sample lessons that are still taught."""
        return self._store.examples.search(status="approved", source=SAMPLE_SOURCE, limit=1000)

    def drop_samples(self, who: str) -> int:
        """Withdraws the sample lessons; returns how many there were."""
        samples = self.samples()
        for sample in samples:
            self.withdraw(sample.id, who, "sample dropped")
        return len(samples)

    def _beside(self, example: Example) -> list[int]:
        """Ids of other answers that were in use together with this one until it was taken out."""
        if example.status not in ("withdrawn", "rejected"):
            return []
        same = self._store.examples.same_prompt(example.prompt, example.messages)
        return self._store.examples.beside(example.id, [other.id for other in same])

    def _require_open(self, lesson: Lesson) -> None:
        """Lets lessons pass by who has not opted out, from a channel that is switched on."""
        self._privacy.require_kept(lesson.author)
        self._privacy.require_listening(lesson.channel or "")
