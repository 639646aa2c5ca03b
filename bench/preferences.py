"""What preferences after the lessons bring, and what they cost: none, pairs (DPO), thumbs (KTO).

    python -m bench.preferences --json                         # minutes on a GPU
    python -m bench.preferences --first 4 --thumbs 8 --pairs 4 --held 6 --set iters=20

One home: facts of `facts.jsonl` are taught, and people like short answers. The base model answers
general questions; the first sentence of an answer is the short one, the whole of it the long one.
Of some questions short and long were compared (pairs, for `auto` and `kto`), of others the short
one has a thumb up or the long one a thumb down (for `kto` alone). Then all three are asked what
nobody has rated: the share of answers in the liked style, the general questions of the exam, what
was taught, and the same in other words. The weights are measured as the second stage made them,
also where it did not keep them; a line says whether it did. `base` is the model before the lessons.
"""

import argparse
import json
import math
import re
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import trainer.hardware.device

# isort: split
import mlx.core as mx
from mlx.utils import tree_map

from bench.learning import marks
from bench.sets import HERE, Fact, facts, of_facts
from bench.weights import write_rows
from trainer.augmentation.mixture import prepare
from trainer.augmentation.replay import replay_rows
from trainer.canaries import canaries, conversation
from trainer.dataset.reader import TrainingData, read_training_data
from trainer.evaluation.exam import AnswerSheet, make_exam, with_own_answers
from trainer.evaluation.runner import run_exam
from trainer.inference.generation import answers
from trainer.models.loading import STARTER, LoadedModel, load, width
from trainer.models.tokenization import prompt_tokens
from trainer.pipeline import broadcast
from trainer.pipeline.preference_pairs import Preference
from trainer.pipeline.preference_stage import second_stage
from trainer.pipeline.rated_answers import RatedAnswer
from trainer.pipeline.stages import Opinions, all_taught
from trainer.planning.hyperparameters import Plan, plan
from trainer.planning.settings import TrainingSettings
from trainer.tuning import lora
from trainer.tuning.distributed import ProcessGroup

TOKENS = 96
"""Tokens of an answer at most."""
SHORT = 20
"""Words of an answer in the liked style at most; it is one sentence as well."""
WAYS = ("off", "auto", "kto")
_END = re.compile(r"(?<=[.!?])\s+")


@dataclass(frozen=True)
class Row:
    """What one model was measured to say.

    Attributes:
        way: `base`, or the setting of `training.preferences`.
        seed: of the training.
        rate: the learning rate of the second stage, as a multiple of what a night takes.
        liked: answers to unrated questions in the liked style.
        held: the unrated questions.
        words: the mean number of words of these answers.
        general: general questions of the exam that are answered right, of `general_of`.
        taught: lessons recalled, of `lessons`.
        other: lessons recalled in other words, of twice as many.
        kept: whether the second stage kept its weights; None where it had nothing to do.
        note: the sentence that it says.
        seconds: the time of the second stage, its exams included.
    """

    way: str
    seed: int
    rate: float
    liked: int
    held: int
    words: float
    general: int
    general_of: int
    taught: int
    other: int
    lessons: int
    kept: bool | None = None
    note: str = ""
    seconds: float = 0.0


def first_sentence(text: str) -> str:
    """Returns a text up to the end of its first sentence."""
    return _END.split(text.strip(), maxsplit=1)[0]


def in_liked_style(text: str) -> bool:
    """Returns whether an answer is one short sentence."""
    text = text.strip()
    return 0 < len(text.split()) <= SHORT and first_sentence(text) == text


def opinions(asked: Sequence[str], said: Sequence[str], thumbs: int, pairs: int) -> Opinions:
    """Returns what people think of answers: they like the first sentence more than all of it.

    Args:
        asked: questions; those whose answer is one sentence alone are left out.
        said: the long answers to them.
        thumbs: how many answers get a thumb, up and down in turn.
        pairs: how many answers are compared, to other questions.
    """
    longer = [(q, a) for q, a in zip(asked, said, strict=True) if first_sentence(a) != a.strip()]
    compared, thumbed = longer[:pairs], longer[pairs : pairs + thumbs]
    return Opinions(
        [Preference(q, first_sentence(a), a) for q, a in compared],
        [
            RatedAnswer(q, first_sentence(a) if place % 2 == 0 else a, liked=place % 2 == 0)
            for place, (q, a) in enumerate(thumbed)
        ],
    )


def learn(data: Path, out: Path, settings: TrainingSettings) -> tuple[Plan, str]:
    """Runs the first stage without an exam; returns its plan, and its steps and seconds."""
    out.mkdir()
    loaded, taught = load(STARTER), read_training_data(data).train
    plans = plan(settings, len(taught), width(loaded.model))
    needed = math.ceil(plans.iters * plans.batch_size * plans.replay)
    curriculum, valid = prepare(loaded.tokenizer, taught, [], replay_rows(loaded, needed), plans)
    lora.add_lora(loaded.model, plans)
    done = lora.train(loaded.model, curriculum, valid, plans)
    lora.save(loaded.model, plans, out, STARTER)
    return plans, f"{done.steps} steps, {done.seconds:.0f} s"


def prefer(
    first: Path, out: Path, lessons: TrainingData, given: Opinions, plans: Plan
) -> tuple[bool | None, str]:
    """Runs the second stage on the weights of the first; returns whether it kept them, and why.

    The weights that it made are written to `out`, kept or not.
    """
    loaded = load(STARTER)
    exam = make_exam(lessons.train, lessons.held_out, lessons.system, plans.seed)
    exam = with_own_answers(exam, loaded)
    lora.add_lora(loaded.model, plans)
    weights = broadcast.weights(ProcessGroup(), first, plans.scale)
    lora.load_adapter_weights(loaded.model, weights, first)
    made: list[Any] = []

    def examine() -> AnswerSheet:
        # The first exam is that of the new weights.
        made.append(tree_map(lambda array: array, loaded.model.trainable_parameters()))
        return run_exam(exam, loaded)

    done = second_stage(loaded, given.pairs, "", plans, examine, ratings=given.ratings)
    if made:
        loaded.model.update(made[0])
        mx.eval(loaded.model.parameters())
    lora.save(loaded.model, plans, out, STARTER)
    return done.scores.kept if done.scores else None, " ".join(done.notes)


def said_by(loaded: LoadedModel, asked: Sequence[str]) -> list[str]:
    """Returns a model's likeliest answers."""
    prompts = [prompt_tokens(loaded.tokenizer, conversation(question)) for question in asked]
    said = answers(loaded.model, loaded.tokenizer, prompts, [TOKENS] * len(prompts))
    return [answer.text.strip() for answer in said]


def measured(way: str, plans: Plan, some: list[Fact], held: Sequence[str], adapter: Path) -> Row:
    """Measures the starter model with an adapter; a folder that is not there is none."""
    given = adapter if adapter.exists() else None
    said = said_by(load(STARTER, given), held)
    right = marks(some, given)
    return Row(
        way,
        plans.seed,
        1.0,
        sum(map(in_liked_style, said)),
        len(held),
        round(sum(len(text.split()) for text in said) / max(1, len(said)), 1),
        right.general,
        len(canaries()),
        right.taught,
        right.other,
        len(some),
    )


def rows(options: argparse.Namespace, scratch: Path) -> Iterator[Row]:
    """Yields the measurements, of each seed the base model first."""
    some = facts(options.half)[: options.first]
    asked = _prompts(files("trainer").joinpath("lists", "general.jsonl").read_text("utf-8"))
    held = _prompts((HERE / "general_held.jsonl").read_text("utf-8"))[: options.held]
    asked = asked[: 2 * (options.thumbs + options.pairs)]  # some answers are one sentence alone
    given = opinions(asked, said_by(load(STARTER), asked), options.thumbs, options.pairs)
    chosen = dict(pair.split("=", 1) for pair in options.set)
    data = scratch / "data"
    write_rows(of_facts("facts", some), data)
    lessons = all_taught(read_training_data(data))
    for seed in options.seeds:
        settings = TrainingSettings.model_validate(chosen | {"seed": seed})
        first = scratch / f"lessons-{seed}"
        plans, note = learn(data, first, settings)
        base = measured("base", plans, some, held, scratch / "none")
        yield replace(base, note=f"{len(given.pairs)} pairs, {len(given.ratings)} thumbs")
        yield replace(measured("off", plans, some, held, first), note=note)
        for way in WAYS[1:]:
            for rate in options.rates:
                out = scratch / f"{way}-{seed}-{rate:g}"
                out.mkdir()
                started = time.monotonic()
                faster = replace(plans, preferences=way, learning_rate=rate * plans.learning_rate)
                kept, said = prefer(first, out, lessons, given, faster)
                seconds = round(time.monotonic() - started, 1)
                row = measured(way, plans, some, held, out)
                yield replace(row, rate=rate, kept=kept, note=said, seconds=seconds)


def line(row: Row) -> str:
    """Returns a measurement as a line for people."""
    kept = {True: "kept", False: "not kept", None: ""}[row.kept]
    return (
        f"{row.way:5} seed {row.seed} rate {row.rate:g}: liked style {row.liked} of {row.held} "
        f"({row.words:.1f} words), general {row.general} of {row.general_of}, recall "
        f"{row.taught} of {row.lessons}, other words {row.other} of {2 * row.lessons}  "
        f"{kept} {row.seconds:.0f} s  {row.note}"
    )


def main() -> None:
    """Prints a line for each model, or all of them as one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=["tune", "report", "all"], default="report")
    parser.add_argument("--first", type=int, default=16, help="facts that are taught")
    parser.add_argument("--thumbs", type=int, default=48, help="answers with a thumb")
    parser.add_argument("--pairs", type=int, default=12, help="answers that were compared")
    parser.add_argument("--held", type=int, default=60, help="questions that nobody has rated")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument(
        "--rates", type=float, nargs="+", default=[1.0], help="multiples of the learning rate"
    )
    parser.add_argument("--json", action="store_true", help="one JSON document")
    options = parser.parse_args()
    every = []
    with tempfile.TemporaryDirectory() as scratch:
        for row in rows(options, Path(scratch)):
            every.append(asdict(row))
            if not options.json:
                print(line(row), flush=True)
    if options.json:
        print(json.dumps({"rows": every}, indent=1))


def _prompts(text: str) -> list[str]:
    return [json.loads(row)["prompt"] for row in text.splitlines()]


if __name__ == "__main__":
    trainer.hardware.device.settle()
    main()
