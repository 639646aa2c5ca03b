"""How all rows of a batch begin is computed once: the system prompt and the opening of a turn.

The rows then go on from its keys and values, as answers do from a prompt's. That is exact, its
gradients too, for models whose memory of a text is plain keys and values; a trial on the model
itself tells. Others get whole rows.
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
"""Makes the model look at places (C,) of its flattened rows only."""
Forward = Callable[[Any, mx.array, mx.array, mx.array, At], mx.array]
"""Called with the model, prefix (1, P), tokens (B, L), places (C,) and an At; gives (C, width)."""

_log = logging.getLogger(__name__)


def whole_rows(prefix: mx.array, tokens: mx.array, places: mx.array) -> tuple[mx.array, mx.array]:
    """Rows with their beginning put back, (B, P + L), and the places in them."""
    ahead, (count, length) = prefix.shape[1], tokens.shape
    if not ahead:
        return tokens, places
    whole = mx.concatenate([mx.broadcast_to(prefix, (count, ahead)), tokens], axis=1)
    return whole, places + (places // length + 1) * ahead


def forward_after_prefix(model: Any) -> Forward:
    """The way to compute a batch with this model: from a shared beginning if it can, else whole."""
    if _can_share(model):
        return _shared
    _log.info("this model does not go on from a shared beginning: rows are computed whole")
    return _whole


def _whole(model: Any, prefix: mx.array, tokens: mx.array, places: mx.array, at: At) -> mx.array:
    tokens, places = whole_rows(prefix, tokens, places)
    with at(places):
        output: mx.array = model(tokens)[0]
    return output


def _shared(model: Any, prefix: mx.array, tokens: mx.array, places: mx.array, at: At) -> mx.array:
    cache = _read(model, prefix, tokens.shape[0]) if prefix.shape[1] else None
    with at(places):
        output: mx.array = model(tokens, cache=cache)[0]
    return output


def _read(model: Any, prefix: mx.array, rows: int) -> list["_Beginning"]:
    new: Any = _Beginning
    cache: list[_Beginning] = [new() for _ in make_prompt_cache(model)]
    model(prefix, cache=cache)  # what it predicts is not used, and so never computed
    for layer in cache:
        layer.spread(rows)
    return cache


class _Beginning(ConcatenateKVCache):
    """Keys and values of one row, that several rows go on from."""

    def spread(self, rows: int) -> None:
        """Makes (1, heads, P, width) into (rows, heads, P, width), without a copy."""
        keys, values = self.state
        self.state = tuple(mx.broadcast_to(one, (rows, *one.shape[1:])) for one in (keys, values))


def _can_share(model: Any) -> bool:
    """Whether going on from a beginning gives what whole rows do, on a few tokens."""
    if any(type(layer) is not KVCache for layer in make_prompt_cache(model)):
        return False
    prefix, tokens = mx.array([[3, 5, 7, 11, 2]]), mx.array([[4, 6, 8], [9, 1, 10]])
    try:
        ours = model(tokens, cache=_read(model, prefix, 2)).astype(mx.float32)
    except (ValueError, TypeError, AttributeError):
        return False
    rows, _ = whole_rows(prefix, tokens, mx.array([0]))
    theirs = model(rows)[:, 5:].astype(mx.float32)
    allowed = 1e-2 * mx.maximum(mx.abs(theirs).max(), 1)
    return bool((mx.abs(ours - theirs).max() <= allowed).item())
