"""How soon the lessons are searched when there are many, beside the embedding of the question.

    python -m bench.scale                       # 2,000 and 10,000 lessons
    python -m bench.scale --lessons 50000

Lessons of invented words, ten random unit vectors of 384 numbers each, in a database in a temporary
folder. Medians of 50 calls: the vectors, the full-text index, and both after each other, which is
what a question costs. The goal: 2,000 in 10 ms, 10,000 in 30 ms.
"""

import argparse
import tempfile
import time
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bench.store import median, texts
from bot.answers.vector_index import VectorIndex
from bot.store import Store
from bot.store.examples.rows import NewExample
from trainer.retrieval.choice import WORDS_FOUND
from trainer.retrieval.keys import Key

SIZES = (2_000, 10_000)
KEYS, WIDTH = 10, 384
NEAREST = 5
BATCH = 1000
REVISION = "bench"


def fill(store: Store, lessons: list[tuple[str, str]], seed: int = 0) -> None:
    """Teaches lessons, each with KEYS random vectors of length 1."""
    random = np.random.default_rng(seed)
    names: list[Key] = [("wording", place) for place in range(KEYS)]
    for start in range(0, len(lessons), BATCH):
        with store.connections.write():
            for prompt, completion in lessons[start : start + BATCH]:
                example = store.examples.add(NewExample(prompt, completion, "import", "bench"))
                vectors = _unit(random, KEYS)
                store.vectors.put(example, REVISION, dict(zip(names, vectors, strict=True)))


def _unit(random: np.random.Generator, count: int) -> npt.NDArray[np.float32]:
    rows = random.standard_normal((count, WIDTH), np.float32)
    unit: npt.NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def main() -> None:
    """Prints a line for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lessons", type=int, nargs="+", default=SIZES)
    for size in parser.parse_args().lessons:
        lessons = texts(size)
        with tempfile.TemporaryDirectory() as folder:
            store = Store(Path(folder) / "bench.db")
            fill(store, lessons)
            index = VectorIndex(store)
            (question,) = _unit(np.random.default_rng(1), 1)
            words = lessons[size // 2][0]
            started = time.perf_counter()
            index.cosines(question, REVISION)
            loading = 1000 * (time.perf_counter() - started)
            vectors = median(
                lambda: list(islice(index.cosines(question, REVISION).in_order(), NEAREST))  # noqa: B023  called at once
            )
            text = median(lambda: store.examples.similar(words, WORDS_FOUND))  # noqa: B023  as above
            store.close()
        print(
            f"{size:6} lessons: {vectors + text:6.1f} ms a search (vectors {vectors:.1f}, "
            f"full text {text:.1f}); the first one reads the vectors, {loading:.0f} ms",
            flush=True,
        )


if __name__ == "__main__":
    main()
