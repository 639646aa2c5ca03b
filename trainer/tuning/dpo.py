"""Learning from pairs: of two answers to a question, the one that people chose becomes likelier.

Direct preference optimisation (Rafailov et al. 2023, arXiv 2305.18290, equation 7). Its reference
is the model as it is before the first step, and what that thinks of every answer is computed once:
no second model is held.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import trainer.hardware.device

# isort: split
import mlx.core as mx
import numpy as np
from mlx.nn.layers.activations import log_sigmoid
from mlx.nn.utils import value_and_grad
from mlx.optimizers import Adam

from trainer.models.tokenization import TokenRow
from trainer.planning.hyperparameters import Plan
from trainer.tuning.batches import Batch, collate, common_start
from trainer.tuning.gradient_checkpointing import NONE, sparing
from trainer.tuning.loss import TokenLosses, token_losses

BETA = 0.1
"""How far the model may go from its reference; 0.1 as in the paper's appendix B."""
SLOWER = 0.07
"""The learning rate as a share of the first stage's highest: 5e-5 for the starter model."""
EPOCHS = 4
LEAST_STEPS, MOST_STEPS = 8, 60
CHECKS = 4
"""How often is asked whether it is enough."""
CHECKED = 32
"""Pairs at most that are asked then, the newest."""


@dataclass(frozen=True)
class Pair:
    """A better and a worse answer to the same question, as rows of tokens."""

    chosen: TokenRow
    rejected: TokenRow


@dataclass(frozen=True)
class DpoPlan:
    """How many steps, with what learning rate, pairs are trained."""

    steps: int
    pairs: int
    """Of a step."""
    learning_rate: float
    beta: float
    seed: int
    grad_checkpoint: bool
    """For all rows or none: long ones are not treated apart here."""


@dataclass(frozen=True)
class DpoResult:
    """The result of DPO training: pairs ranked correctly before and after, steps, last loss."""

    checked: int
    before: int
    """Of the checked pairs, those whose chosen answer was the likelier one, a token."""
    after: int
    steps: int
    loss: float | None
    """Of the last step; None where there was none, or it was no number."""
    seconds: float


def course(plans: Plan, pairs: int) -> DpoPlan:
    """Few and small steps, with no more rows at once than in the first stage if it had two.

    Args:
        plans: of the first stage.
        pairs: how many there are, at least one.
    """
    together = min(max(1, plans.batch_size // 2), pairs)
    steps = math.ceil(EPOCHS * pairs / together)
    return DpoPlan(
        steps=min(max(steps, LEAST_STEPS), MOST_STEPS),
        pairs=together,
        learning_rate=SLOWER * plans.learning_rate,
        beta=BETA,
        seed=plans.seed,
        grad_checkpoint=plans.grad_checkpoint,
    )


def preference_loss(
    chosen: mx.array,
    rejected: mx.array,
    reference_chosen: mx.array,
    reference_rejected: mx.array,
    *,
    beta: float = BETA,
) -> mx.array:
    """The mean over pairs of -log sigmoid(beta * (how much more the model prefers the chosen one)).

    Args:
        chosen: (N,) log-probabilities of whole answers, in nats.
        rejected: (N,) likewise.
        reference_chosen: (N,) what the reference thought of them.
        reference_rejected: (N,) likewise.
        beta: of the paper.
    """
    margins = (chosen - reference_chosen) - (rejected - reference_rejected)
    losses: mx.array = -log_sigmoid(beta * margins)
    return losses.mean()


def log_probabilities(each: TokenLosses, model: Any, batch: Batch) -> mx.array:
    """Log-probabilities (B,) of a batch's whole answers, in nats: sums over their tokens."""
    count, length = batch.tokens.shape
    losses = each(model, batch.prefix, batch.tokens, batch.places, batch.targets) * batch.weights
    own = (batch.places // length)[None] == mx.arange(count)[:, None]
    return -mx.where(own, losses[None], 0).sum(axis=1)


def prefer(
    model: Any,
    pairs: Sequence[Sequence[Pair]],
    checked: Sequence[Pair],
    how: DpoPlan,
    on_step: Callable[[int, float], None] = lambda _step, _loss: None,
) -> DpoResult:
    """Trains the low-rank layers of a model on pairs, until the checked ones are right or the end.

    One process does this alone, whoever trained with it before: the steps are few.

    Args:
        model: with low-rank layers, which are changed.
        pairs: for each its wordings, the original first; at least one.
        checked: what tells whether it is enough.
        how: from `course`.
        on_step: called after each step with its number and its loss.
    """
    started = time.monotonic()
    checked = checked[-CHECKED:]
    rounds = list(_rounds(pairs, how))
    trained = list(dict.fromkeys(chain(*rounds)))
    rows = [row for pair in (*checked, *trained) for row in (pair.chosen, pair.rejected)]
    # Blocks that are computed again must not go on from kept values.
    shared = 0 if how.grad_checkpoint else common_start(rows)
    optimizer = Adam(how.learning_rate, bias_correction=True)
    model.eval()
    with sparing(model, 0 if how.grad_checkpoint else NONE), token_losses(model) as each:

        def likely(some: Sequence[Pair]) -> tuple[mx.array, mx.array]:
            both = [pair.chosen for pair in some] + [pair.rejected for pair in some]
            found = log_probabilities(each, model, collate(both, shared))
            return found[: len(some)], found[len(some) :]

        def right() -> int:
            model.eval()
            scores = _scores(likely, checked, how)
            return sum(_right(pair, *score) for pair, score in zip(checked, scores, strict=True))

        def loss(_: Any, some: Sequence[Pair]) -> mx.array:
            chosen, rejected = likely(some)
            was_chosen, was_rejected = zip(*(reference[pair] for pair in some), strict=True)
            return preference_loss(
                chosen, rejected, mx.array(was_chosen), mx.array(was_rejected), beta=how.beta
            )

        before = after = right()
        step, value = 0, None
        if before < len(checked):
            reference = dict(zip(trained, _scores(likely, trained, how), strict=True))
            gradient = value_and_grad(model, loss)
            for step, some in enumerate(rounds, 1):
                trainer.hardware.device.settle()
                model.train()
                found, gradients = gradient(model, some)
                optimizer.update(model, gradients)
                mx.eval(model.trainable_parameters(), optimizer.state, found)
                value = float(found.item())
                if not math.isfinite(value):
                    value = None
                    break
                on_step(step, value)
                if step % max(1, how.steps // CHECKS) == 0 and right() == len(checked):
                    break
            after = right()
    model.eval()
    return DpoResult(len(checked), before, after, step, value, time.monotonic() - started)


def _right(pair: Pair, chosen: float, rejected: float) -> bool:
    """Whether the chosen answer is the likelier one, a token: a whole short one always is.

    The mean is nearer to what a model says by itself (Meng et al. 2024, arXiv 2405.14734).
    """
    return chosen / _said(pair.chosen) > rejected / _said(pair.rejected)


def _said(row: TokenRow) -> int:
    return len(row) - row.start


def _rounds(pairs: Sequence[Sequence[Pair]], how: DpoPlan) -> Iterator[list[Pair]]:
    """The pairs of each step: every pair once an epoch, in another wording each time."""
    random = np.random.default_rng(how.seed)
    waiting: list[Pair] = []
    epoch = 0
    for _ in range(how.steps):
        while len(waiting) < how.pairs:
            found = [wordings[epoch % len(wordings)] for wordings in pairs]
            waiting += [found[i] for i in random.permutation(len(found))]
            epoch += 1
        yield waiting[: how.pairs]
        del waiting[: how.pairs]


def _scores(
    likely: Callable[[Sequence[Pair]], tuple[mx.array, mx.array]],
    pairs: Sequence[Pair],
    how: DpoPlan,
) -> list[tuple[float, float]]:
    """Log-probabilities of both answers of each pair."""
    found: list[tuple[float, float]] = []
    for k in range(0, len(pairs), how.pairs):
        trainer.hardware.device.settle()
        chosen, rejected = likely(pairs[k : k + how.pairs])
        mx.eval(chosen, rejected)
        found += zip(np.array(chosen).tolist(), np.array(rejected).tolist(), strict=True)
    return found
