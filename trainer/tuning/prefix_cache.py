"""Computes the shared prefix of a batch once: the system prompt and the opening of a turn.

The rows then continue from the prefix's keys and values, as generation continues from a prompt's.
That is exact, gradients included, for models with plain KV caches; a trial on the model itself
checks it. Other models compute whole rows.
"""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx
from mlx_lm.models.cache import ConcatenateKVCache, KVCache, make_prompt_cache

At = Callable[[mx.array], AbstractContextManager[None]]
"""Makes the last layer compute the positions (C,) of the flattened rows only."""
Forward = Callable[[Any, mx.array, mx.array, mx.array, At], mx.array]
"""Called with model, prefix (1, P), tokens (B, L), places (C,) and an At; returns (C, width)."""

_log = logging.getLogger(__name__)


def whole_rows(prefix: mx.array, tokens: mx.array, places: mx.array) -> tuple[mx.array, mx.array]:
    """Puts the prefix (1, P) before tokens (B, L).

    Returns:
        The rows (B, P + L), and the positions (C,) of `places` in those rows, flattened.
    """
    ahead, (count, length) = prefix.shape[1], tokens.shape
    if not ahead:
        return tokens, places
    whole = mx.concatenate([mx.broadcast_to(prefix, (count, ahead)), tokens], axis=1)
    return whole, places + (places // length + 1) * ahead


def forward_after_prefix(model: Any) -> Forward:
    """Returns how this model computes a batch: from a cached prefix if it can, else whole rows."""
    if _supports_prefix_cache(model):
        return _from_prefix_cache
    _log.info("this model does not go on from a shared beginning: rows are computed whole")
    return _whole_rows


def _whole_rows(
    model: Any, prefix: mx.array, tokens: mx.array, places: mx.array, at: At
) -> mx.array:
    tokens, places = whole_rows(prefix, tokens, places)
    with at(places):
        output: mx.array = model(tokens)[0]
    return output


def _from_prefix_cache(
    model: Any, prefix: mx.array, tokens: mx.array, places: mx.array, at: At
) -> mx.array:
    cache = _prefill(model, prefix, tokens.shape[0]) if prefix.shape[1] else None
    with at(places):
        output: mx.array = model(tokens, cache=cache)[0]
    return output


def _prefill(model: Any, prefix: mx.array, rows: int) -> list["_PrefixCache"]:
    new: Any = _PrefixCache
    cache: list[_PrefixCache] = [new() for _ in make_prompt_cache(model)]
    model(prefix, cache=cache)  # what it predicts is not used, and so never computed
    for layer in cache:
        layer.repeat(rows)
    return cache


class _PrefixCache(ConcatenateKVCache):
    """Keys and values of a prefix, computed for one row and shared by several."""

    def repeat(self, rows: int) -> None:
        """Broadcasts (1, heads, P, width) to (rows, heads, P, width), without a copy."""
        keys, values = self.state
        self.state = tuple(mx.broadcast_to(one, (rows, *one.shape[1:])) for one in (keys, values))


def _supports_prefix_cache(model: Any) -> bool:
    """Returns whether continuing from a prefix gives the logits of whole rows, on a few tokens."""
    if any(type(layer) is not KVCache for layer in make_prompt_cache(model)):
        return False
    prefix, tokens = mx.array([[3, 5, 7, 11, 2]]), mx.array([[4, 6, 8], [9, 1, 10]])
    try:
        ours = model(tokens, cache=_prefill(model, prefix, 2)).astype(mx.float32)
    except (ValueError, TypeError, AttributeError):
        return False
    rows, _ = whole_rows(prefix, tokens, mx.array([0]))
    theirs = model(rows)[:, 5:].astype(mx.float32)
    allowed = 1e-2 * mx.maximum(mx.abs(theirs).max(), 1)
    return bool((mx.abs(ours - theirs).max() <= allowed).item())
