"""Gradient checkpoints for long rows alone: they decide how much memory a run takes.

Blocks keep nothing of a long row for the backward pass but what they were given, and compute it
again there (Chen et al. 2016, arXiv 1604.06174). That costs about half as much time again, so
only the longest rows are treated like that. A trial on the model itself shows whether
its gradients are the same; if not, no row is. Dropout draws anew when a block is computed again,
so where there is dropout only those runs take this that must.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import trainer.device

# isort: split
import mlx.core as mx
from mlx.nn.layers.base import Module
from mlx.nn.utils import value_and_grad
from mlx.utils import tree_flatten

LONG = 0.8 if trainer.device.on_cpu() else 0.6
"""Rows beyond this quantile of the lengths are long; a GPU waits anyway, and pays less for it."""
LONGER = 1.1
"""Times the median length, which they must exceed too: else little is gained."""
NONE = 2**31
"""A limit that no row exceeds."""

_log = logging.getLogger(__name__)


def longest_plain(lengths: Sequence[int]) -> int:
    """Tokens of the longest row whose blocks keep everything, from the lengths of many."""
    ordered = sorted(lengths)
    if not ordered:
        return NONE
    return max(ordered[int(LONG * (len(ordered) - 1))], int(LONGER * ordered[len(ordered) // 2]))


@contextmanager
def sparing(model: Any, limit: int) -> Iterator[int]:
    """While this lasts, blocks compute rows of more than `limit` tokens again for gradients.

    Args:
        model: with layers that learn.
        limit: tokens; 0 treats all rows like that.

    Yields:
        the limit that holds: `NONE` where this model cannot.
    """
    if limit >= NONE:
        yield NONE
        return
    if not _agrees(model):
        _log.warning("this model's blocks cannot be computed again: that takes more memory")
        yield NONE
        return
    with _computing_again(model, limit):
        yield limit


@contextmanager
def _computing_again(model: Any, limit: int) -> Iterator[None]:
    with ExitStack() as stack:
        for block in model.layers:
            stack.enter_context(_as(block, _sparing_kind(type(block), limit)))
        yield


def _sparing_kind(kind: type[Module], limit: int) -> type[Module]:
    def call(block: Any, x: mx.array, *args: Any, **kwargs: Any) -> Any:
        if x.shape[1] <= limit:
            return kind.__call__(block, x, *args, **kwargs)
        return _checkpointed(kind.__call__, block, (x, *args), kwargs)

    return type(kind.__name__, (kind,), {"__call__": call})


def _checkpointed(
    call: Callable[..., Any], block: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Only what may have a gradient is given as an argument: mlx looks for one of each."""
    named = {str(place): value for place, value in enumerate(args)} | kwargs
    learned = {name: value for name, value in named.items() if _has_gradient(value)}

    def compute(parameters: Any, learned: dict[str, mx.array]) -> Any:
        given = named | learned
        block.update(parameters)
        return call(block, *(given.pop(str(place)) for place in range(len(args))), **given)

    return mx.checkpoint(compute)(block.trainable_parameters(), learned)


def _has_gradient(value: Any) -> bool:
    return isinstance(value, mx.array) and mx.issubdtype(value.dtype, mx.floating)


@contextmanager
def _as(module: Module, kind: type[Module]) -> Iterator[None]:
    """Gives one module another class: Python looks `__call__` up there."""
    before = type(module)
    module.__class__ = kind
    try:
        yield
    finally:
        module.__class__ = before


def _agrees(model: Any) -> bool:
    """Whether gradients are the same with and without, on a few tokens."""
    tokens = mx.array([[3, 5, 7, 11], [2, 4, 6, 8]])

    def loss(model: Any) -> mx.array:
        logits: mx.array = model(tokens)
        return logits.astype(mx.float32).square().mean()

    gradients: Any = value_and_grad(model, loss)
    training = model.training
    model.eval()
    try:
        _, plain = gradients(model)
        with _computing_again(model, 0):
            _, ours = gradients(model)
    except (ValueError, TypeError, RuntimeError):
        return False
    finally:
        model.train(training)
    pairs = zip(tree_flatten(plain), tree_flatten(ours), strict=True)
    return all(_near(one, other) for (_, one), (_, other) in pairs)


def _near(one: Any, other: Any) -> bool:
    allowed = 1e-2 * mx.abs(one).max() + 1e-6
    return bool((mx.abs(one - other).max() <= allowed).item())
