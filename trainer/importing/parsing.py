"""Parses JSON of others in bounded memory: a list entry by entry, any other document as a whole."""

import io
import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from trainer.errors import DatasetError
from trainer.importing.encodings import Encoding, as_utf8
from trainer.importing.lines import MAX_LINE

MAX_DOCUMENT = 64_000_000
"""Bytes of a JSON document that is no list of rows."""
MAX_PIECES = 5_000_000
"""Objects, lists and values of such a document: each takes memory, however short it is."""
_SPACE = re.compile(r"[ \t\r\n]*")
_WRONG_BYTE = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True)
class TextFile:
    """A text file that may be opened several times, as UTF-8 whatever it is written in.

    Attributes:
        path: the file.
        encoding: how it is written.
        stack: closes what is opened.
    """

    path: Path
    encoding: Encoding
    stack: ExitStack

    @property
    def name(self) -> str:
        """The file's name, for errors."""
        return self.path.name

    @property
    def size(self) -> int:
        """The bytes of the file."""
        return self.path.stat().st_size

    def open(self) -> BinaryIO:
        """Opens the file from its beginning; the stack closes it."""
        stream = self.stack.enter_context(self.path.open("rb"))
        return self.stack.enter_context(as_utf8(stream, self.encoding))

    def open_text(self) -> TextIO:
        """Opens the file as text; a byte that is no UTF-8 becomes half of a surrogate pair."""
        stream = io.TextIOWrapper(self.open(), "utf-8-sig", errors="surrogateescape", newline="")
        return self.stack.enter_context(stream)

    def begins_with(self, letter: str) -> bool:
        """Returns whether this is the first character that is no space."""
        head = self.open().read(4096).decode("utf-8-sig", errors="replace")
        return head.lstrip().startswith(letter)


@dataclass(frozen=True)
class BadEntry:
    """An entry of a list that is no row, and why."""

    reason: str


def parsed(file: TextFile) -> Any:
    """Returns the document that a whole file is; NaN and its like are nothing there.

    Raises:
        DatasetError: it is too large, or broken; the text says where.
    """
    too_large = DatasetError(
        f"{file.name} is one JSON document of over {MAX_DOCUMENT // 10**6} MB: split it, or "
        "write one object a line"
    )
    if file.size > MAX_DOCUMENT:
        raise too_large
    content = file.open().read(2 * MAX_DOCUMENT)
    if sum(content.count(sign) for sign in (b"{", b"[", b",")) > MAX_PIECES:
        raise too_large
    try:
        return json.loads(content.decode("utf-8-sig"), parse_constant=lambda _: None)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DatasetError(f"{file.name} is not UTF-8 text in line {line}") from None
    except json.JSONDecodeError as error:
        raise _broken(file.name, error.lineno, error.msg) from None
    except RecursionError:
        raise DatasetError(f"{file.name} is JSON nested too deeply") from None
    except ValueError:
        raise DatasetError(f"{file.name} has a number with too many digits") from None


def list_entries(file: TextFile) -> Iterator[Any]:
    """Yields the entries of a JSON list, and a `BadEntry` for those that are no row.

    Args:
        file: the file that is a list.

    Raises:
        DatasetError: the list is broken, and what follows cannot be told apart.
    """
    yield from _Scanner(file.open_text(), file.name)


class _Scanner:
    """Keeps a part of the list that holds at least one whole entry."""

    def __init__(self, text: TextIO, name: str) -> None:
        self._text = text
        self._name = name
        self._buffer = ""
        self._at = 0
        self._lines = 1  # of what has left the buffer
        self._ended = False
        self._problem: str | None = None
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._object, parse_constant=self._constant
        )

    def __iter__(self) -> Iterator[Any]:
        self._take("[")
        while self._peek() != "]":
            yield self._entry()
            if self._peek() != "]":
                self._take(",")
        self._take("]")
        if self._peek():
            raise _broken(self._name, self._line(self._at), "something follows the list")

    def _entry(self) -> Any:
        start = self._at
        self._problem = None
        try:
            value, self._at = self._decoder.raw_decode(self._buffer, start)
        except json.JSONDecodeError as error:
            raise _broken(self._name, self._line(error.pos), error.msg) from None
        except RecursionError:
            line = self._line(start)
            raise _broken(self._name, line, "nested too deeply") from None
        except ValueError:  # Python's own limit for whole numbers
            line = self._line(start)
            raise _broken(self._name, line, "a number has too many digits") from None
        if self._at - start > MAX_LINE:
            return BadEntry(f"longer than {MAX_LINE} characters")
        if _WRONG_BYTE.search(self._buffer, start, self._at):
            return BadEntry("not UTF-8 text")
        return value if self._problem is None else BadEntry(self._problem)

    def _peek(self) -> str:
        """The next character that is no space, with a whole entry in the buffer; "" at the end."""
        while True:
            space = _SPACE.match(self._buffer, self._at)
            self._at = space.end() if space else self._at
            if self._ended or len(self._buffer) - self._at > MAX_LINE:
                return self._buffer[self._at : self._at + 1]
            self._lines += self._buffer.count("\n", 0, self._at)
            piece = self._text.read(2 * MAX_LINE)
            self._ended = not piece
            self._buffer = self._buffer[self._at :] + piece
            self._at = 0

    def _take(self, sign: str) -> None:
        if self._peek() != sign:
            raise _broken(self._name, self._line(self._at), f"no {sign} where one belongs")
        self._at += 1
        self._peek()

    def _line(self, place: int) -> int:
        return self._lines + self._buffer.count("\n", 0, place)

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        entry = dict(pairs)
        if len(entry) < len(pairs):
            self._problem = "a key appears twice"
        return entry

    def _constant(self, name: str) -> None:
        self._problem = f"{name} is not JSON"


def _broken(name: str, line: int, reason: str) -> DatasetError:
    return DatasetError(f"{name} is broken JSON in line {line} ({reason}): mend it there")
