"""Mean cross-entropy of given answers under a model, in nats a token: the log of perplexity."""

from collections.abc import Sequence
from typing import Any

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx

from trainer.models.tokenization import TokenRow
from trainer.tuning.batches import Batches, FixedRows
from trainer.tuning.loss import Loss, answer_loss

ROWS = 4
"""Rows of a batch."""


def mean_loss(model: Any, rows: Sequence[TokenRow], loss: Loss | None = None) -> float:
    """Returns the mean cross-entropy of the rows' answers, in nats a token.

    This process computes it alone. mlx-lm's own `evaluate` sums over all processes of a group, and
    would wait for those that have ended already.

    Args:
        model: of mlx-lm, with or without an adapter.
        rows: at least one.
        loss: a prepared loss from `answer_loss`; None prepares one.
    """
    if loss is None:
        with answer_loss(model) as prepared:
            return mean_loss(model, rows, prepared)
    model.eval()
    total, tokens = 0.0, 0.0
    for batch in Batches()(FixedRows(rows), ROWS, 0):
        mean, count = loss(model, *batch)
        weighed: Any = mx.stack([mean * count, count]).tolist()
        total, tokens = total + weighed[0], tokens + weighed[1]
    return total / tokens
