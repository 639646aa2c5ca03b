"""Which lessons lie nearest to a question, by the vectors that the store holds of them."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bot.engine.client import SentenceVectors
from bot.store import Store
from bot.store.examples.vectors import VectorTable


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

    def nearest(
        self, question: SentenceVectors, limit: int, also: Sequence[int] = ()
    ) -> list[tuple[int, float]]:
        """Returns the ids of the lessons whose best key is nearest, with its cosine, best first.

        Args:
            question: one row.
            limit: how many of the nearest are returned at most.
            also: ids of lessons that are wanted too, after them; those without vectors are left
                out.
        """
        vector = question.rows[0]
        loaded = self._load(question.revision, len(vector))
        if not len(loaded.ids) or not np.isfinite(vector).all():
            return []
        cosines = np.maximum.reduceat(loaded.table.vectors @ vector, loaded.starts)
        count = min(limit, len(cosines))
        some = np.argpartition(-cosines, count - 1)[:count]
        order = some[np.lexsort((-loaded.ids[some], -cosines[some]))]
        wanted = np.searchsorted(loaded.ids, also)
        rows = [
            int(row)
            for number, row in zip(also, wanted, strict=True)
            if row < len(cosines) and loaded.ids[row] == number
        ]
        chosen = dict.fromkeys([*map(int, order), *rows])
        return [(int(loaded.ids[row]), float(cosines[row])) for row in chosen]

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
