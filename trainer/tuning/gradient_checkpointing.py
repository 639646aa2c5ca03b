"""Gradient checkpoints for long rows alone: they decide how much memory a run takes.

Blocks keep nothing of a long row for the backward pass but what they were given, and compute it
again there (Chen et al. 2016, arXiv 1604.06174). That is one way forward more beside one forward
and one back, so only the longest rows are treated like that. A trial on the model itself shows
whether its gradients are the same; if not, no row is. Dropout draws anew when a block is computed
again, and the gradient is then of other masks: with dropout a run takes this only if somebody asks
for it.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import trainer.hardware.device

# isort: split
import mlx.core as mx
from mlx.nn.layers.base import Module
from mlx.nn.layers.dropout import Dropout
from mlx.nn.utils import value_and_grad
from mlx.utils import tree_flatten, tree_map

from trainer.planning.memory import out_of_memory
from trainer.tuning.module_patch import overridden

LONG = 1.0 if trainer.hardware.device.on_cpu() else 0.6
"""Rows beyond this quantile of the lengths are long; at 1 none is. On an NVIDIA card they take a
tenth more time; on a processor, with 0.8, a whole run took a fifth more (docs/log.md), so that
nothing is computed again there unless memory ran out. For Metal that is a guess."""
LONGER = 1.1
"""Long rows also exceed the median length times this: else little is gained."""
NONE = 2**31
"""A limit that no row exceeds."""
SMALL = 0.01
"""The value that is added to weights for the trial."""

_log = logging.getLogger(__name__)


def longest_plain(lengths: Sequence[int]) -> int:
    """Tokens of the longest row whose blocks keep everything, from the lengths of many."""
    ordered = sorted(lengths)
    if not ordered or LONG >= 1:
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
            stack.enter_context(overridden(block, "__call__", _sparing(type(block), limit)))
        yield


def _sparing(kind: type[Module], limit: int) -> Callable[..., Any]:
    def call(block: Any, *args: Any, **kwargs: Any) -> Any:
        given = _arrays((args, kwargs))
        if not given or given[0].shape[1] <= limit:
            return kind.__call__(block, *args, **kwargs)
        return _checkpointed(kind.__call__, block, args, kwargs)

    return call


def _checkpointed(
    call: Callable[..., Any], block: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Calls a block so that its inner values are computed again for gradients.

    Only what may have a gradient is given as an argument: mlx looks for one of each.
    """

    def compute(parameters: Any, arrays: list[mx.array]) -> Any:
        block.update(parameters)
        left = iter(arrays)
        again: Any = tree_map(lambda v: next(left) if _has_gradient(v) else v, (args, kwargs))
        return call(block, *again[0], **again[1])

    return mx.checkpoint(compute)(block.trainable_parameters(), _arrays((args, kwargs)))


def _arrays(given: tuple[tuple[Any, ...], dict[str, Any]]) -> list[mx.array]:
    """Returns the arguments of a block that may have a gradient, the hidden states first."""
    arrays: list[mx.array] = []
    tree_map(lambda value: arrays.append(value) if _has_gradient(value) else None, given)
    return arrays


def _has_gradient(value: Any) -> bool:
    return isinstance(value, mx.array) and mx.issubdtype(value.dtype, mx.floating)


def _agrees(model: Any) -> bool:
    """Whether gradients are the same with and without, on a few tokens.

    As in training, but for dropout, which would draw anew.
    """
    tokens = mx.array([[3, 5, 7, 11], [2, 4, 6, 8]])

    def loss(model: Any) -> mx.array:
        logits: mx.array = model(tokens)
        return logits.astype(mx.float32).square().mean()

    gradients: Any = value_and_grad(model, loss)
    training = model.training
    with _learned_something(model):
        model.train()
        for module in model.modules():
            if isinstance(module, Dropout):
                module.eval()
        try:
            _, plain = gradients(model)
            with _computing_again(model, 0):
                _, ours = gradients(model)
            pairs = zip(tree_flatten(plain), tree_flatten(ours), strict=True)
            return all(_near(one, other) for (_, one), (_, other) in pairs)
        except (ValueError, TypeError, AttributeError, IndexError, RuntimeError) as error:
            if out_of_memory(error):
                raise
            return False
        finally:
            model.train(training)


@contextmanager
def _learned_something(model: Any) -> Iterator[None]:
    """Fresh low-rank layers do nothing, and half of their gradients are 0: here none are."""
    before = model.trainable_parameters()
    model.update(tree_map(lambda weight: weight + SMALL, before))
    try:
        yield
    finally:
        model.update(before)


def _near(one: Any, other: Any) -> bool:
    allowed = 1e-2 * mx.abs(one).max() + 1e-6
    return bool((mx.abs(one - other).max() <= allowed).item())
