"""What an import makes of each row of a file, and of the whole."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from trainer.importing.lines import Rejected

Fate = Literal["new", "replaces", "proposed", "pair", "duplicate", "rejected"]
"""What becomes of a row: a new lesson, one in the place of others, a proposal that waits for
approval, preference data, something known already, or nothing."""


@dataclass(frozen=True)
class RowFate:
    """What becomes of one row of a file.

    Attributes:
        line: where the row begins in its file, counted from 1.
        question: the question as it is stored, empty where nothing is.
        answer: the answer as it is stored, the preferred one of a pair.
        replaces: ids of the lessons that give way to it.
        redacted: the kinds of things that are taken out of it.
        notes: what else there is to say, such as why it is rejected.
    """

    line: int
    fate: Fate
    question: str = ""
    answer: str = ""
    replaces: tuple[int, ...] = ()
    redacted: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Imported:
    """The result of an import, as counts of examples and the lines that were rejected.

    Attributes:
        added: new examples of any status.
        duplicates: rows that say what is known already, pairs among them.
        rejected: the lines of which nothing is kept, in the order of the file.
        replaced: examples with other answers that gave way.
        out_of_use: the duplicates of examples that were withdrawn, rejected or replaced and stay
            so.
        redacted: the new rows that something was taken out of, by its kind.
        proposed: those of `added` that wait for approval because their file only proposes them.
        pairs: new pairs of a preferred and a disliked answer; they are no examples.
        format: what the file was taken for.
        notes: sentences about the whole file.
        rows: what becomes of each row, in the order of the file; empty unless it was asked for.
    """

    added: int
    duplicates: int
    rejected: tuple[Rejected, ...]
    replaced: int = 0
    out_of_use: int = 0
    redacted: Mapping[str, int] = field(default_factory=dict)
    proposed: int = 0
    pairs: int = 0
    format: str = ""
    notes: tuple[str, ...] = ()
    rows: tuple[RowFate, ...] = ()

    @property
    def used(self) -> int:
        """The number of rows that the bot knows now."""
        return self.added + self.duplicates + self.pairs
