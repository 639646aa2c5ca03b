"""What the data set functions cost: `python -m bench.data [--rows 1000 10000 100000] [--teach]`.

Examples of 600 characters of English words, one in twenty a near-duplicate, are imported,
validated with the starter model's tokenizer, deduplicated, split and exported. Each size runs in
a process of its own, so that its peak of memory is its own. With --teach they are also taught to an
empty bot, with redaction and search index, as `examples import` does; the vectors of the encoder
are made afterwards, by the running bot. The goal: 100,000 in under 60 s and 1 GB on two cores, and
costs close to linear in the number of rows.
"""

import argparse
import json
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path
from pydoc_data.topics import topics
from typing import Any

from transformers import AutoTokenizer

from bot.home import Home
from bot.lessons.curation import Curation
from bot.lessons.importing import import_rows
from bot.settings import load_settings
from bot.store import Store
from trainer.dataset import dataset_stats, export, validate_dataset
from trainer.dataset.deduplication import clusters
from trainer.dataset.split import question_of, sides_by_group
from trainer.importing.importer import read_rows
from trainer.jsonl import line
from trainer.models.loading import locate, resolve

SIZES = (1_000, 10_000, 100_000)
PROMPT, WHOLE = 150, 600  # characters
STAGES = ("import", "validate", "deduplicate", "split", "export", "statistics")


def write_examples(file: Path, count: int, seed: int = 1) -> None:
    """Writes examples of words as frequent as in Python's own documentation."""
    source = random.Random(seed)  # noqa: S311  not for secrets
    frequent = Counter(re.findall(r"[A-Za-z]+", " ".join(topics.values())))
    words = list(frequent)
    weights = list(accumulate(frequent.values()))

    def text(length: int) -> str:
        drawn = source.choices(words, cum_weights=weights, k=length // 4)
        return " ".join(drawn)[:length]

    earlier: list[str] = []
    with file.open("w", encoding="utf-8") as lines:
        for number in range(count):
            prompt = text(PROMPT)
            if number % 20 == 19:
                prompt = f"Hello, could you tell me: {source.choice(earlier)}, please?"
            elif number % 7 == 0:
                earlier.append(prompt)
            completion = f"{text(WHOLE - PROMPT - 8)} {number}."
            lines.write(line({"prompt": prompt, "completion": completion, "id": number}))


def teach(file: Path, folder: Path) -> int:
    """Imports a file into an empty bot in a folder; returns how many lessons it took."""
    home = Home(folder)
    home.prepare()
    store = Store(home.database)
    try:
        return import_rows(store, Curation(store, load_settings(home)), file, "bench").added
    finally:
        store.close()


def measure(count: int, *, taught: bool = False) -> dict[str, Any]:
    """Returns the seconds of each stage, and the peak memory of this process in MB."""
    tokenizer = AutoTokenizer.from_pretrained(locate("starter"))
    before = _memory()
    seconds: dict[str, float] = {}

    @contextmanager
    def timed(stage: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        seconds[stage] = time.perf_counter() - start

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "examples.jsonl"
        write_examples(file, count)
        with timed("import"):
            rows = [imported.row for imported in read_rows(file).rows]
        with timed("validate"):
            valid = validate_dataset(rows, tokenizer).valid
        with timed("deduplicate"):
            groups = clusters([question_of(row) for row in valid])
        with timed("split"):
            sides = sides_by_group(valid, groups=groups)
        with timed("export"):
            done = export(rows, Path(folder) / "set", tokenizer=tokenizer)
        peak = _memory()
        with timed("statistics"):
            dataset_stats(rows, tokenizer)
        if taught:
            with timed("teach"):
                teach(file, Path(folder) / "home")
    return {
        "rows": count,
        "seconds": seconds,
        "total": seconds["import"] + seconds["export"],
        "memory_mb": peak,
        "memory_before_mb": before,
        "groups": len(set(groups.leaders)),
        "held_out": sides.count("valid"),
        "exported": len(done.train) + len(done.held_out),
    }


def _memory() -> float:
    """Returns the peak memory of this process, in MB."""
    if sys.platform == "linux":
        # getrusage gives the peak of the parent process, if that was higher.
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        return float(status.split("VmHWM:")[1].split()[0]) / 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def main() -> None:
    """Measures every size in its own process, and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=SIZES)
    parser.add_argument("--one", type=int, help="one size here, as JSON")
    parser.add_argument("--teach", action="store_true", help="teach them to an empty bot as well")
    options = parser.parse_args()
    resolve("starter")
    if options.one:
        print(json.dumps(measure(options.one, taught=options.teach)))
        return
    stages = (*STAGES, "teach") if options.teach else STAGES
    print(f"{'rows':>8} " + " ".join(f"{stage:>11}" for stage in stages), end="")
    print(f" {'import+export':>14} {'peak MB':>8} {'groups':>8}")
    for count in options.rows:
        command = [sys.executable, "-m", "bench.data", "--one", str(count)]
        command += ["--teach"] if options.teach else []
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        result = json.loads(done.stdout)
        figures = " ".join(f"{result['seconds'][stage]:>10.2f}s" for stage in stages)
        print(f"{count:>8} {figures} {result['total']:>13.2f}s", end="")
        print(f" {result['memory_mb']:>8.0f} {result['groups']:>8}")
    print("export does all stages between import and itself once more, as the night does.")


if __name__ == "__main__":
    main()
