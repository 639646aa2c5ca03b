"""Lessons from files of others: JSON Lines of any kind, CSV, and a pasted Slack thread.

What is good is kept and what is not is named by its line. Memory is bounded by the limits below,
whatever the file is: it is read in pieces, and nothing is ever unpacked. Whether the content of a
row is any good is `trainer.dataset.validation`'s question, not asked here.
"""

import codecs
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

from trainer.errors import DatasetError
from trainer.importing.csv_rows import csv_rows
from trainer.importing.lines import FoundPair, FoundRow, Rejected, texts
from trainer.importing.options import ReadOptions
from trainer.importing.rows import row_at
from trainer.importing.slack_thread import thread_row
from trainer.jsonl import JsonlError, parse_line

MAX_FILE = 300_000_000
"""Bytes of a whole file: some 400,000 examples."""
MAX_REJECTED = 1000
"""Bad lines after which a file with fewer good ones is taken for something else."""

_MAGIC = {
    b"PK\x03\x04": "a zip archive or an Excel sheet",
    b"\x1f\x8b": "a gzip archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"SQLite format 3": "a database",
    b"PAR1": "a Parquet file",
    b"%PDF": "a PDF document",
}


@dataclass(frozen=True)
class Rows:
    """The rows and bad lines of a file; every row answers a question and may be of any kind."""

    rows: tuple[FoundRow, ...]
    rejected: tuple[Rejected, ...]
    pairs: tuple[FoundPair, ...] = ()
    format: str = "JSON Lines"
    notes: tuple[str, ...] = ()


def read_rows(file: Path | str, options: ReadOptions | None = None) -> Rows:
    """Reads all rows of a file: CSV where the name ends in .csv or .tsv, else JSON Lines.

    Raises:
        DatasetError: the file cannot be read at all, is not a text file, or is too big.
    """
    rows: list[FoundRow] = []
    rejected: list[Rejected] = []
    for row in iterate_rows(file):
        if isinstance(row, FoundRow):
            rows.append(row)
            continue
        rejected.append(row)
        if len(rejected) > max(MAX_REJECTED, len(rows)):
            raise DatasetError(
                f"most lines are no rows, the first is line {rejected[0].line} "
                f"({rejected[0].errors[0]}): is this the right file?"
            )
    return Rows(tuple(rows), tuple(sorted(rejected, key=lambda bad: bad.line)))


def iterate_rows(file: Path | str) -> Iterator[FoundRow | Rejected]:
    """Yields the rows and bad lines of a file one after the other, in bounded memory.

    Raises:
        DatasetError: as `read_rows`.
    """
    path = Path(file)
    try:
        require_regular(path)
        with path.open("rb") as stream:
            _check(path, stream)
            if path.suffix.lower() in (".csv", ".tsv"):
                yield from csv_rows(stream)
            else:
                yield from _jsonl_rows(stream)
    except OSError as error:
        raise DatasetError(f"{path.name} cannot be read: {error.strerror or error}") from error


def read_thread(text: str) -> Rows:
    """Reads a thread copied out of Slack as one row: who spoke first asks, the others answer."""
    try:
        return Rows((FoundRow(1, thread_row(text)),), ())
    except DatasetError as error:
        return Rows((), (Rejected(1, (str(error),)),))


def require_regular(path: Path) -> None:
    """Refuses what is no file before it is opened: a pipe without a writer would never end.

    Raises:
        DatasetError: it is a pipe, a device or a folder.
        OSError: it is not there.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise DatasetError(f"{path.name} cannot be read: it is a pipe, a device or a folder")


def _check(path: Path, stream: BufferedReader) -> None:
    """Looks at the size and the first bytes, without taking them off the stream."""
    if path.stat().st_size > MAX_FILE:
        raise DatasetError(f"{path.name} is over {MAX_FILE // 10**6} MB: split it")
    head = stream.peek(4096)[:4096]
    for magic, what in _MAGIC.items():
        if head.startswith(magic):
            raise DatasetError(f"{path.name} is {what}, not text: unpack or export it first")
    if wide := _wide(head):
        raise DatasetError(f"{path.name} is {wide} text: save it as UTF-8")
    if head.count(0) > len(head) // 16:
        raise DatasetError(f"{path.name} is no text file: it is full of NUL bytes")
    first = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if path.suffix.lower() not in (".csv", ".tsv") and _pretty(first):
        raise DatasetError(
            f"{path.name} is one JSON document over several lines: write one object a line"
        )


def _wide(head: bytes) -> str | None:
    """The encoding of text in units of two or four bytes, None for other files."""
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "UTF-32"
    # Without a mark: in text of mostly Latin letters every second byte is zero, the others never.
    zeros = sorted((head[::2].count(0), head[1::2].count(0)))
    half = len(head) // 2
    marked = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return "UTF-16" if marked or (zeros[1] > half // 2 and zeros[0] == 0) else None


def _pretty(head: bytes) -> bool:
    """Whether a file begins like a JSON list, or like an object that goes on in the next line."""
    return head.startswith(b"[") or head.split(b"\n", 1)[0].strip() == b"{"


def _jsonl_rows(stream: BinaryIO) -> Iterator[FoundRow | Rejected]:
    for number, text in texts(stream):
        if isinstance(text, Rejected):
            yield text
        elif text.strip():
            try:
                yield row_at(number, parse_line(text, number))
            except JsonlError as error:
                yield Rejected(number, (error.reason,))
