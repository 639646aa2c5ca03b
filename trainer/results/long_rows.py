"""Rows of training files that are longer than is trained: what people and programs are told."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from trainer.results.stored_fields import stored_fields

NAMED = 10
"""Rows that a sentence names; all of them are in the result."""


@dataclass(frozen=True)
class LongRow:
    """A row of which only the first tokens are trained."""

    file: str = ""
    """The name of its file, which is in the data folder."""
    line: int = 0
    """Counted from 1."""
    tokens: int = 0
    """Of the whole row, with its template."""
    limit: int = 0
    """Tokens that are trained (max_seq_length)."""
    id: int | None = None
    """The lesson's number in the store, where the row has one."""

    @classmethod
    def from_json(cls, stored: object) -> Self:
        """Reads one of a result's rows."""
        return cls(**stored_fields(cls, stored))


def rows_of(stored: Any) -> tuple[LongRow, ...]:
    """Reads the rows of a result; what is no list has none."""
    return tuple(map(LongRow.from_json, stored)) if isinstance(stored, list) else ()


def cut_sentence(rows: Sequence[LongRow]) -> str:
    """Returns which rows are cut, and what to do about it, in one line; at least one row is given.

    Of many rows, `NAMED` are named.
    """
    names = [f"{_place(row)} ({row.tokens} tokens)" for row in rows[:NAMED]]
    if len(rows) > NAMED:
        names.append(f"and {len(rows) - NAMED} more")
    begin = "1 row is" if len(rows) == 1 else f"{len(rows)} rows are"
    return (
        f"{begin} longer than the {rows[0].limit} tokens that are trained, and cut off at the end: "
        f"{'; '.join(names)}. Shorten what is cut or raise max_seq_length."
    )


def _place(row: LongRow) -> str:
    place = f"{row.file}, line {row.line}"
    return place if row.id is None else f"{place}, lesson {row.id}"
