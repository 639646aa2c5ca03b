"""The lessons whose search is timed."""

import numpy as np

from bench.scale import KEYS, REVISION, WIDTH, fill
from bot.store import Store


def test_every_lesson_has_its_vectors_of_length_one(store: Store) -> None:
    fill(store, [(f"question {n}", f"answer {n}") for n in range(3)])
    table = store.vectors.all_of(REVISION, WIDTH)
    assert table.vectors.shape == (3 * KEYS, WIDTH)
    assert np.allclose(np.linalg.norm(table.vectors, axis=1), 1, atol=1e-5)
    assert len(np.unique(table.vectors[:, 0])) == 3 * KEYS
    assert store.examples.similar("question 1", 5)
