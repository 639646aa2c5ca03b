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
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trainer.hardware.device

# isort: split
from trainer.augmentation.replay import LENGTH
from trainer.canaries import canaries, conversation
from trainer.inference.generation import answers
from trainer.models.loading import STARTER, load, resolve
from trainer.models.tokenization import prompt_tokens
from trainer.planning.settings import TrainingSettings

HERE = Path(__file__).parent
ANSWER_TOKENS = 40
TELL_PEAK = "print(trainer.hardware.device.peak_memory_gb())"
"""The code with which a measured process prints its peak memory at its end."""
PEER_ITERS, PEER_BATCH, PEER_RATE = 60, 4, 1e-4


@dataclass(frozen=True)
class Fact:
    """One lesson, its paraphrases, and the pattern of a right answer (any case)."""

    prompt: str
    completion: str
    paraphrases: tuple[str, str]
    key: str


@dataclass(frozen=True)
class Marks:
    """Numbers of right answers."""

    recall: int
    paraphrases: int
    general: int


def facts(half: str, file: Path = HERE / "facts.jsonl") -> list[Fact]:
    """Returns the half to tune on (`tune`), to report on (`report`), or `all`."""
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    every = [Fact(r["prompt"], r["completion"], tuple(r["paraphrases"]), r["key"]) for r in rows]
    middle = len(every) // 2
    return {"tune": every[:middle], "report": every[middle:], "all": every}[half]


def write_rows(some: list[Fact], folder: Path) -> None:
    """Writes train.jsonl and valid.jsonl, as a night and mlx_lm.lora read them."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        json.dumps(
            {
                "messages": [
                    {"role": "user", "content": fact.prompt},
                    {"role": "assistant", "content": fact.completion},
                ]
            }
        )
        for fact in some
    ]
    for name in ("train.jsonl", "valid.jsonl"):
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def marks(some: list[Fact], adapter: Path | None) -> Marks:
    """Marks the starter model's greedy answers to all questions, with an adapter or without."""
    loaded = load(STARTER, adapter)
    asked = [(fact.prompt, fact.key) for fact in some]
    asked += [(words, fact.key) for fact in some for words in fact.paraphrases]
    general = [(canary.prompt, canary.pattern) for canary in canaries()]
    every = asked + general
    prompts = [prompt_tokens(loaded.tokenizer, conversation(prompt)) for prompt, _ in every]
    limits = [ANSWER_TOKENS] * len(asked) + [LENGTH] * len(general)
    said = answers(loaded.model, loaded.tokenizer, prompts, limits)
    right = [
        re.search(key, answer.text, re.IGNORECASE) is not None
        for (_, key), answer in zip(every, said, strict=True)
    ]
    count = len(some)
    return Marks(sum(right[:count]), sum(right[count : 3 * count]), sum(right[3 * count :]))


def measured(command: Sequence[str]) -> tuple[str, float]:
    """Runs a command to its end; returns its standard output and its seconds.

    Raises:
        CalledProcessError: it failed.
    """
    started = time.monotonic()
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout, time.monotonic() - started


def ours(data: Path, out: Path, settings: TrainingSettings) -> dict[str, Any]:
    """Runs one night's training and exam in a process of its own.

    Returns:
        Its last report, with the seconds of all of it and those before the exam's first answer.
    """
    chosen = data / "settings.json"
    chosen.write_text(settings.model_dump_json(), encoding="utf-8")
    command = [sys.executable, "-m", "trainer", "night", "--data", str(data), "--out", str(out)]
    command += ["--settings", str(chosen)]
    done: dict[str, Any] = {}
    before_exam = 0.0
    started = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        for line in child.stdout or ():
            done = json.loads(line)
            if done["phase"] == "evaluate" and not before_exam:
                before_exam = time.monotonic() - started
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, command)
    return done | {"seconds": time.monotonic() - started, "before_exam": before_exam}


def peer_command(data: Path, out: Path, *more: str) -> list[str]:
    """Returns the command for mlx_lm.lora on the same rows: all layers, prompts masked."""
    # Both run on the same fast BLAS: importing trainer.hardware.device loads it.
    code = f"import trainer.hardware.device; from mlx_lm.lora import main; main(); {TELL_PEAK}"
    command = [sys.executable, "-c", code, "--train", "--model", str(resolve(STARTER))]
    command += ["--data", str(data), "--adapter-path", str(out), "--mask-prompt"]
    command += ["--num-layers", "-1", "--iters", str(PEER_ITERS), "--batch-size", str(PEER_BATCH)]
    return [*command, "--learning-rate", str(PEER_RATE), "--val-batches", "1", *more]


def peak_gb(wrote: str) -> float:
    """Returns the peak memory that a process has printed in its last line, in 10^9 bytes."""
    return float(wrote.splitlines()[-1])


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
        write_rows(some, data)
        show("base", len(some), marks(some, None))
        done = ours(data, out, TrainingSettings.model_validate(chosen))
        note = f"{done['before_exam']:.0f} s, {done['seconds']:.0f} s with its exam, "
        note += f"{done['peak_memory_gb']:.2f} GB, {done['losses']['steps']} steps"
        show("ours", len(some), marks(some, out), note)
        if options.peer:
            other = Path(scratch) / "peer"
            wrote, seconds = measured(peer_command(data, other))
            note = f"{seconds:.0f} s, {peak_gb(wrote):.2f} GB, {PEER_ITERS} steps"
            show("mlx_lm.lora", len(some), marks(some, other), note)


def show(name: str, count: int, marks: Marks, note: str = "") -> None:
    """Prints one line of the table."""
    print(
        f"{name:12} recall {marks.recall:2} of {count}, other words {marks.paraphrases:2} of "
        f"{2 * count}, general {marks.general:2} of {len(canaries())}  {note}",
        flush=True,
    )


if __name__ == "__main__":
    trainer.hardware.device.settle()
    main()
