"""How well lessons are learned: recall, recall under other words, and what the base knew.

    python -m bench.learning                       # ours, on the half that was not tuned on
    python -m bench.learning --peer                # and mlx_lm.lora beside it, on the same rows
    python -m bench.learning --half tune --set learning_rate=1e-4 --set variants=8
    python -m bench.learning --file bench/situations.jsonl

`facts.jsonl` has 48 invented facts, each with two paraphrases in other words and a pattern that
a right answer matches. Settings are chosen on the first 24, figures reported on the last 24.
`situations.jsonl` has 48 more, written without a look at anything here: most of their paraphrases
tell a situation and have few words in common with what was taught.
"""

import argparse
import tempfile
from pathlib import Path

import trainer.hardware.device

# isort: split
from bench.sets import HERE, Fact, facts, of_facts
from bench.weights import (
    PEER_ITERS,
    Marks,
    measure,
    measured,
    peak_gb,
    peer_command,
    train,
    write_rows,
)
from trainer.canaries import canaries
from trainer.models.loading import STARTER
from trainer.planning.settings import TrainingSettings


def marks(some: list[Fact], adapter: Path | None) -> Marks:
    """Marks the starter model's greedy answers to all questions, with an adapter or without."""
    return measure(of_facts("facts", some), STARTER, adapter)


def main() -> None:
    """Prints a line for each model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--file", type=Path, default=HERE / "facts.jsonl")
    parser.add_argument("--half", choices=["tune", "report", "all"], default="report")
    parser.add_argument("--first", type=int, help="only so many facts")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--peer", action="store_true", help="mlx_lm.lora beside it")
    options = parser.parse_args()
    some = facts(options.half, options.file)[: options.first]
    chosen = dict(pair.split("=", 1) for pair in options.set)
    with tempfile.TemporaryDirectory() as scratch:
        data, out = Path(scratch) / "data", Path(scratch) / "ours"
        write_rows(of_facts("facts", some), data)
        show("base", len(some), marks(some, None))
        done = train(data, out, TrainingSettings.model_validate(chosen))
        note = f"{done.before_exam:.0f} s, {done.seconds:.0f} s with its exam, "
        note += f"{done.result.peak_memory_gb:.2f} GB, {done.result.losses.steps} steps"
        show("ours", len(some), marks(some, out), note)
        if options.peer:
            other = Path(scratch) / "peer"
            wrote, seconds = measured(peer_command(data, other))
            note = f"{seconds:.0f} s, {peak_gb(wrote):.2f} GB, {PEER_ITERS} steps"
            show("mlx_lm.lora", len(some), marks(some, other), note)


def show(name: str, count: int, marks: Marks, note: str = "") -> None:
    """Prints one line of the table."""
    print(
        f"{name:12} recall {marks.taught:2} of {count}, other words {marks.other:2} of "
        f"{2 * count}, general {marks.general:2} of {len(canaries())}  {note}",
        flush=True,
    )


if __name__ == "__main__":
    trainer.hardware.device.settle()
    main()
