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
    state: tuple[str, int, int]
    """Fingerprint of the encoder, width, and the number of the store's changes."""
    table: VectorTable
    ids: npt.NDArray[np.int64]
    """(lessons,), each once."""
    starts: npt.NDArray[np.int64]
    """(lessons,): the first row of each in the table."""


class VectorIndex:
    """All vectors in memory, read anew when some were added or removed.

    The search is exact: forty thousand rows of 384 numbers take a few milliseconds.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._loaded: _Loaded | None = None

    def nearest(self, question: SentenceVectors, limit: int) -> list[tuple[int, float]]:
        """Returns the ids of the lessons whose best key is nearest, with its cosine, best first.

        Args:
            question: one row.
            limit: how many are returned at most.
        """
        loaded, cosines = self._cosines(question)
        if not len(cosines):
            return []
        count = min(limit, len(cosines))
        some = np.argpartition(-cosines, count - 1)[:count]
        order = some[np.lexsort((-loaded.ids[some], -cosines[some]))]
        return [(int(loaded.ids[row]), float(cosines[row])) for row in order]

    def of(self, question: SentenceVectors, ids: Sequence[int]) -> list[tuple[int, float]]:
        """Returns the same of some lessons; those without vectors are left out."""
        loaded, cosines = self._cosines(question)
        wanted = np.asarray(ids, np.int64)
        rows = np.searchsorted(loaded.ids, wanted)
        return [
            (int(number), float(cosines[row]))
            for number, row in zip(wanted, rows, strict=True)
            if row < len(cosines) and loaded.ids[row] == number
        ]

    def _cosines(self, question: SentenceVectors) -> tuple[_Loaded, npt.NDArray[np.float32]]:
        """Returns the table, and for each lesson the cosine of its best key; none without."""
        vector = question.rows[0]
        loaded = self._load(question.revision, len(vector))
        if not len(loaded.ids) or not np.isfinite(vector).all():
            return loaded, np.zeros(0, np.float32)
        return loaded, np.maximum.reduceat(loaded.table.vectors @ vector, loaded.starts)

    def _load(self, revision: str, width: int) -> _Loaded:
        with self._lock:
            state = (revision, width, self._store.vectors.changes)
            loaded = self._loaded
            if loaded is None or loaded.state != state:
                table = self._store.vectors.all_of(revision, width)
                ids, starts = np.unique(table.example_ids, return_index=True)
                loaded = self._loaded = _Loaded(state, table, ids, starts)
            return loaded
