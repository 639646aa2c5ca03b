"""Reads imported files line by line in bounded memory as text.

What a reader makes of one place of a file stands here as well: a row, a pair, or a rejection.
"""

import codecs
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, TypeAlias

from trainer.formats import Row

MAX_LINE = 1_000_000
"""Bytes of one line, and characters of one CSV field."""
_PIECE = 65_536


@dataclass(frozen=True)
class SourceWords:
    """One message of a chat that a row was made of: where it stands and who wrote it.

    Attributes:
        channel: the id of the channel.
        ts: Slack's time stamp of the message, which is its key in the channel.
        person: the id of who wrote it.
    """

    channel: str
    ts: str
    person: str


@dataclass(frozen=True)
class Origin:
    """Where a row comes from, as far as its file says so.

    Attributes:
        author: who answered, by user id or name.
        channel: the id of the channel where it was said.
        permalink: a link to the message.
        words: the messages that it was made of.
    """

    author: str | None = None
    channel: str | None = None
    permalink: str | None = None
    words: tuple[SourceWords, ...] = ()


@dataclass(frozen=True)
class FoundRow:
    """A row that can be learned from.

    Attributes:
        line: where it begins in its file, counted from 1: a line, a row of a sheet, or the number
            of an entry of a document that has no lines.
        row: `messages`, or `prompt` and `completion`, or `text`.
        origin: where it comes from, None where the file does not say.
        proposed: whether it is a proposal, which a person must approve before it is learned.
        notes: what was changed in it while it was read, each for people ("its reasoning is left
            out").
        left_out: the plain names of the columns with something in them that is not kept.
    """

    line: int
    row: Row
    origin: Origin | None = None
    proposed: bool = False
    notes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class FoundPair:
    """A preferred and a disliked answer to one question: preference data, no lesson.

    Attributes:
        line: as in `FoundRow`.
        prompt: the question.
        chosen: the preferred answer.
        rejected: the disliked one.
        left_out: as in `FoundRow`; `system` is the system message, which no pair keeps.
    """

    line: int
    prompt: str
    chosen: str
    rejected: str
    left_out: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class Rejected:
    """A line that is not a row, and everything that is wrong with it."""

    line: int
    errors: tuple[str, ...]


@dataclass(frozen=True)
class Disliked(Rejected):
    """A row whose answer somebody disliked: never a lesson.

    The importer makes a pair of it where the same file has another answer to its question that
    is not disliked; else it is rejected with the errors that it brings.

    Attributes:
        row: the question with the disliked answer, of one of our kinds.
    """

    row: Row


Found: TypeAlias = FoundRow | FoundPair | Rejected
"""What a reader makes of one place of a file."""


def texts(stream: BinaryIO) -> Iterator[tuple[int, str | Rejected]]:
    """Yields numbered lines as text, or as rejections that say what is wrong."""
    for number, line in _lines(stream):
        if line is None:
            yield number, Rejected(number, (f"longer than {MAX_LINE} bytes",))
            continue
        content = line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
        if b"\0" in content:
            yield number, Rejected(number, ("it has NUL bytes: not a text file?",))
            continue
        try:
            yield number, content.decode()
        except UnicodeDecodeError:
            yield number, Rejected(number, ("not UTF-8 text",))


def _lines(stream: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Yields numbered lines without their ends; None stands for a line that is too long."""
    number = 0
    line = stream.readline(MAX_LINE + 1)
    if _ends_in_cr(line):
        stream = io.BufferedReader(_WithLineFeeds(line, stream))
        line = stream.readline(MAX_LINE + 1)
    while line:
        number += 1
        if len(line) > MAX_LINE and not line.endswith(b"\n"):
            while line and not line.endswith(b"\n"):
                line = stream.readline(MAX_LINE)
            yield number, None
        else:
            yield number, line.removesuffix(b"\n").removesuffix(b"\r")
        line = stream.readline(MAX_LINE + 1)


def _ends_in_cr(start: bytes) -> bool:
    """Whether the lines of a file end in CR alone, by what stands before its first LF.

    A table may have one in a cell in quotes, which ends no line.
    """
    first, sign, _ = start.rstrip(b"\r\n").partition(b"\r")
    if not sign and start.endswith(b"\r"):
        return True
    return bool(sign) and (first.lstrip().startswith(b"{") or first.count(b'"') % 2 == 0)


class _WithLineFeeds(io.RawIOBase):
    """A stream whose lines end in LF, whatever they end in where it comes from."""

    def __init__(self, start: bytes, stream: BinaryIO) -> None:
        self._stream = stream
        self._left = start
        self._was_cr = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        while piece := self._left or self._stream.read(_PIECE):
            room = len(buffer)
            piece, self._left = piece[:room], piece[room:]
            followed = self._was_cr and piece.startswith(b"\n")
            self._was_cr = piece.endswith(b"\r")
            piece = piece[followed:].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
            if piece:
                buffer[: len(piece)] = piece
                return len(piece)
        return 0
