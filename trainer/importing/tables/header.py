"""Finds the line of a table that names its columns, and turns the lines below it into rows."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trainer.errors import DatasetError
from trainer.importing.lines import Found, Rejected
from trainer.importing.rows import row_at
from trainer.importing.shapes.judgement import APPROVED
from trainer.importing.shapes.names import (
    ANSWERS,
    MESSAGES,
    QUESTIONS,
    first_of,
    plain,
    shown,
    shown_keys,
)
from trainer.importing.shapes.resemblance import nearest_format

MOST_TITLES = 10
"""Lines that may stand above the header."""
_ALONE = frozenset((*MESSAGES, "text", "chosen"))  # names that need no other beside them


@dataclass(frozen=True)
class Header:
    """The columns of a table, in order, as they are named there."""

    names: tuple[str, ...]

    def row(
        self, line: int, cells: Sequence[Any], columns: Mapping[str, str], quote: str
    ) -> Found | None:
        """Turns the cells of a line into a row; None where they are all empty.

        Args:
            line: where the row begins.
            cells: text, or what a sheet holds.
            columns: as in `row_at`.
            quote: what to do about a row with too many cells.
        """
        if all(_empty(cell) for cell in cells):
            return None
        if not all(_empty(cell) for cell in cells[len(self.names) :]):
            return Rejected(line, (f"{self._counts(cells)}: {quote}",))
        row: dict[str, Any] = {}
        for name, cell in zip(self.names, cells, strict=False):
            if name.strip() and (not _empty(cell) or _essential(name)):
                row.setdefault(name, "" if cell is None else cell)
        found = row_at(line, row, columns)
        if type(found) is Rejected and len(cells) < len(self.names):
            counts = self._counts(cells)
            return Rejected(line, (f"{counts}: put a cell with line ends in double quotes",))
        return found

    def _counts(self, cells: Sequence[Any]) -> str:
        fields = "1 field" if len(cells) == 1 else f"{len(cells)} fields"
        return f"it has {fields} and the header {len(self.names)}"


def names_columns(cells: Sequence[Any], columns: Mapping[str, str], *, below: bool = False) -> bool:
    """Returns whether a line names columns that can be read.

    Args:
        cells: the line.
        columns: as in `row_at`: what a person named must be there.
        below: whether another line stands above it; then a single letter is no name.
    """
    names = [plain(cell) for cell in cells if isinstance(cell, str)]
    if below:
        names = [name for name in names if len(name) > 1]
    wanted = {ours: plain(theirs) for ours, theirs in columns.items()}
    if not all(name in names for name in wanted.values()):
        return False
    question = wanted.get("question") or first_of(QUESTIONS, names)
    others = [name for name in ANSWERS if name != question]
    answer = wanted.get("answer") or first_of(others, names)
    if question and answer:
        return True
    return not columns and any(name in _ALONE for name in names)


def header_of(cells: Sequence[Any], columns: Mapping[str, str]) -> Header:
    """Returns the header that a line is.

    Raises:
        DatasetError: a column that is read is there twice.
    """
    names = tuple("" if _empty(cell) else str(cell).strip() for cell in cells)
    while names and not names[-1]:
        names = names[:-1]
    count = Counter(plain(name) for name in names)
    read = [plain(theirs) for theirs in columns.values()] or [*QUESTIONS, *ANSWERS]
    for name in read:
        if count[name] > 1:
            raise DatasetError(f"the column {shown(name)} is there twice")
    return Header(names)


def no_header(cells: Sequence[Any], columns: Mapping[str, str]) -> DatasetError:
    """Returns the error for a table none of whose first lines names columns that can be read."""
    names = [str(cell) for cell in cells if not _empty(cell)]
    has = shown_keys(names) if names else "nothing"
    if columns:
        there = {plain(name) for name in names}
        missing = next((v for v in columns.values() if plain(v) not in there), "")
        return DatasetError(f"no column is called {shown(missing)}; the first line has {has}")
    nearest = nearest_format([plain(name) for name in names])
    near = f", {nearest}" if nearest else ""
    return DatasetError(
        f"the first line must name the columns prompt and completion; it has {has}{near}: "
        "say --columns question=NAME,answer=NAME"
    )


def _essential(name: str) -> bool:
    """Whether an empty cell of this column says something: no answer, or no approval."""
    bare = plain(name)
    return bare in QUESTIONS or bare in ANSWERS or bare in APPROVED


def _empty(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())
