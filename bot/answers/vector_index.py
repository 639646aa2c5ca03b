"""Which lessons lie nearest to a question, by the vectors that the store holds of them."""

import threading
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
        vector = question.rows[0]
        if not np.isfinite(vector).all():
            return []
        loaded = self._load(question.revision, len(vector))
        if not len(loaded.ids):
            return []
        best = np.maximum.reduceat(loaded.table.vectors @ vector, loaded.starts)
        count = min(limit, len(best))
        some = np.argpartition(-best, count - 1)[:count]
        order = some[np.lexsort((-loaded.ids[some], -best[some]))]
        return [(int(loaded.ids[row]), float(best[row])) for row in order]

    def _load(self, revision: str, width: int) -> _Loaded:
        with self._lock:
            state = (revision, width, self._store.vectors.changes)
            loaded = self._loaded
            if loaded is None or loaded.state != state:
                table = self._store.vectors.all_of(revision, width)
                ids, starts = np.unique(table.example_ids, return_index=True)
                loaded = self._loaded = _Loaded(state, table, ids, starts)
            return loaded
