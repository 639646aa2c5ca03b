"""How fast the store finds things among many examples.

    python -m bench.store                # 100,000 examples of 600 characters
    python -m bench.store --rows 10000
    python -m bench.store --folder .     # on the disk whose flushes are of interest

Medians of 50 calls each, on a database in a temporary folder. The last lines tell what it costs
that an acknowledged transaction outlasts a power cut: `synchronous=FULL` against NORMAL.
"""

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

from bot.store import Store
from bot.store.examples.rows import NewExample

CALLS = 50
WORDS = 4000
BATCH = 5000


def texts(rows: int, seed: int = 0) -> list[tuple[str, str]]:
    """Returns questions of about 100 and answers of about 500 characters, of invented words."""
    dice = random.Random(seed)  # noqa: S311  not for secrets
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(dice.choices(letters, k=dice.randint(3, 9))) for _ in range(WORDS)]
    return [
        (" ".join(dice.choices(words, k=15)) + "?", " ".join(dice.choices(words, k=72)))
        for _ in range(rows)
    ]


def median(call: Callable[[], object]) -> float:
    """Returns the median duration of a call, in milliseconds."""
    took = []
    for _ in range(CALLS):
        started = time.perf_counter()
        call()
        took.append(1000 * (time.perf_counter() - started))
    return statistics.median(took)


def writes(store: Store) -> dict[str, Callable[[], object]]:
    """Returns what writes, by its name: each call is a transaction of its own."""
    numbers = count()
    run = store.runs.start(1)
    return {
        "teach     ": lambda: store.examples.add(
            NewExample(f"question {next(numbers)}", "An answer. " * 20, "teach", "bench")
        ),
        "claim     ": lambda: store.handled_events.claim(f"event {next(numbers)}"),
        "progress  ": lambda: store.runs.progress(run.id, phase="train", step=next(numbers)),
    }


def main() -> None:
    """Prints a line for each kind of look-up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, help="where the temporary folder is made")
    options = parser.parse_args()
    rows = texts(options.rows)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        store = Store(Path(folder) / "bench.db")
        started = time.perf_counter()
        for start in range(0, len(rows), BATCH):
            with store.connections.write():
                for prompt, completion in rows[start : start + BATCH]:
                    store.examples.add(NewExample(prompt, completion, "import", "bench"))
        print(f"{len(rows)} examples added in {time.perf_counter() - started:.1f} s")
        prompt, completion = rows[len(rows) // 2]
        words = prompt.rstrip("?").split()
        for name, call in (
            ("exact duplicate", lambda: store.examples.same_pair(prompt, completion)),
            ("same question", lambda: store.examples.same_prompt(prompt)),
            ("counts by status", store.examples.counts),
            ("newest 100 pending", lambda: store.examples.search(status="pending")),
            ("search, one word", lambda: store.examples.search(text=words[0], limit=20)),
            ("search, two words", lambda: store.examples.search(text=" ".join(words[:2]))),
            ("similar questions", lambda: store.examples.similar(prompt)),
        ):
            print(f"{name:20} {median(call):8.2f} ms", flush=True)
        calls = writes(store)
        for synchronous in ("NORMAL", "FULL"):
            store.connections.db.conn.execute(f"PRAGMA synchronous={synchronous}")
            for name, write in calls.items():
                print(f"{name}, {synchronous:8} {median(write):8.2f} ms", flush=True)
        store.close()


if __name__ == "__main__":
    main()
