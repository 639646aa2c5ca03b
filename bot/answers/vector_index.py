"""Which lessons lie nearest to a question, by the vectors that the store holds of them."""

import threading
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bot.store import Store
from bot.store.examples.vectors import VectorTable


@dataclass(frozen=True)
class Cosines:
    """How near the lessons lie to a question.

    Attributes:
        ids: (lessons,), sorted.
        values: (lessons,), of the question and the best key of each.
    """

    ids: npt.NDArray[np.int64]
    values: npt.NDArray[np.float32]

    def without(self, hidden: Collection[int]) -> "Cosines":
        """Returns those of all lessons but the hidden ones, which are given by their ids."""
        if not hidden:
            return self
        stays = ~np.isin(self.ids, np.fromiter(hidden, np.int64, len(hidden)))
        return Cosines(self.ids[stays], self.values[stays])

    def in_order(self) -> Iterator[tuple[int, float]]:
        """Yields the ids of all lessons with their cosines, nearest first; of equals the newest."""
        for row in np.lexsort((-self.ids, -self.values)):
            yield int(self.ids[row]), float(self.values[row])

    def of(self, lesson: int) -> float | None:
        """Returns the cosine of one lesson by its id; None where it has no vectors."""
        row = int(np.searchsorted(self.ids, lesson))
        known = row < len(self.ids) and self.ids[row] == lesson
        return float(self.values[row]) if known else None


@dataclass(frozen=True)
class _Loaded:
    encoder: tuple[str, int]
    """Its fingerprint and width."""
    changes: int
    """The number of the store's changes when it was read."""
    table: VectorTable
    ids: npt.NDArray[np.int64]
    """(lessons,), each once."""
    starts: npt.NDArray[np.int64]
    """(lessons,): the first row of each in the table."""


class VectorIndex:
    """All vectors in memory; those that were added or removed are read anew at the next question.

    The search is exact: one product of all rows with the question (`bench/scale.py`).
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._loaded: _Loaded | None = None

    def cosines(self, question: npt.NDArray[np.float32], encoder: str) -> Cosines:
        """Returns how near all lessons lie, those that have ended too; none to what is no number.

        Args:
            question: (width,), its vector.
            encoder: the fingerprint of what made it: vectors of another one are not compared.
        """
        loaded = self._load(encoder, len(question))
        if not len(loaded.ids) or not np.isfinite(question).all():
            return Cosines(np.empty(0, np.int64), np.empty(0, np.float32))
        values = np.maximum.reduceat(loaded.table.vectors @ question, loaded.starts)
        return Cosines(loaded.ids, values)

    def _load(self, revision: str, width: int) -> _Loaded:
        with self._lock:
            vectors = self._store.vectors
            encoder, changes = (revision, width), vectors.changes
            loaded = self._loaded
            if loaded is None or loaded.encoder != encoder or loaded.changes > changes:
                loaded = self._keep(encoder, changes, vectors.all_of(revision, width))
            elif loaded.changes < changes:
                changed = vectors.changed(loaded.changes)
                fresh = vectors.all_of(revision, width, changed)
                loaded = self._keep(encoder, changes, _replaced(loaded.table, changed, fresh))
            return loaded

    def _keep(self, encoder: tuple[str, int], changes: int, table: VectorTable) -> _Loaded:
        ids, starts = np.unique(table.example_ids, return_index=True)
        self._loaded = _Loaded(encoder, changes, table, ids, starts)
        return self._loaded


def _replaced(table: VectorTable, changed: Sequence[int], fresh: VectorTable) -> VectorTable:
    """Returns a table in which the changed examples have only their fresh rows."""
    stays = ~np.isin(table.example_ids, changed)
    ids, vectors = table.example_ids[stays], table.vectors[stays]
    places = np.searchsorted(ids, fresh.example_ids)
    return VectorTable(
        np.insert(ids, places, fresh.example_ids),
        np.insert(vectors, places, fresh.vectors, axis=0),
    )
