"""Lessons from files that teams have: JSON of any kind, tables, exports, a pasted Slack thread.

What is good is kept and what is not is named by its line. Memory is bounded by the limits below,
whatever the file is. Whether the content of a row is any good is `trainer.dataset.validation`'s
question, not asked here.
"""

import stat
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from trainer.errors import DatasetError
from trainer.importing.applications import FILE_READERS, FileReader
from trainer.importing.documents import Source, json_source
from trainer.importing.encodings import encoding_of, is_wide
from trainer.importing.lines import MAX_LINE, Found, FoundPair, FoundRow, Rejected
from trainer.importing.options import ReadOptions
from trainer.importing.parsing import TextFile
from trainer.importing.settling import settled
from trainer.importing.shapes.names import shown_keys
from trainer.importing.slack_thread import thread_row
from trainer.importing.tables.csv_rows import csv_rows, is_table
from trainer.importing.tables.workbook import is_workbook, workbook_rows

MAX_FILE = 300_000_000
"""Bytes of a whole file: some 400,000 examples."""
MAX_REJECTED = 1000
"""Bad lines after which a file with fewer good ones is taken for something else."""

_HEAD = 4096
_MOST_NAMES = 100
"""Different sets of columns that are counted."""
_TABLES = (".csv", ".tsv", ".tab", ".psv")
_THREAD = "a thread out of Slack"
_MAGIC = {
    b"PK\x03\x04": "a zip archive that is no export we know",
    b"\x1f\x8b": "a gzip archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"SQLite format 3": "a database",
    b"PAR1": "a Parquet file",
    b"\xd0\xcf\x11\xe0": "an old Excel or Word file",
    b"%PDF": "a PDF document",
}


@dataclass(frozen=True)
class Rows:
    """What is in a file, each part in the order of the file.

    Attributes:
        rows: lessons and proposals; every row answers a question and may be of any kind.
        rejected: what is none, by its line.
        pairs: a preferred and a disliked answer each; no lessons.
        format: what the file was taken for.
        notes: sentences about the whole file, such as "read as Windows-1252 (a guess)".
    """

    rows: tuple[FoundRow, ...]
    rejected: tuple[Rejected, ...]
    pairs: tuple[FoundPair, ...] = ()
    format: str = "JSON Lines"
    notes: tuple[str, ...] = ()


def read_rows(file: Path | str, options: ReadOptions | None = None) -> Rows:
    """Reads everything in a file, or in the folder of an export.

    Args:
        file: its content says what it is, and its name where the content does not.
        options: what a person says about it.

    Raises:
        DatasetError: it cannot be read at all, is of a kind that is not known, or is too big.
    """
    options = options or ReadOptions()
    path = Path(file)
    notes: list[str] = []
    everything: list[Found] = []
    bad = 0
    with ExitStack() as stack:
        source = _source(path, options, notes, stack)
        notes += source.notes
        for found in _told(path, source.found):
            everything.append(found)
            bad += type(found) is Rejected
            if bad > max(MAX_REJECTED, len(everything) - bad):
                first = next(one for one in everything if type(one) is Rejected)
                raise DatasetError(
                    f"most lines are no rows, the first is line {first.line} "
                    f"({first.errors[0]}): is this the right file?"
                )
    late = settled(everything)
    if late.rejected and source.entries:
        notes.append("what is rejected is counted by entries, not by lines")
    if left_out := _left_out([*late.rows, *late.pairs]):
        notes.append(left_out)
    return Rows(
        tuple(sorted(late.rows, key=_line)),
        tuple(sorted(late.rejected, key=_line)),
        tuple(sorted(late.pairs, key=_line)),
        source.format,
        tuple(notes),
    )


def read_thread(text: str) -> Rows:
    """Reads a thread copied out of Slack as one row: who spoke first asks, the others answer."""
    (found,) = _thread(text)
    if isinstance(found, FoundRow):
        return Rows((found,), (), format=_THREAD)
    return Rows((), (Rejected(1, found.errors),), format=_THREAD)


def require_regular(path: Path) -> None:
    """Refuses what is no file before it is opened: a pipe without a writer would never end.

    Raises:
        DatasetError: it is a pipe, a device or a folder.
        OSError: it is not there.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise DatasetError(f"{path.name} cannot be read: it is a pipe, a device or a folder")


def _source(path: Path, options: ReadOptions, notes: list[str], stack: ExitStack) -> Source:
    """Finds out what a file is, and returns its reader."""
    try:
        folder = path.is_dir()
        if not folder:
            require_regular(path)
            _check_size(path)
        head = b"" if folder else _head(path)
        # Who says that it is a thread knows it better than the name of the file.
        if not options.thread and (reader := _file_reader(path, head)):
            return Source(reader.name, reader.read(path, options, notes))
        require_regular(path)
        if is_workbook(path, head):
            rows = workbook_rows(path, options.columns, notes)
            return Source("a workbook", rows, entries=False)
        _check_text(path, head)
        return _text_source(path, options, notes, stack)
    except OSError as error:
        raise DatasetError(f"{path.name} cannot be read: {error.strerror or error}") from error


def _text_source(path: Path, options: ReadOptions, notes: list[str], stack: ExitStack) -> Source:
    encoding = encoding_of(path)
    file = TextFile(path, encoding, stack)
    if encoding.note:
        notes.append(encoding.note)
    if options.thread:
        text = file.open().read(MAX_LINE + 1)
        return Source(_THREAD, _thread_of(path.name, text), entries=False)
    if path.suffix.lower() in _TABLES or is_table(file.open(), options.columns):
        return Source("CSV", csv_rows(file.open(), options.columns, notes), entries=False)
    return json_source(file, options.columns)


def _told(path: Path, found: Iterator[Found]) -> Iterator[Found]:
    """Passes on what a reader finds; what the disk refuses meanwhile is one line as well."""
    try:
        yield from found
    except OSError as error:
        raise DatasetError(f"{path.name} cannot be read: {error.strerror or error}") from error


def _head(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(_HEAD)


def _file_reader(path: Path, head: bytes) -> FileReader | None:
    return next((one for one in FILE_READERS if one.recognises(path, head)), None)


def _thread_of(name: str, content: bytes) -> Iterator[FoundRow | Rejected]:
    if len(content) > MAX_LINE:
        raise DatasetError(f"{name} is over {MAX_LINE} bytes, which no thread is")
    try:
        yield from _thread(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise DatasetError(f"{name} is not UTF-8 text.") from error


def _thread(text: str) -> Iterator[FoundRow | Rejected]:
    try:
        yield FoundRow(1, thread_row(text))
    except DatasetError as error:
        yield Rejected(1, (str(error),))


def _check_size(path: Path) -> None:
    if path.stat().st_size > MAX_FILE:
        raise DatasetError(f"{path.name} is over {MAX_FILE // 10**6} MB: split it")


def _check_text(path: Path, head: bytes) -> None:
    """Refuses a file whose first bytes are those of no text."""
    for magic, what in _MAGIC.items():
        if head.startswith(magic):
            raise DatasetError(f"{path.name} is {what}, not text: unpack or export it first")
    if head.count(0) > len(head) // 16 and not is_wide(head):
        raise DatasetError(f"{path.name} is no text file: it is full of NUL bytes")


def _left_out(found: Iterable[FoundRow | FoundPair]) -> str | None:
    """A sentence about the columns that have something which is not kept, None without any."""
    sets = Counter(one.left_out for one in found if one.left_out)
    named = dict.fromkeys(name for names, _ in sets.most_common(_MOST_NAMES) for name in names)
    if not named:
        return None
    return f"left out: {'column' if len(named) == 1 else 'columns'} {shown_keys(named)}"


def _line(found: FoundRow | FoundPair | Rejected) -> int:
    return found.line
