"""Gradient checkpointing for long rows alone, as they decide how much memory a run takes.

Of a long row a block keeps only its input for the backward pass, and recomputes the rest there
(Chen et al. 2016, arXiv 1604.06174). That costs a second forward pass, so only the longest rows are
checkpointed. A trial on the model itself compares the gradients with and without; if they differ,
no row is. Dropout draws new masks when a block is recomputed, so that gradients would be wrong:
with dropout a run checkpoints only if its settings ask for it.
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

LONG_QUANTILE = 1.0 if trainer.hardware.device.on_cpu() else 0.6
"""Rows beyond this quantile of the lengths are long; at 1 none is. On an NVIDIA card they take a
tenth more time; on a processor, with 0.8, a whole run took a fifth more (docs/log.md), so that
nothing is recomputed there unless memory ran out. For Metal 0.6 is a guess."""
LONG_FACTOR = 1.1
"""Long rows also exceed the median length times this: otherwise little memory is saved."""
NO_LIMIT = 2**31
"""A limit that no row exceeds."""
TRIAL_OFFSET = 0.01
"""Added to the weights for the trial: half the gradients of fresh low-rank layers would be 0."""

_log = logging.getLogger(__name__)


def checkpointing_limit(lengths: Sequence[int]) -> int:
    """Returns the length, in tokens, beyond which rows are checkpointed; `NO_LIMIT` if none is.

    Args:
        lengths: the lengths of many rows.
    """
    ordered = sorted(lengths)
    if not ordered or LONG_QUANTILE >= 1:
        return NO_LIMIT
    quantile, median = ordered[int(LONG_QUANTILE * (len(ordered) - 1))], ordered[len(ordered) // 2]
    return max(quantile, int(LONG_FACTOR * median))


@contextmanager
def gradient_checkpointing(model: Any, limit: int) -> Iterator[int]:
    """Checkpoints the gradients of rows with more than `limit` tokens while the context is open.

    Args:
        model: of mlx-lm, with trainable layers in its blocks.
        limit: tokens; 0 checkpoints all rows, `NO_LIMIT` none.

    Yields:
        The limit in force: `NO_LIMIT` where this model's blocks cannot be recomputed.

    Raises:
        RuntimeError: memory ran out during the trial.
    """
    if limit >= NO_LIMIT:
        yield NO_LIMIT
        return
    if not _gradients_agree(model):
        _log.warning("this model's blocks cannot be computed again: that takes more memory")
        yield NO_LIMIT
        return
    with _checkpointed_blocks(model, limit):
        yield limit


@contextmanager
def _checkpointed_blocks(model: Any, limit: int) -> Iterator[None]:
    with ExitStack() as stack:
        for block in model.layers:
            call = _checkpointing_call(type(block), limit)
            stack.enter_context(overridden(block, "__call__", call))
        yield


def _checkpointing_call(kind: type[Module], limit: int) -> Callable[..., Any]:
    def call(block: Any, *args: Any, **kwargs: Any) -> Any:
        given = _arrays((args, kwargs))
        if not given or given[0].shape[1] <= limit:
            return kind.__call__(block, *args, **kwargs)
        return _checkpointed(kind.__call__, block, args, kwargs)

    return call


def _checkpointed(
    call: Callable[..., Any], block: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Calls a block so that its activations are recomputed in the backward pass.

    Only floating-point arrays are arguments of the checkpointed function, as mlx computes a
    gradient for each argument.
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


def _gradients_agree(model: Any) -> bool:
    """Returns whether gradients are the same with and without checkpoints, on a few tokens.

    The model is in training mode, but for dropout, which would draw new masks.
    """
    tokens = mx.array([[3, 5, 7, 11], [2, 4, 6, 8]])

    def loss(model: Any) -> mx.array:
        logits: mx.array = model(tokens)
        return logits.astype(mx.float32).square().mean()

    gradients: Any = value_and_grad(model, loss)
    training = model.training
    with _perturbed_weights(model):
        model.train()
        for module in model.modules():
            if isinstance(module, Dropout):
                module.eval()
        try:
            _, plain = gradients(model)
            with _checkpointed_blocks(model, 0):
                _, ours = gradients(model)
            pairs = zip(tree_flatten(plain), tree_flatten(ours), strict=True)
            return all(_close(one, other) for (_, one), (_, other) in pairs)
        except (ValueError, TypeError, AttributeError, IndexError, RuntimeError) as error:
            if out_of_memory(error):
                raise
            return False
        finally:
            model.train(training)


@contextmanager
def _perturbed_weights(model: Any) -> Iterator[None]:
    """Shifts all weights that are trained by `TRIAL_OFFSET` for a while."""
    before = model.trainable_parameters()
    model.update(tree_map(lambda weight: weight + TRIAL_OFFSET, before))
    try:
        yield
    finally:
        model.update(before)


def _close(one: Any, other: Any) -> bool:
    allowed = 1e-2 * mx.abs(one).max() + 1e-6
    return bool((mx.abs(one - other).max() <= allowed).item())
