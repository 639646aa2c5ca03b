"""Which lessons a model has mastered: whose taught answer greedy decoding would give word for word.

That takes no generation. With the taught answer fed in, greedy decoding would give it exactly if
at every place the likeliest token is the taught one: one forward pass over all lessons.
"""

from collections.abc import Sequence
from typing import Any

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx
import numpy as np

from trainer.models.tokenization import TokenRow

TOKENS_AT_ONCE = 1024
"""Padded tokens of one pass: each has logits for the whole vocabulary."""


def mastered(model: Any, rows: Sequence[TokenRow]) -> list[bool]:
    """Returns for each row whether the model would give its answer, end of turn included.

    Args:
        model: of mlx-lm, with or without an adapter.
        rows: lessons in the wording in which they were taught.
    """
    known = [False] * len(rows)
    order = sorted(range(len(rows)), key=lambda place: len(rows[place]))
    start = 0
    while start < len(order):
        end = start + 1
        while end < len(order) and len(rows[order[end]]) * (end + 1 - start) <= TOKENS_AT_ONCE:
            end += 1
        chosen = order[start:end]
        for place, right in zip(
            chosen, _all_likeliest(model, [rows[p] for p in chosen]), strict=True
        ):
            known[place] = right
        start = end
    return known


def _all_likeliest(model: Any, rows: Sequence[TokenRow]) -> list[bool]:
    longest = max(map(len, rows))
    tokens = np.zeros((len(rows), longest - 1), np.int32)
    for number, row in enumerate(rows):
        tokens[number, : len(row) - 1] = row.tokens[:-1]
    likeliest = np.array(mx.argmax(model(mx.array(tokens)), axis=-1))
    return [
        likeliest[number, row.start - 1 : len(row) - 1].tolist() == list(row.tokens[row.start :])
        for number, row in enumerate(rows)
    ]
