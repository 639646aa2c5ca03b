"""Imports a file of lessons; what cannot be taught is returned with its line and the reason.

A row becomes a lesson, a proposal that waits for approval, or a preference pair. Knows no Slack.
"""

from collections import Counter
from collections.abc import Callable
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from bot.errors import InputError, NightschoolError
from bot.lessons.curation import SAMPLE_SOURCE, Curation
from bot.lessons.importing.fates import Fate, Imported, RowFate
from bot.lessons.importing.pairs import PairKeeper
from bot.lessons.importing.rehearsal import copied
from bot.lessons.scoping import default_scope
from bot.lessons.teaching import Lesson, OnConflict, Taught
from bot.messages import Message
from bot.privacy.consent import OPTED_OUT, THEIRS, Privacy
from bot.settings import MEMBER
from bot.store import Example, Store
from bot.store.examples.provenance import SourceMessage
from bot.store.examples.rows import LIVE, STATUSES
from bot.store.examples.scope import EVERYONE, Scope
from trainer.formats import to_messages
from trainer.importing.importer import read_rows
from trainer.importing.lines import FoundPair, FoundRow, Origin, Rejected
from trainer.importing.options import ReadOptions

BATCH = 500
"""Rows that one transaction adds at most: other writers get their turn in between."""
SOURCE = "import"
"""The source of what files have brought."""
_DEFAULT = ReadOptions()


def import_rows(
    store: Store,
    curation: Curation,
    file: Path,
    author: str,
    on_progress: Callable[[int, int], None] = lambda _done, _of: None,
    *,
    options: ReadOptions = _DEFAULT,
    on_conflict: OnConflict = "replace",
    dry_run: bool = False,
) -> Imported:
    """Teaches every row of a file, whatever its format; importing twice adds nothing.

    What is in a file is for everyone. Another answer to a question that was taught before replaces
    it, stands beside it (`keep`), or is rejected with its line (`ask`: there is nobody to ask about
    thousands of lines). What a file only proposes waits for approval, whoever imports it, and
    belongs to the people whose words it is.

    Args:
        store: where the examples are kept, in transactions of `BATCH` rows.
        curation: teaches each row.
        file: a file or a folder of any format that `trainer.importing` knows.
        author: the person who teaches them, by user id or name.
        on_progress: called after every transaction with the number of rows that are done, and of
            all rows.
        options: what a person says about the file.
        on_conflict: what to do about another answer.
        dry_run: whether it is only tried out, on a copy of the store: nothing is kept, and the
            result says what would become of each row.

    Returns:
        The counts, and the lines that were rejected, in the order of the file.

    Raises:
        DatasetError: the file as a whole cannot be read.
        InputError: the author has opted out.
        NightschoolError: the database refuses; the text says how many rows were done until then.
    """
    if not dry_run:
        return _Import(store, curation, author, on_conflict).of(file, options, on_progress)
    with copied(store) as copy:
        tried = _Import(copy, Curation(copy, curation.settings), author, on_conflict, details=True)
        return tried.of(file, options, on_progress)


class _Import:
    """One import: its counts, and what became of its rows."""

    def __init__(
        self,
        store: Store,
        curation: Curation,
        author: str,
        on_conflict: OnConflict = "replace",
        *,
        source: str = SOURCE,
        details: bool = False,
    ) -> None:
        self._store = store
        self._curation = curation
        self._author = author
        self._source = source
        self._on_conflict = on_conflict
        self._details = details
        self._pairs = PairKeeper(store, curation.settings.examples, author)
        self._count: Counter[str] = Counter()
        self._redacted: Counter[str] = Counter()
        self._rejected: list[Rejected] = []
        self._fates: list[RowFate] = []
        self._line_of: dict[int, int] = {}
        """Lines of the examples that this import added, by id; kept with the details only."""

    def of(
        self, file: Path, options: ReadOptions, on_progress: Callable[[int, int], None]
    ) -> Imported:
        """Imports a file; see `import_rows`."""
        # Before anything is read: pairs and what others wrote are theirs to keep as well.
        Privacy(self._store, self._curation.settings).require_kept(self._author)
        read = read_rows(file, options)
        for bad in read.rejected:
            self._reject(bad.line, bad.errors)
        # Pairs come last: by then the lessons that they must agree with are there.
        found: list[FoundRow | FoundPair] = [*read.rows, *read.pairs]
        for start in range(0, len(found), BATCH):
            try:
                with self._store.connections.write():
                    for one in found[start : start + BATCH]:
                        self._keep(one)
            except NightschoolError as error:
                raise NightschoolError(
                    f"{error}. {start} of {len(found)} lessons were seen to; import the file "
                    "again afterwards, nothing is added twice."
                ) from error
            on_progress(min(start + BATCH, len(found)), len(found))
        return Imported(
            added=sum(self._count[status] for status in STATUSES),
            duplicates=self._count["duplicate"],
            rejected=tuple(sorted(self._rejected, key=lambda bad: bad.line)),
            replaced=self._count["replaced"],
            out_of_use=self._count["out_of_use"],
            redacted=self._redacted,
            proposed=self._count["proposed"],
            pairs=self._count["pair"],
            format=read.format,
            notes=read.notes,
            rows=tuple(sorted(self._fates, key=lambda fate: fate.line)),
        )

    def _keep(self, one: FoundRow | FoundPair) -> None:
        if isinstance(one, FoundPair):
            self._keep_pair(one)
        else:
            self._teach(one)

    def _keep_pair(self, pair: FoundPair) -> None:
        kept = self._pairs.keep(pair)
        if kept.errors:
            self._reject(pair.line, kept.errors, kept.redacted)
            return
        self._count["pair" if kept.new else "duplicate"] += 1
        if kept.new:
            self._redacted.update(kept.redacted)
        if self._details:
            fate: Fate = "pair" if kept.new else "duplicate"
            # Its question is shown with the answer that people liked.
            words = (kept.pair.prompt, kept.pair.chosen)
            self._fates.append(RowFate(pair.line, fate, *words, redacted=kept.redacted))

    def _teach(self, found: FoundRow) -> None:
        lesson = _lesson(self._store, found, self._author, self._source)
        try:
            taught = self._taught(lesson, found.origin)
        except InputError as error:
            if found.origin is None:
                raise  # it is said of whoever imports the file, not of this row
            self._reject(found.line, (THEIRS if str(error) == OPTED_OUT else str(error),))
            return
        if errors := taught.errors or self._contradicts(taught):
            self._reject(found.line, errors, taught.redacted)
            return
        self._count[taught.status] += 1
        self._count["replaced"] += len(taught.replaced)
        if taught.status in STATUSES:
            self._redacted.update(taught.redacted)
            self._count["proposed"] += found.proposed
        if taught.status == "duplicate" and taught.id is not None:
            self._count["out_of_use"] += self._store.examples.get(taught.id).status not in LIVE
        if self._details and taught.id is not None:
            self._fates.append(self._fate(found, taught, self._store.examples.get(taught.id)))

    def _taught(self, lesson: Lesson, origin: Origin | None) -> Taught:
        """Teaches a lesson, with the messages that it was made of where the file names them.

        Raises:
            InputError: somebody whose words it is has opted out or refused them, or the channel is
                switched off.
        """
        if origin is None or not origin.words:
            return self._curation.learn(lesson, self._on_conflict)
        words = [SourceMessage(said.channel, said.ts, said.person) for said in origin.words]
        return self._curation.learn_from(lesson, words, self._on_conflict)

    def _reject(self, line: int, errors: tuple[str, ...], redacted: tuple[str, ...] = ()) -> None:
        self._rejected.append(Rejected(line, errors))
        if self._details:
            self._fates.append(RowFate(line, "rejected", redacted=redacted, notes=errors))

    def _contradicts(self, taught: Taught) -> tuple[str, ...]:
        """Returns an error for each example that contradicts the lesson."""
        return tuple(
            f"{self._named(known.id)} answers that otherwise" for known in taught.conflicts
        )

    def _named(self, identifier: int) -> str:
        """Names an example; one that exists in a rehearsal alone by its line."""
        line = self._line_of.get(identifier)
        return f"example {identifier}" if line is None else f"line {line}"

    def _fate(self, found: FoundRow, taught: Taught, example: Example) -> RowFate:
        """Returns what became of a row that was stored or known, for the details."""
        notes = list(found.notes)
        fate: Fate = "new"
        if taught.status == "duplicate":
            fate = "duplicate"
            if example.status != "approved":
                notes.append(f"known as {self._named(example.id)}, which is {example.status}")
        elif taught.status == "pending":
            fate = "proposed"
        elif taught.replaced:
            fate = "replaces"
        if taught.status == "quarantined":
            notes.append("held back until a teacher approves it")
        if taught.id is not None and taught.status != "duplicate":
            self._line_of[taught.id] = found.line
        notes += [
            f"takes the place of line {self._line_of[old]}"
            for old in taught.replaced
            if old in self._line_of
        ]
        older = tuple(old for old in taught.replaced if old not in self._line_of)
        words = (example.prompt, example.completion)
        return RowFate(found.line, fate, *words, older, taught.redacted, tuple(notes))


def _lesson(store: Store, found: FoundRow, author: str, source: str) -> Lesson:
    """Returns a row as a lesson: its last question and answer, and all messages if it has more.

    What is proposed belongs to who answered, where that is somebody of Slack: they may withdraw it,
    and are forgotten with it. All else belongs to who imports it.

    Args:
        store: knows the kinds of channels.
        found: has a row of a kind that `to_messages` knows, with a question and an answer.
        author: the person who imports it.
        source: the source that is stored with it.
    """
    row: dict[str, Any] = found.row
    # As the question and the answer, which teaching strips.
    messages = tuple(Message(m["role"], m["content"].strip()) for m in to_messages(row))
    *_, question, answer = (m for m in messages if m.role != "system")
    more = len(messages) > 2  # noqa: PLR2004  than a question and its answer
    origin = found.origin or Origin()
    if found.proposed and origin.author and MEMBER.fullmatch(origin.author):
        author = origin.author
    return Lesson(
        question.content,
        answer.content,
        author,
        source,
        channel=origin.channel,
        permalink=origin.permalink,
        messages=messages if more else None,
        finish_reason=row.get("finish_reason"),
        from_file=True,
        scope=_scope(store, origin.channel, author),
        proposed=found.proposed,
    )


def _scope(store: Store, channel: str | None, author: str) -> Scope:
    """Returns whom a row is for: everyone, unless its channel is known not to be public now."""
    if channel is None or store.places.kind(channel) is None:
        return EVERYONE
    return default_scope(store, channel, author)


def sample_lessons(store: Store, curation: Curation) -> int:
    """Teaches the sample lessons to an empty store; one with examples is left as it is.

    Returns:
        The number of lessons that were taught; 0 where the store had examples of any status.
    """
    if any(store.examples.counts().values()):
        return 0
    with as_file(files("bot") / "demo.jsonl") as file:
        samples = _Import(store, curation, "Nightschool", source=SAMPLE_SOURCE)
        return samples.of(file, _DEFAULT, lambda _done, _of: None).added
