"""How unlikely a model finds given answers: mean cross-entropy in nats a token, nothing trained."""

from collections.abc import Sequence
from typing import Any

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx

from trainer.models.tokenization import TokenRow
from trainer.tuning.batches import Batches, Fixed
from trainer.tuning.loss import Loss, answer_loss

ROWS = 4
"""Computed at the same time."""


def mean_loss(model: Any, rows: Sequence[TokenRow], loss: Loss | None = None) -> float:
    """Mean cross-entropy of the rows' answers, in nats a token, computed by this process alone.

    mlx-lm's own `evaluate` adds up over all processes: those that have left already would be
    waited for.

    Args:
        model: of mlx-lm, with or without an adapter.
        rows: at least one.
        loss: one that is prepared already, from `answer_loss`.
    """
    if loss is None:
        with answer_loss(model) as prepared:
            return mean_loss(model, rows, prepared)
    model.eval()
    total, tokens = 0.0, 0.0
    for batch in Batches()(Fixed(rows), ROWS, 0):
        mean, count = loss(model, *batch)
        weighed: Any = mx.stack([mean * count, count]).tolist()
        total, tokens = total + weighed[0], tokens + weighed[1]
    return total / tokens
