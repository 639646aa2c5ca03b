"""The adapter as judge: does it choose better among the lessons that were found?

    python -m bench.judge --set situations --adapter DIR

Each of the first hits is scored by how likely its taught answer is after the question, under the
adapter and under the base model (mean log-likelihood of a token, in nats). Prints, for several
sums of scores, how often the best hit is the right one, and how many of the right ones are above
what LET_PASS of the untaught questions reach: what could be shown as taught.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trainer.hardware.device

# isort: split
import mlx.core as mx
import numpy as np

from bench.deployed import table
from bench.sets import NAMES, QuestionSet, add_options, chosen
from trainer.models.embedder import Embedder
from trainer.models.encoders import BUNDLED, encoder_folder
from trainer.models.loading import STARTER, load, sharing_copy, with_adapter
from trainer.models.reranker import Reranker
from trainer.models.tokenization import TokenRow, make_row
from trainer.retrieval.calibration import Rows, shipped
from trainer.retrieval.choice import COSINE_WEIGHT, Hit, features
from trainer.retrieval.finder import LessonFinder

LET_PASS = 0.02
"""Share of the untaught questions that may pass for taught ones."""
MAX_LENGTH = 2048


@dataclass(frozen=True)
class Judged:
    """A hit, and the mean log-likelihoods of its answer after the question, in nats a token."""

    hit: Hit
    adapter: float
    base: float


Rule = Callable[[Judged], float]
RULES: dict[str, Rule] = {
    "cosine": lambda one: one.hit.cosine,
    "adapter": lambda one: one.adapter,
    "adapter - base": lambda one: one.adapter - one.base,
    "adapter + cosine": lambda one: one.adapter + COSINE_WEIGHT * one.hit.cosine,
    "reranker + cosine (in use)": lambda one: one.hit.value,
    "that + adapter": lambda one: one.hit.value + one.adapter,
    "that + 2 adapter": lambda one: one.hit.value + 2 * one.adapter,
    "that + 4 adapter": lambda one: one.hit.value + 4 * one.adapter,
    "that + 2 (adapter - base)": lambda one: one.hit.value + 2 * (one.adapter - one.base),
}
"""What the best hit is chosen by."""


def likelihoods(model: Any, rows: Sequence[TokenRow]) -> list[float]:
    """Returns the mean log-likelihood of each row's answer under a model, in nats a token."""
    longest = max(map(len, rows))
    tokens = np.zeros((len(rows), longest), np.int32)
    for number, row in enumerate(rows):
        tokens[number, : len(row)] = row.tokens
    given = mx.array(tokens)
    logits = model(given[:, :-1]).astype(mx.float32)
    chosen_logits = mx.take_along_axis(logits, given[:, 1:, None], axis=-1)[..., 0]
    said = np.array(chosen_logits - mx.logsumexp(logits, axis=-1))
    return [
        float(said[number, row.start - 1 : len(row) - 1].mean()) for number, row in enumerate(rows)
    ]


def judged(
    asked: QuestionSet, questions: Sequence[str], adapter: Path, finder: LessonFinder
) -> list[list[Judged]]:
    """Returns the hits of each question with their likelihoods."""
    base = load(STARTER)
    tuned = with_adapter(sharing_copy(base.model), adapter)
    done = []
    for question, hits in zip(questions, finder.hits(questions), strict=True):
        rows = [
            make_row(
                base.tokenizer,
                [
                    {"role": "user", "content": question},
                    {"role": "assistant", "content": asked.lessons[hit.id].completion},
                ],
                MAX_LENGTH,
            )
            for hit in hits
        ]
        ours, theirs = (likelihoods(m, rows) if rows else [] for m in (tuned, base.model))
        done.append([Judged(*one) for one in zip(hits, ours, theirs, strict=True)])
    return done


def first_right(found: Sequence[Sequence[Judged]], right: Sequence[int], rule: Rule) -> list[bool]:
    """Returns for each question whether a rule puts the right lesson first."""
    return [
        bool(hits) and max(hits, key=rule).hit.id == place
        for hits, place in zip(found, right, strict=True)
    ]


def shown(
    scores: Sequence[float], is_right: Sequence[bool], untaught: Sequence[float]
) -> tuple[float, float]:
    """Returns the shares of right and wrong answers above what LET_PASS of the untaught reach."""
    bound = float(np.quantile(untaught, 1 - LET_PASS, method="higher"))
    above = np.asarray(scores) > bound
    marks = np.asarray(is_right)
    return float((above & marks).mean()), float((above & ~marks).mean())


def main() -> None:
    """Prints two tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--set", choices=NAMES, default="situations")
    add_options(parser)
    parser.add_argument("--adapter", type=Path, required=True, help="trained on the same set")
    options = parser.parse_args()
    asked = chosen(options.set, options)
    folder = encoder_folder(BUNDLED)
    encoder, reranker = Embedder(folder), Reranker(folder)

    def embed(texts: Sequence[str]) -> Rows:
        return np.array(encoder.embed(texts))

    finder = LessonFinder(
        [(one.prompt, one.completion) for one in asked.lessons], embed, reranker.score
    )
    others = judged(asked, [one.question for one in asked.other], options.adapter, finder)
    untaught = judged(asked, asked.untaught, options.adapter, finder)
    right = [one.lesson for one in asked.other]
    within = np.mean([p in {one.hit.id for one in h} for h, p in zip(others, right, strict=True)])
    chosen_by = [
        [name, round(float(np.mean(first_right(others, right, rule))), 3)]
        for name, rule in RULES.items()
    ]
    print(table(["chosen by", f"first right (among the hits {within:.3f})"], chosen_by))
    calibration = shipped()[encoder.revision]

    def surely(hits: Sequence[Judged], weight: float, *, difference: bool) -> float:
        order = sorted(hits, key=lambda one: -one.hit.value)
        row = features([one.hit for one in order])
        sure = float(np.asarray(row) @ np.asarray(calibration.right.weights))
        best = order[0]
        return sure + weight * (best.adapter - (best.base if difference else 0.0))

    is_right = first_right(others, right, RULES["reranker + cosine (in use)"])
    rows = []
    for difference in (False, True):
        for weight in (0.0, 0.5, 1.0, 2.0):
            ours = [surely(hits, weight, difference=difference) for hits in others]
            theirs = [surely(hits, weight, difference=difference) for hits in untaught]
            shares = shown(ours, is_right, theirs)
            name = "adapter - base" if difference else "adapter"
            rows.append([f"confidence in use + {weight} {name}", *(round(s, 3) for s in shares)])
    print(table(["shown as taught", f"right, at {LET_PASS:.0%} of the untaught", "wrong"], rows))


if __name__ == "__main__":
    trainer.hardware.device.settle()
    main()
