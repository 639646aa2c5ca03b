"""Reads CSV with commas, semicolons, tabs or bars, whose first line names the columns."""

import csv
from collections import deque
from collections.abc import Iterator, Mapping
from typing import BinaryIO, Self

from trainer.errors import DatasetError
from trainer.importing.lines import MAX_LINE, FoundRow, Rejected, texts
from trainer.importing.rows import row_at

_BAD_SIZE = 100  # characters that a bad line counts for, so that many of them end a row
_PROMPT_COLUMNS = ("prompt", "question", "instruction", "input", "q")
_COMPLETION_COLUMNS = ("completion", "answer", "response", "output", "a")


def csv_rows(stream: BinaryIO) -> Iterator[FoundRow | Rejected]:
    """The rows and bad lines of a CSV file; a row may go over several lines.

    Raises:
        DatasetError: the first line does not name a question and an answer column.
    """
    source = _CsvLines(stream)
    csv.field_size_limit(MAX_LINE)
    header = next(source, "")
    delimiter = max(",;\t|", key=header.count)
    columns = _columns(header, delimiter)
    reader = csv.reader(source, delimiter=delimiter, strict=True)
    more = True
    while more:
        source.begin_row()
        row: FoundRow | Rejected | None = None
        try:
            fields = next(reader)
            if any(field.strip() for field in fields):
                row = _csv_row(source.first, fields, columns)
        except StopIteration:
            more = False
        except csv.Error as error:
            # Often a quote that is never closed: what follows are rows of their own.
            row = source.broken_off(str(error))
            reader = csv.reader(source, delimiter=delimiter, strict=True)
        bad = source.rejected()
        yield from bad
        if row is not None and any(source.first < one.line < source.number for one in bad):
            row = Rejected(source.first, ("a line inside this row could not be read",))
        if row is not None:
            yield row


class _CsvLines:
    """The lines of a CSV file for csv.reader, which may take several for one row."""

    def __init__(self, stream: BinaryIO) -> None:
        self._texts = texts(stream)
        self._again: deque[tuple[int, str | Rejected]] = deque()
        self.begin_row()
        self.number = 0

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


def _columns(header: str, delimiter: str) -> dict[str, int]:
    """Finds the index of every column that is read.

    Raises:
        DatasetError: there is no question or no answer column, or one is there twice.
    """
    try:
        fields = next(csv.reader([header], delimiter=delimiter), [])
    except csv.Error as error:
        raise DatasetError(f"the first line is not CSV ({error})") from None
    names = [name.strip().casefold() for name in fields]
    columns = {}
    for ours, theirs in (("prompt", _PROMPT_COLUMNS), ("completion", _COMPLETION_COLUMNS)):
        places = [place for name in theirs for place, other in enumerate(names) if other == name]
        if not places:
            shown = ", ".join(names)[:80] or "nothing"
            raise DatasetError(
                f"the first line must name the columns prompt and completion; it has {shown}"
            )
        if names.count(names[places[0]]) > 1:
            raise DatasetError(f"the column {names[places[0]]} is there twice")
        columns[ours] = places[0]
    for optional in ("system", "source"):
        if optional in names:
            columns[optional] = names.index(optional)
    return columns


def _csv_row(line: int, fields: list[str], columns: Mapping[str, int]) -> FoundRow | Rejected:
    missing = [name for name in ("prompt", "completion") if columns[name] >= len(fields)]
    if missing:
        return Rejected(line, (f"it has {len(fields)} columns, no {' and no '.join(missing)}",))
    row = {
        name: fields[place]
        for name, place in columns.items()
        if place < len(fields) and (fields[place] or name in ("prompt", "completion"))
    }
    return row_at(line, row)
