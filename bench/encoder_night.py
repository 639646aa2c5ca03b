"""A night that tunes nothing but teaches the encoder the team's own rewordings: does it find more?

    python -m bench.encoder_night --sets facts situations services:500

The bundled encoder gets LoRA on all its linear layers and learns, for each lesson, that its
rewordings by rule point to the lesson's question and answer and to no other lesson of the batch
(InfoNCE with in-batch negatives, van den Oord et al. 2018, arXiv 1807.03748, temperature 0.05), and
that general prompts stay where they were. Prints how often the right lesson is nearest, among the
first five, and above what LET_PASS of the untaught questions reach, before and after.
"""

import argparse
import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import trainer.hardware.device

# isort: split
import mlx.core as mx
import numpy as np
from mlx.nn.layers.linear import Linear
from mlx.nn.utils import value_and_grad
from mlx.optimizers import AdamW
from mlx_lm.tuner.lora import LoRALinear

from bench.deployed import table
from bench.judge import shown
from bench.sets import NAMES, Half, QuestionSet, question_set
from trainer.augmentation.rule_paraphrases import rewordings
from trainer.canaries import general_prompts
from trainer.models.embedder import Embedder
from trainer.models.encoders import BUNDLED, encoder_folder
from trainer.retrieval.calibration import Rows
from trainer.retrieval.finder import LessonFinder
from trainer.retrieval.keys import pair

WORDINGS = 24
"""Of each question; the first ones are also keys of its lesson."""
BATCH = 48
RANK = 16
SCALE = 2.0
TEMPERATURE = 0.05
STAY = 1.0
"""Weight of the general prompts' way from where they were, as squared distance."""
FIRST = 5


def found(asked: QuestionSet, encoder: Embedder) -> tuple[float, float, float, float]:
    """Returns the shares that are first, among FIRST, and shown right and wrong at LET_PASS."""

    def embed(texts: Sequence[str]) -> Rows:
        return np.array(encoder.embed(texts))

    finder = LessonFinder([(one.prompt, one.completion) for one in asked.lessons], embed, None)

    def best(questions: Sequence[str]) -> list[list[tuple[float, int]]]:
        hits = finder.hits(questions)
        return [sorted(((h.cosine, h.id) for h in some), reverse=True) for some in hits]

    others = best([one.question for one in asked.other])
    right = [one.lesson for one in asked.other]
    is_first = [hits[0][1] == place for hits, place in zip(others, right, strict=True)]
    within = [
        place in [i for _, i in hits[:FIRST]] for hits, place in zip(others, right, strict=True)
    ]
    untaught = [hits[0][0] for hits in best(asked.untaught)]
    as_taught = shown([hits[0][0] for hits in others], is_first, untaught)
    return float(np.mean(is_first)), float(np.mean(within)), *as_taught


def teach(encoder: Embedder, asked: QuestionSet, epochs: int, rate: float, seed: int) -> None:
    """Teaches an encoder the rewordings of a set's lessons."""
    model = encoder.encoder
    model.freeze()
    for layer in model.layers:
        for name, part in list(layer.items()):
            if isinstance(part, Linear):
                layer[name] = LoRALinear.from_base(part, RANK, 0.0, SCALE)
    rows = [
        (wording, place)
        for place, lesson in enumerate(asked.lessons)
        for wording in dict.fromkeys([lesson.prompt, *rewordings(lesson.prompt, WORDINGS)])
    ]
    texts = [pair(lesson.prompt, lesson.completion) for lesson in asked.lessons]
    general = list(general_prompts())
    places = np.array(encoder.embed(general))
    dice = random.Random(seed)  # noqa: S311  not for secrets
    optimizer = AdamW(rate, weight_decay=0.01)

    def loss(
        _: Any, questions: list[str], lessons: list[str], same: mx.array, kept: list[int]
    ) -> mx.array:
        ours, theirs = encoder.embed(questions), encoder.embed(lessons)
        logits = ours @ theirs.T / TEMPERATURE
        of_right = mx.where(same, logits, -1e9)
        told = (mx.logsumexp(logits, axis=1) - mx.logsumexp(of_right, axis=1)).mean()
        stayed = encoder.embed([general[one] for one in kept]) - mx.array(places[kept])
        return told + STAY * (stayed**2).sum(axis=1).mean()

    gradient: Any = value_and_grad(model, loss)
    for _ in range(epochs):
        dice.shuffle(rows)
        for start in range(0, len(rows), BATCH):
            some = rows[start : start + BATCH]
            ids = np.array([place for _, place in some])
            kept = dice.sample(range(len(general)), 8)
            _, gradients = gradient(
                model,
                [text for text, _ in some],
                [texts[place] for _, place in some],
                mx.array(ids[:, None] == ids[None]),
                kept,
            )
            optimizer.update(model, gradients)
            mx.eval(model.state, optimizer.state)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sets", nargs="+", default=["facts"], help=f"{', '.join(NAMES)}[:SIZE]")
    parser.add_argument("--half", choices=get_args(Half), default="tune")
    parser.add_argument("--clinc", type=Path, help="data_full.json of CLINC150")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rate", type=float, default=1e-4)
    options = parser.parse_args()
    rows = []
    for given in options.sets:
        name, _, size = given.partition(":")
        asked = question_set(name, options.half, int(size) if size else None, options.clinc)
        encoder = Embedder(encoder_folder(BUNDLED))
        before, began = found(asked, encoder), time.monotonic()
        teach(encoder, asked, options.epochs, options.rate, 0)
        seconds = time.monotonic() - began
        for when, shares in (("before", before), ("after", found(asked, encoder))):
            rows.append([given, when, *(f"{share:.3f}" for share in shares), f"{seconds:.0f}"])
        print(table(["set", "", "first", "in five", "right at 2%", "wrong", "s"], rows), flush=True)


if __name__ == "__main__":
    trainer.hardware.device.settle()
    main()
