"""Kahneman-Tversky optimisation: liked answers become likelier and disliked ones less likely.

A thumb is enough, where direct preference optimisation (`trainer.tuning.dpo`) needs two answers to
one question. The method is that of Ethayarajh et al. 2024 (arXiv 2402.01306, section 4); the
numbers of its equations are those of the paper's last version. The reference is the model as it is
before the first step, whose log-probabilities are computed once.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import trainer.hardware.device

# isort: split
import mlx.core as mx
import numpy as np
from mlx.nn.utils import value_and_grad
from mlx.optimizers import Adam

from trainer.models.tokenization import TokenRow
from trainer.planning.hyperparameters import Plan
from trainer.tuning.batches import collate, common_start
from trainer.tuning.dpo import (
    EPOCHS,
    MAX_CHECKED,
    MAX_STEPS,
    MIN_STEPS,
    RATE_SHARE,
    log_probabilities,
    minibatches,
)
from trainer.tuning.gradient_checkpointing import NO_LIMIT, gradient_checkpointing
from trainer.tuning.loss import token_losses

BETA = 0.1
"""How soon a changed answer is changed enough; 0.1 as in the paper's section 4.2."""
LIKED_SHARE = (1.0, 1.5)
"""How much more all liked answers may weigh than all disliked ones: equation 9."""
MIN_RATINGS = 2
"""Fewest rated answers; with one there is no other answer to estimate z0 with."""


@dataclass(frozen=True)
class RatedRow:
    """An answer to a question as a row of tokens, and whether people like it."""

    row: TokenRow
    liked: bool


@dataclass(frozen=True)
class KtoPlan:
    """Hyperparameters of KTO training."""

    steps: int
    rows: int
    """Rated answers of one step, at least two; as many rows more are computed without gradients."""
    learning_rate: float
    beta: float
    """`beta` of the paper, see `BETA`."""
    liked_weight: float
    """`lambda_D` of the paper."""
    disliked_weight: float
    """`lambda_U` of the paper."""
    seed: int
    """Seed of the order of the answers."""
    grad_checkpoint: bool
    """Whether gradients are checkpointed, for all rows or for none."""


@dataclass(frozen=True)
class KtoResult:
    """The result of KTO training: answers that moved as they were rated, steps, last loss."""

    checked: int
    """Number of rated answers that were looked at."""
    before: int
    """Always 0: before the first step no answer has moved."""
    after: int
    """Liked answers that became likelier, and disliked ones that became less likely."""
    steps: int
    """Steps that were done, maybe fewer than planned."""
    loss: float | None
    """Loss of the last step; None where there was no step, or the loss was not finite."""
    seconds: float


def plan_kto(stage: Plan, liked: int, disliked: int) -> KtoPlan:
    """Plans KTO training: few and small steps, of no more rows than in the first stage.

    Args:
        stage: the plan of the first stage, with batches of at least two rows.
        liked: the number of liked answers.
        disliked: the number of disliked ones; together at least two.
    """
    count = liked + disliked
    together = max(MIN_RATINGS, min(stage.batch_size, count))
    liked_weight, disliked_weight = balance(liked, disliked)
    return KtoPlan(
        steps=min(max(math.ceil(EPOCHS * count / together), MIN_STEPS), MAX_STEPS),
        rows=together,
        learning_rate=RATE_SHARE * stage.learning_rate,
        beta=BETA,
        liked_weight=liked_weight,
        disliked_weight=disliked_weight,
        seed=stage.seed,
        grad_checkpoint=stage.grad_checkpoint,
    )


def balance(liked: int, disliked: int) -> tuple[float, float]:
    """Returns lambda_D and lambda_U, of which one is 1: equation 9 of arXiv 2402.01306.

    lambda_D * liked / (lambda_U * disliked) lies within `LIKED_SHARE`. Where all answers are liked,
    or none is, there is nothing to balance.
    """
    if not liked or not disliked:
        return 1.0, 1.0
    least, most = LIKED_SHARE
    ratio = liked / disliked
    if ratio < least:
        return least / ratio, 1.0
    return 1.0, max(1.0, ratio / most)


def reference_point(now: mx.array, before: mx.array) -> mx.array:
    """Returns z0, a scalar in nats: the KL divergence from the reference, as a batch tells it.

    It is the mean log-ratio of answers to questions to which they do not belong, and at least 0; no
    gradient flows through it (section 4.1 of arXiv 2402.01306).

    Args:
        now: (M,) log-probabilities of the mismatched answers under the model, in nats.
        before: (M,) those under the reference.
    """
    return mx.stop_gradient(mx.maximum((now - before).mean(), 0.0))


def kto_loss(
    now: mx.array,
    before: mx.array,
    liked: mx.array,
    z0: mx.array,
    plan: KtoPlan,
) -> mx.array:
    """Returns the KTO loss, a scalar: equation 8 of arXiv 2402.01306.

    It is the mean of lambda_y - v over N answers. With r, the log-ratio of model and reference, v
    is lambda_D * sigmoid(beta * (r - z0)) of a liked answer, and lambda_U * sigmoid(beta *
    (z0 - r)) of a disliked one.

    Args:
        now: (N,) log-probabilities of the whole answers under the model, in nats.
        before: (N,) those under the reference.
        liked: (N,) whether people like each answer.
        z0: from `reference_point`.
        plan: has beta and both lambdas.
    """
    gains = plan.beta * (now - before - z0)
    weights = mx.where(liked, plan.liked_weight, plan.disliked_weight)
    values = weights * mx.sigmoid(mx.where(liked, gains, -gains))
    return (weights - values).mean()


def mismatched(rows: Sequence[TokenRow]) -> list[TokenRow]:
    """Returns the question of each row with the answer of the next one, none longer than the rows.

    Args:
        rows: of one step.
    """
    longest = max(map(len, rows))
    following = (*rows[1:], rows[0])
    return [
        TokenRow((*one.tokens[: one.start], *other.tokens[other.start :])[:longest], one.start)
        for one, other in zip(rows, following, strict=True)
    ]


def train_kto(
    model: Any,
    ratings: Sequence[Sequence[RatedRow]],
    checked: Sequence[RatedRow],
    plan: KtoPlan,
    on_step: Callable[[int, float], None] = lambda _step, _loss: None,
) -> KtoResult:
    """Trains the low-rank layers of a model on rated answers.

    One process does this alone, also in a group: the steps are few.

    Args:
        model: with low-rank layers, which are changed in place.
        ratings: for each rated answer its wordings, the original first; at least two.
        checked: the answers that are looked at before and at the end; the newest ones are taken.
        plan: from `plan_kto`.
        on_step: called after each step with its number, from 1, and its loss.
    """
    started = time.monotonic()
    checked = checked[-MAX_CHECKED:]
    batches = list(minibatches(ratings, plan.steps, plan.rows, plan.seed))
    others = [mismatched([one.row for one in some]) for some in batches]
    rated = [one.row for one in (*checked, *chain(*batches))]
    rows = list(dict.fromkeys((*rated, *chain(*others))))
    # Blocks that are recomputed must not continue from the cache of a shared prefix.
    shared = 0 if plan.grad_checkpoint else common_start(rows)
    optimizer = Adam(plan.learning_rate, bias_correction=True)
    limit = 0 if plan.grad_checkpoint else NO_LIMIT
    with gradient_checkpointing(model, limit), token_losses(model) as each:

        def score(some: Sequence[TokenRow]) -> mx.array:
            return log_probabilities(each, model, collate(some, shared))

        def loss(_: Any, some: Sequence[RatedRow], z0: mx.array) -> mx.array:
            answers = [one.row for one in some]
            liked = mx.array([one.liked for one in some])
            return kto_loss(score(answers), reference(answers), liked, z0, plan)

        def reference(some: Sequence[TokenRow]) -> mx.array:
            return mx.array([before[row] for row in some])

        model.eval()
        before = _scores(score, rows, plan.rows)
        gradient = value_and_grad(model, loss)
        step, value = 0, None
        for step, (some, strange) in enumerate(zip(batches, others, strict=True), 1):
            trainer.hardware.device.settle()
            model.eval()
            z0 = reference_point(score(strange), reference(strange))
            mx.eval(z0)
            model.train()
            batch_loss, gradients = gradient(model, some, z0)
            optimizer.update(model, gradients)
            mx.eval(model.trainable_parameters(), optimizer.state, batch_loss)
            value = float(batch_loss.item())
            if not math.isfinite(value):
                value = None
                break
            on_step(step, value)
        model.eval()
        now = _scores(score, [one.row for one in checked], plan.rows)
    after = sum(
        now[one.row] > before[one.row] if one.liked else now[one.row] < before[one.row]
        for one in checked
    )
    return KtoResult(len(checked), 0, after, step, value, time.monotonic() - started)


def _scores(
    score: Callable[[Sequence[TokenRow]], mx.array], rows: Sequence[TokenRow], together: int
) -> dict[TokenRow, float]:
    """Returns the log-probability (nats) of the answer of each row."""
    scores: dict[TokenRow, float] = {}
    for k in range(0, len(rows), together):
        trainer.hardware.device.settle()
        some = rows[k : k + together]
        scores.update(zip(some, np.array(score(some)).tolist(), strict=True))
    return scores
