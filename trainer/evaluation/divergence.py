"""How far a tuned model is from its base: the KL divergence, in nats a token.

The mean over tokens of the base's own answers of sum p_base (log p_base - log p_tuned). Forgetting
follows it (Shenfeld et al. 2025, arXiv 2509.04259).
"""

from collections.abc import Callable, Sequence
from typing import Any

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx

from trainer.models.tokenization import TokenRow

ROWS = 8
"""Answers that are looked at: some three hundred tokens, a second or two on a processor."""
Logits = Callable[[mx.array], Any]
"""Returns logits (1, length, vocabulary) of tokens (1, length)."""


def divergence(base: Logits, tuned: Logits, rows: Sequence[TokenRow]) -> float:
    """Returns the mean KL divergence of a tuned model from its base, in nats a token.

    Args:
        base: the base model.
        tuned: the same with an adapter.
        rows: the base's own answers, at least one; the first ROWS are looked at.
    """
    total, tokens = 0.0, 0
    for row in rows[:ROWS]:
        fed = mx.array(row.tokens[:-1])[None]
        of_base, of_tuned = (_log_probabilities(logits(fed), row) for logits in (base, tuned))
        apart: Any = mx.exp(of_base) * (of_base - of_tuned)
        total += apart.sum().item()
        tokens += len(row) - row.start
    return total / tokens


def _log_probabilities(logits: mx.array, row: TokenRow) -> mx.array:
    """Returns log p (tokens, vocabulary) in 32 bits at the places before the answer's tokens."""
    answer = logits[0, row.start - 1 :].astype(mx.float32)
    return answer - mx.logsumexp(answer, axis=-1, keepdims=True)
