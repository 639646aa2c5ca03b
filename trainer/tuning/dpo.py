"""Direct preference optimisation: of two answers to a question, the chosen one becomes likelier.

The loss is equation 7 of Rafailov et al. 2023 (arXiv 2305.18290). The reference is the model as it
is before the first step. Its log-probabilities of every answer are computed once, so that no second
model is held in memory.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeVar

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
from trainer.tuning.gradient_checkpointing import NO_LIMIT, gradient_checkpointing
from trainer.tuning.loss import TokenLosses, token_losses

T = TypeVar("T")
"""What a step trains some of, such as pairs."""
BETA = 0.1
"""Strength of the pull towards the reference; 0.1 as in the paper's appendix B."""
RATE_SHARE = 0.07
"""The learning rate as a share of the first stage's highest: that is 5e-5 for the starter model."""
EPOCHS = 4
MIN_STEPS, MAX_STEPS = 8, 60
EARLY_STOP_CHECKS = 4
"""How often in a run the checked pairs are ranked, to stop early when all are right."""
MAX_CHECKED = 32
"""Most pairs that are ranked then; the newest ones are taken."""


@dataclass(frozen=True)
class Pair:
    """A better and a worse answer to the same question, as rows of tokens."""

    chosen: TokenRow
    rejected: TokenRow


@dataclass(frozen=True)
class DpoPlan:
    """Hyperparameters of DPO training."""

    steps: int
    pairs: int
    """Pairs of one step; each is two rows."""
    learning_rate: float
    beta: float
    """`beta` of the paper, see `BETA`."""
    seed: int
    """Seed of the order of the pairs."""
    grad_checkpoint: bool
    """Whether gradients are checkpointed, for all rows or for none."""


@dataclass(frozen=True)
class DpoResult:
    """The result of DPO training: pairs ranked correctly before and after, steps, last loss."""

    checked: int
    """Number of pairs that were ranked."""
    before: int
    """Checked pairs whose chosen answer had the higher mean log-probability a token, before."""
    after: int
    """Likewise after the training."""
    steps: int
    """Steps that were done, maybe fewer than planned."""
    loss: float | None
    """Loss of the last step in nats; None where there was no step, or the loss was not finite."""
    seconds: float


def plan_dpo(stage: Plan, pairs: int) -> DpoPlan:
    """Plans DPO training: few and small steps, of no more rows than in the first stage.

    A pair is two rows, so that a step has two where the first stage has one.

    Args:
        stage: the plan of the first stage.
        pairs: the number of pairs, at least one.
    """
    together = min(max(1, stage.batch_size // 2), pairs)
    steps = math.ceil(EPOCHS * pairs / together)
    return DpoPlan(
        steps=min(max(steps, MIN_STEPS), MAX_STEPS),
        pairs=together,
        learning_rate=RATE_SHARE * stage.learning_rate,
        beta=BETA,
        seed=stage.seed,
        grad_checkpoint=stage.grad_checkpoint,
    )


def preference_loss(
    chosen: mx.array,
    rejected: mx.array,
    reference_chosen: mx.array,
    reference_rejected: mx.array,
    *,
    beta: float = BETA,
) -> mx.array:
    """Returns the DPO loss, a scalar in nats: equation 7 of arXiv 2305.18290.

    It is the mean over N pairs of -log sigmoid(beta * margin). The margin is how much more the
    model prefers the chosen answer to the rejected one than the reference does.

    Args:
        chosen: (N,) log-probabilities of the whole chosen answers under the model, in nats.
        rejected: (N,) those of the rejected answers.
        reference_chosen: (N,) log-probabilities of the chosen answers under the reference.
        reference_rejected: (N,) those of the rejected answers.
        beta: of the paper.
    """
    margins = (chosen - reference_chosen) - (rejected - reference_rejected)
    losses: mx.array = -log_sigmoid(beta * margins)
    return losses.mean()


def log_probabilities(each: TokenLosses, model: Any, batch: Batch) -> mx.array:
    """Returns the log-probabilities (B,) of a batch's whole answers, in nats.

    Args:
        each: the cross-entropy of every answer token, from `token_losses`.
        model: of mlx-lm.
        batch: of B rows; a row's log-probability is the sum over its answer tokens.
    """
    count, length = batch.tokens.shape
    losses = each(model, batch.prefix, batch.tokens, batch.places, batch.targets) * batch.weights
    own = (batch.places // length)[None] == mx.arange(count)[:, None]
    return -mx.where(own, losses[None], 0).sum(axis=1)


def train_dpo(
    model: Any,
    pairs: Sequence[Sequence[Pair]],
    checked: Sequence[Pair],
    plan: DpoPlan,
    on_step: Callable[[int, float], None] = lambda _step, _loss: None,
) -> DpoResult:
    """Trains the low-rank layers of a model on pairs, until all checked pairs are ranked correctly.

    One process does this alone, also in a group: the steps are few.

    Args:
        model: with low-rank layers, which are changed in place.
        pairs: for each preference its wordings, the original first; at least one.
        checked: the pairs that are ranked before, on the way and at the end.
        plan: from `plan_dpo`; the training ends after its steps at the latest.
        on_step: called after each step with its number, from 1, and its loss in nats.
    """
    started = time.monotonic()
    checked = checked[-MAX_CHECKED:]
    batches = list(minibatches(pairs, plan.steps, plan.pairs, plan.seed))
    trained = list(dict.fromkeys(chain(*batches)))
    rows = [row for pair in (*checked, *trained) for row in (pair.chosen, pair.rejected)]
    # Blocks that are recomputed must not continue from the cache of a shared prefix.
    shared = 0 if plan.grad_checkpoint else common_start(rows)
    optimizer = Adam(plan.learning_rate, bias_correction=True)
    model.eval()
    limit = 0 if plan.grad_checkpoint else NO_LIMIT
    with gradient_checkpointing(model, limit), token_losses(model) as each:

        def score(some: Sequence[Pair]) -> tuple[mx.array, mx.array]:
            both = [pair.chosen for pair in some] + [pair.rejected for pair in some]
            scores = log_probabilities(each, model, collate(both, shared))
            return scores[: len(some)], scores[len(some) :]

        def count_correct() -> int:
            model.eval()
            scores = _scores(score, checked, plan)
            ranked = zip(checked, scores, strict=True)
            return sum(_ranked_correctly(pair, *both) for pair, both in ranked)

        def loss(_: Any, some: Sequence[Pair]) -> mx.array:
            chosen, rejected = score(some)
            was_chosen, was_rejected = zip(*(reference[pair] for pair in some), strict=True)
            return preference_loss(
                chosen, rejected, mx.array(was_chosen), mx.array(was_rejected), beta=plan.beta
            )

        before = after = count_correct()
        step, value = 0, None
        if before < len(checked):
            reference = dict(zip(trained, _scores(score, trained, plan), strict=True))
            gradient = value_and_grad(model, loss)
            for step, some in enumerate(batches, 1):
                trainer.hardware.device.settle()
                model.train()
                batch_loss, gradients = gradient(model, some)
                optimizer.update(model, gradients)
                mx.eval(model.trainable_parameters(), optimizer.state, batch_loss)
                value = float(batch_loss.item())
                if not math.isfinite(value):
                    value = None
                    break
                on_step(step, value)
                if step % max(1, plan.steps // EARLY_STOP_CHECKS) == 0 and count_correct() == len(
                    checked
                ):
                    break
            after = count_correct()
    model.eval()
    return DpoResult(len(checked), before, after, step, value, time.monotonic() - started)


def _ranked_correctly(pair: Pair, chosen: float, rejected: float) -> bool:
    """Returns whether the chosen answer has the higher mean log-probability a token.

    Sums would favour short answers; the mean is nearer to what a model generates (Meng et al. 2024,
    arXiv 2405.14734).
    """
    return chosen / _answer_length(pair.chosen) > rejected / _answer_length(pair.rejected)


def _answer_length(row: TokenRow) -> int:
    return len(row) - row.start


def minibatches(
    wordings: Sequence[Sequence[T]], steps: int, together: int, seed: int
) -> Iterator[list[T]]:
    """Yields what each step trains: everything once an epoch, in another wording each time.

    Args:
        wordings: those of each pair, or of whatever is trained; at least one.
        steps: how many there are.
        together: how many pairs a step takes.
        seed: of the order within an epoch.
    """
    random = np.random.default_rng(seed)
    waiting: list[T] = []
    epoch = 0
    for _ in range(steps):
        while len(waiting) < together:
            worded = [some[epoch % len(some)] for some in wordings]
            waiting += [worded[i] for i in random.permutation(len(worded))]
            epoch += 1
        yield waiting[:together]
        del waiting[:together]


def _scores(
    score: Callable[[Sequence[Pair]], tuple[mx.array, mx.array]],
    pairs: Sequence[Pair],
    plan: DpoPlan,
) -> list[tuple[float, float]]:
    """Returns the log-probabilities (nats) of both answers of each pair: chosen, rejected."""
    scores: list[tuple[float, float]] = []
    for k in range(0, len(pairs), plan.pairs):
        trainer.hardware.device.settle()
        chosen, rejected = score(pairs[k : k + plan.pairs])
        mx.eval(chosen, rejected)
        scores += zip(np.array(chosen).tolist(), np.array(rejected).tolist(), strict=True)
    return scores
