"""Reads CSV in its dialects: commas, semicolons, tabs or bars, and lines above the header."""

import csv
import io
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import BinaryIO, Self

from trainer.errors import DatasetError
from trainer.importing.lines import MAX_LINE, Found, Rejected, texts
from trainer.importing.tables.header import (
    MOST_TITLES,
    Header,
    header_of,
    names_columns,
    no_header,
)

_BAD_SIZE = 100  # characters that a bad line counts for, so that many of them end a row
_DELIMITERS = ",;\t|"
_SEPARATOR = re.compile(r"sep=([,;|\t])\s*", re.IGNORECASE)  # Excel's own first line
_QUOTE = "put the cell with the separator in it in double quotes"
_MAY_BE_CUT = (
    "the line below it has too few fields, so that its last cell may be cut: put a cell with line "
    "ends in double quotes"
)


def csv_rows(
    stream: BinaryIO,
    columns: Mapping[str, str] | None = None,
    notes: list[str] | None = None,
) -> Iterator[Found]:
    """The rows and bad lines of a CSV file; a row may go over several lines.

    Args:
        stream: the file, in UTF-8.
        columns: the file's own names for `question`, `answer` and the others, as a person said.
        notes: sentences about the whole file are added here.

    Raises:
        DatasetError: the first lines do not name a question and an answer column.
    """
    columns = columns or {}
    source = _CsvLines(stream)
    csv.field_size_limit(MAX_LINE)
    header, delimiter = _header(source, columns, [] if notes is None else notes)
    reader = _reader(source, delimiter)
    last: Found | None = None  # waits for the line below it
    more = True
    while more:
        source.begin_row()
        row: Found | None = None
        cells: list[str] = []
        try:
            cells = next(reader)
            row = header.row(source.first, cells, columns, _QUOTE)
        except StopIteration:
            more = False
        except csv.Error as error:
            # Often a quote that is never closed: what follows are rows of their own.
            row = source.broken_off(str(error))
            reader = _reader(source, delimiter)
        bad = source.rejected()
        yield from bad
        if row is not None and any(source.first < one.line < source.number for one in bad):
            row = Rejected(source.first, ("a line inside this row could not be read",))
        if row is not None:
            short = type(row) is Rejected and 0 < len(cells) < len(header.names)
            if last is not None:
                cut = short and type(last) is not Rejected
                yield Rejected(last.line, (_MAY_BE_CUT,)) if cut else last
            last = row
    if last is not None:
        yield last


def is_table(stream: BinaryIO, columns: Mapping[str, str]) -> bool:
    """Returns whether a text that is not called a table is one, by its first lines.

    Args:
        stream: the file, in UTF-8.
        columns: as in `csv_rows`.
    """
    csv.field_size_limit(MAX_LINE)
    source = _CsvLines(stream)
    lines = [text for _, text in source.first_lines(MOST_TITLES + 1) if text.strip()]
    if len(lines) < 2 or any(line.lstrip().startswith(("{", "[")) for line in lines):  # noqa: PLR2004  a header and a row
        return False
    # The same number of separators in each line: no prose is written so.
    counts = ([line.count(sign) for line in lines] for sign in _DELIMITERS)
    if any(count[0] > 0 and len(set(count)) == 1 for count in counts):
        return True
    try:
        _header(_CsvLines(io.BytesIO("\n".join(lines).encode())), columns, [])
    except DatasetError:
        return False
    return True


def _reader(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    # A space after the separator is no part of the cell, nor are the quotes behind it.
    return csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)


def _header(
    source: "_CsvLines", columns: Mapping[str, str], notes: list[str]
) -> tuple[Header, str]:
    """Reads up to the header, which may stand below a title; returns it with the separator.

    Raises:
        DatasetError: none of the first lines is a header, or it names a column twice.
    """
    lines = source.first_lines(MOST_TITLES + 1)
    delimiters = _DELIMITERS
    if lines and (said := _SEPARATOR.fullmatch(lines[0][1])):
        delimiters = said[1]
        lines = lines[1:]
    above = 0
    for place, (number, line) in enumerate(lines):
        for delimiter in sorted(delimiters, key=line.count, reverse=True):
            cells, taken = _cells([text for _, text in lines[place:]], delimiter)
            if names_columns(cells, columns, below=above > 0):
                header = header_of(cells, columns)
                source.continue_after(lines[place + taken - 1][0])
                if above:
                    notes.append(f"line {number} is the header, {above} above it left out")
                return header, delimiter
        above += bool(line.strip(_DELIMITERS + " "))
    filled = next((text for _, text in lines if text.strip()), "")
    widest = max(delimiters, key=filled.count)
    raise no_header(_cells([filled], widest)[0], columns)


def _cells(lines: list[str], delimiter: str) -> tuple[list[str], int]:
    """The cells of the first row of some lines, and how many lines it takes; none if not CSV."""
    taken = 0

    def counted() -> Iterator[str]:
        nonlocal taken
        for line in lines:
            taken += 1
            yield f"{line}\n"

    try:
        return next(_reader(counted(), delimiter), []), max(1, taken)
    except csv.Error:
        return [], 1


class _CsvLines:
    """The lines of a CSV file for csv.reader, which may take several for one row."""

    def __init__(self, stream: BinaryIO) -> None:
        self._texts = texts(stream)
        self._again: deque[tuple[int, str | Rejected]] = deque()
        self.begin_row()
        self.number = 0

    def first_lines(self, count: int) -> list[tuple[int, str]]:
        """Returns the first readable lines; they are read again unless `continue_after` is said.

        Unreadable ones among them stay to be told.
        """
        some: list[tuple[int, str]] = []
        size = 0
        for number, text in self._texts:
            self._again.append((number, text))
            size += _BAD_SIZE if isinstance(text, Rejected) else len(text)
            if not isinstance(text, Rejected):
                some.append((number, text))
            if len(some) == count or size > MAX_LINE:
                break
        return some

    def continue_after(self, line: int) -> None:
        """Passes over the readable lines up to one."""
        again = [(n, text) for n, text in self._again if n > line or isinstance(text, Rejected)]
        self._again = deque(again)

    def begin_row(self) -> None:
        """Starts a row: the lines taken from now on belong to it."""
        self._taken: list[tuple[int, str | Rejected]] = []
        self._size = 0
        self.first = 0

    def broken_off(self, reason: str) -> Rejected | None:
        """Gives up the row: all of its lines but the first are read again, as further rows."""
        if not self.first:
            # Bad lines alone filled the room: a good one that came last is read again.
            if self._taken and not isinstance(self._taken[-1][1], Rejected):
                self._again.appendleft(self._taken.pop())
            return None
        place = next(i for i, (number, _) in enumerate(self._taken) if number == self.first) + 1
        self._again.extendleft(reversed(self._taken[place:]))
        del self._taken[place:]
        self.number = self.first
        return Rejected(self.first, (f"not CSV ({reason})",))

    def rejected(self) -> list[Rejected]:
        """Returns the bad lines that were passed over in this row and before it."""
        return [text for _, text in self._taken if isinstance(text, Rejected)]

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        while True:
            number, text = self._again.popleft() if self._again else next(self._texts)
            self._taken.append((number, text))
            self._size += _BAD_SIZE if isinstance(text, Rejected) else len(text) + 1
            if self._size > MAX_LINE + _BAD_SIZE and len(self._taken) > 1:
                raise csv.Error(f"a row of over {MAX_LINE} characters: is a quote never closed?")
            if not isinstance(text, Rejected):
                self.number = number
                self.first = self.first or number
                return text + "\n"
