"""How well a night's weights alone answer a set of lessons: without notes, quotes and the bot.

    python -m bench.weights --set facts                     # trains a night, then measures it
    python -m bench.weights --set services --size 500 --setting epochs=22 --out DIR
    python -m bench.weights --set clinc --clinc FILE --adapter DIR    # measures an adapter
    python -m bench.weights --set facts --base              # measures the model as it is
    python -m bench.weights --set facts --peer              # mlx_lm.lora on the same rows
    python -m bench.weights --set facts -- --lighter 1      # what follows is for the night

One JSON line is printed: right answers to the taught questions, to the same in other words and to
the general questions, lessons that are mastered, and what the training cost. Needs nothing of the
bot, so that it runs on a machine that can only train.
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
from bench.sets import NAMES, QuestionSet, add_options, chosen
from trainer.augmentation.replay import LENGTH
from trainer.canaries import canaries, conversation
from trainer.evaluation.mastery import mastered
from trainer.inference.generation import answers
from trainer.models.loading import STARTER, LoadedModel, load, resolve
from trainer.models.tokenization import Messages, TokenRow, make_row, prompt_tokens
from trainer.planning.settings import TrainingSettings
from trainer.results.run import RunResult

ANSWER_TOKENS = 40
MORE_TOKENS = 8
"""An answer may have so many tokens more than the taught one, where that is longer."""
MAX_LENGTH = 2048
TELL_PEAK = "print(trainer.hardware.device.peak_memory_gb())"
"""The code with which a measured process prints its peak memory at its end."""
PEER_ITERS, PEER_BATCH, PEER_RATE = 60, 4, 1e-4


@dataclass(frozen=True)
class Marks:
    """Numbers of right answers, and the places of the lessons that are mastered."""

    taught: int
    other: int
    general: int
    mastered: tuple[int, ...] = ()


@dataclass(frozen=True)
class Trained:
    """A night that was trained and examined in a process of its own."""

    result: RunResult
    seconds: float
    """Of the whole process."""
    before_exam: float
    """Of `seconds`, those before the exam's first answer."""


@dataclass(frozen=True)
class Known:
    """A model, and which lessons it has mastered."""

    base: LoadedModel
    rows: tuple[TokenRow, ...]
    """The lessons."""
    mastered: tuple[bool, ...]
    """Of each lesson."""


def look(asked: QuestionSet, model: str, adapter: Path | None) -> Known:
    """Loads a model and looks which lessons of a set it has mastered."""
    loaded = load(model, adapter)
    rows = [make_row(loaded.tokenizer, turns, MAX_LENGTH) for turns in conversations(asked)]
    return Known(loaded, tuple(rows), tuple(mastered(loaded.model, rows)))


def measure(asked: QuestionSet, model: str, adapter: Path | None) -> Marks:
    """Marks a model's greedy answers to all questions of a set, and to the general ones."""
    known = look(asked, model, adapter)
    tokenizer = known.base.tokenizer
    lengths = [max(ANSWER_TOKENS, len(row) - row.start + MORE_TOKENS) for row in known.rows]
    questions = [conversation(lesson.prompt) for lesson in asked.lessons]
    for one in asked.other:
        before = [] if one.after is None else conversations(asked)[one.after]
        questions.append([*map(dict, before), *conversation(one.question)])
    keys = [lesson.key for lesson in asked.lessons]
    keys += [asked.lessons[one.lesson].key for one in asked.other]
    limits = [*lengths, *(lengths[one.lesson] for one in asked.other)]
    questions += [conversation(canary.prompt) for canary in canaries()]
    keys += [canary.pattern for canary in canaries()]
    limits += [LENGTH] * len(canaries())
    prompts = [prompt_tokens(tokenizer, messages) for messages in questions]
    said = answers(known.base.model, tokenizer, prompts, limits)
    right = [
        re.search(key, answer.text, re.IGNORECASE) is not None
        for key, answer in zip(keys, said, strict=True)
    ]
    taught, other = len(asked.lessons), len(asked.lessons) + len(asked.other)
    return Marks(
        sum(right[:taught]),
        sum(right[taught:other]),
        sum(right[other:]),
        tuple(place for place, is_known in enumerate(known.mastered) if is_known),
    )


def conversations(asked: QuestionSet) -> list[Messages]:
    """Returns the lessons as a night trains them."""
    return [
        [*conversation(lesson.prompt), {"role": "assistant", "content": lesson.completion}]
        for lesson in asked.lessons
    ]


def write_rows(asked: QuestionSet, folder: Path) -> None:
    """Writes train.jsonl and valid.jsonl, as a night and mlx_lm.lora read them.

    The number of a row is the place of its lesson.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        json.dumps({"id": place, "messages": messages})
        for place, messages in enumerate(conversations(asked))
    ]
    for name in ("train.jsonl", "valid.jsonl"):
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def train(
    data: Path,
    out: Path,
    settings: TrainingSettings,
    model: str = STARTER,
    more: Sequence[str] = (),
) -> Trained:
    """Runs one night's training and exam in a process of its own.

    Args:
        data: the folder of train.jsonl; the settings are written beside it.
        out: the folder of the adapter.
        settings: of the training.
        model: its name, as for `trainer.models.loading.load`.
        more: further options of `python -m trainer night`.

    Raises:
        CalledProcessError: it failed.
    """
    file = data / "settings.json"
    file.write_text(settings.model_dump_json(), encoding="utf-8")
    command = [sys.executable, "-m", "trainer", "night", "--data", str(data), "--out", str(out)]
    command += ["--settings", str(file), "--model", model, *more]
    last: dict[str, Any] = {}
    before_exam = 0.0
    started = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        for line in child.stdout or ():
            last = json.loads(line)
            if last["phase"] == "evaluate" and not before_exam:
                before_exam = time.monotonic() - started
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, command, str(last.get("error")))
    return Trained(RunResult.from_json(last), time.monotonic() - started, before_exam)


def peer_command(data: Path, out: Path, *more: str, model: str = STARTER) -> list[str]:
    """Returns the command for mlx_lm.lora on the same rows: all layers, prompts masked."""
    # Both run on the same fast BLAS: importing trainer.hardware.device loads it.
    code = f"import trainer.hardware.device; from mlx_lm.lora import main; main(); {TELL_PEAK}"
    command = [sys.executable, "-c", code, "--train", "--model", str(resolve(model))]
    command += ["--data", str(data), "--adapter-path", str(out), "--mask-prompt"]
    command += ["--num-layers", "-1", "--iters", str(PEER_ITERS), "--batch-size", str(PEER_BATCH)]
    return [*command, "--learning-rate", str(PEER_RATE), "--val-batches", "1", *more]


def measured(command: Sequence[str]) -> tuple[str, float]:
    """Runs a command to its end; returns its standard output and its seconds.

    Raises:
        CalledProcessError: it failed.
    """
    started = time.monotonic()
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout, time.monotonic() - started


def peak_gb(wrote: str) -> float:
    """Returns the peak memory that a process has printed in its last line, in 10^9 bytes."""
    return float(wrote.splitlines()[-1])


def _ours(data: Path, out: Path, options: argparse.Namespace) -> dict[str, Any]:
    settings = TrainingSettings.model_validate(dict(pair.split("=", 1) for pair in options.setting))
    trained = train(data, out, settings, options.model, options.more)
    result = trained.result
    return {
        "steps": result.losses.steps,
        "training_seconds": result.training_seconds,
        "seconds_before_exam": round(trained.before_exam, 1),
        "seconds": round(trained.seconds, 1),
        "peak_memory_gb": result.peak_memory_gb,
        "notes": list(result.notes),
        "settings": result.settings,
    }


def _peer(data: Path, out: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Trains with mlx_lm.lora; settings of a run are its options (`iters=200`)."""
    more = [
        word
        for pair in options.setting
        for name, _, value in [pair.partition("=")]
        for word in (f"--{name.replace('_', '-')}", value)
    ]
    command = peer_command(data, out, *more, model=options.model)
    wrote, seconds = measured(command)
    steps = int(command[len(command) - 1 - command[::-1].index("--iters") + 1])
    return {"steps": steps, "seconds": round(seconds, 1), "peak_memory_gb": peak_gb(wrote)}


def main() -> None:
    """Prints one JSON line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--set", choices=NAMES, default="facts")
    add_options(parser)
    parser.add_argument("--model", default=STARTER, help="starter, a folder or a hub name")
    parser.add_argument("--setting", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--out", type=Path, help="keeps the adapter in this folder")
    whose = parser.add_mutually_exclusive_group()
    whose.add_argument("--adapter", type=Path, help="measures this one, without a training")
    whose.add_argument("--base", action="store_true", help="measures the model without any")
    whose.add_argument("--peer", action="store_true", help="trains with mlx_lm.lora")
    parser.add_argument("more", nargs="*", help="options of python -m trainer night, after --")
    options = parser.parse_args()
    asked = chosen(options.set, options)
    with tempfile.TemporaryDirectory() as scratch:
        data, out = Path(scratch) / "data", options.out or Path(scratch) / "adapter"
        write_rows(asked, data)
        if options.base or options.adapter:
            who, out, cost = "base" if options.base else "adapter", options.adapter, {}
        elif options.peer:
            who, cost = "mlx_lm.lora", _peer(data, out, options)
        else:
            who, cost = "ours", _ours(data, out, options)
        started = time.monotonic()
        marks = measure(asked, options.model, out)
    document = {
        "set": asked.name,
        "half": options.half,
        "model": options.model,
        "who": who,
        "lessons": len(asked.lessons),
        "taught": marks.taught,
        "others": len(asked.other),
        "other": marks.other,
        "generals": len(canaries()),
        "general": marks.general,
        "mastered": len(marks.mastered),
        "missing": [n for n in range(len(asked.lessons)) if n not in set(marks.mastered)],
        **cost,
        "measuring_seconds": round(time.monotonic() - started, 1),
    }
    print(json.dumps(document), flush=True)


if __name__ == "__main__":
    trainer.hardware.device.settle()
    main()
