"""Cross-entropy over the answers only, with logits computed for answer tokens only.

A model projects every token of a batch on its whole vocabulary, mostly for nothing, as questions
are not trained. Here the output layer computes the positions of the answers alone, and in chunks
where the vocabulary is large. A trial on the model itself compares the logits; where they differ,
the plain loss is used and logged.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx
from mlx.nn.layers.base import Module
from mlx.nn.layers.embedding import Embedding
from mlx.nn.layers.linear import Linear
from mlx.nn.layers.quantized import QuantizedEmbedding, QuantizedLinear
from mlx.nn.losses import cross_entropy

from trainer.tuning.module_patch import kind_of, overridden
from trainer.tuning.prefix_cache import Forward, forward_after_prefix, whole_rows

Loss = Callable[[Any, mx.array, mx.array, mx.array, mx.array, mx.array], tuple[mx.array, mx.array]]
"""Called with the model, prefix (1, P), tokens (B, L), places (C,), targets (C,) and weights (C,);
returns the mean cross-entropy in nats and the number of tokens it is the mean of."""
TokenLosses = Callable[[Any, mx.array, mx.array, mx.array, mx.array], mx.array]
"""Called as `Loss` but without weights; returns the cross-entropy (C,) of every answer token."""

CHUNK = 2**25
"""Logits held at once (128 MB in 32 bits); more are computed in chunks with checkpoints."""

_log = logging.getLogger(__name__)
_PROJECTIONS: dict[type, str] = {
    Linear: "__call__",
    QuantizedLinear: "__call__",
    Embedding: "as_linear",
    QuantizedEmbedding: "as_linear",
}


def plain_loss(
    model: Any,
    prefix: mx.array,
    tokens: mx.array,
    places: mx.array,
    targets: mx.array,
    weights: mx.array,
) -> tuple[mx.array, mx.array]:
    """Computes the loss from logits for all tokens, which works with every model."""
    return _mean(_plain_losses(model, prefix, tokens, places, targets), weights)


@contextmanager
def answer_loss(model: Any, chunk: int = CHUNK) -> Iterator[Loss]:
    """Patches a model so that only the answers' logits are computed, while the context is open.

    Args:
        model: of mlx-lm.
        chunk: the number of logits to hold at once.

    Yields:
        The loss to train with; `plain_loss` where the trial fails.
    """
    with token_losses(model, chunk) as each:

        def loss(
            model: Any,
            prefix: mx.array,
            tokens: mx.array,
            places: mx.array,
            targets: mx.array,
            weights: mx.array,
        ) -> tuple[mx.array, mx.array]:
            return _mean(each(model, prefix, tokens, places, targets), weights)

        yield plain_loss if each is _plain_losses else loss


@contextmanager
def token_losses(model: Any, chunk: int = CHUNK) -> Iterator[TokenLosses]:
    """Yields the cross-entropy of every answer token instead of the mean; see `answer_loss`."""
    head = _find_head(model)
    if head is None:
        _log.warning("the last layer of this model was not found: all logits are computed")
        yield _plain_losses
        return
    with head.patched():
        forward = forward_after_prefix(model)
        if _logits_agree(model, head, "hidden"):
            yield _chunked_losses(head, chunk, forward)
        elif _logits_agree(model, head, "logits"):
            yield _selected_losses(head, forward)
        else:
            _log.warning("this model's last layer needs all tokens: the plain loss is used")
            yield _plain_losses


@dataclass(eq=False)
class _Head:
    """The output layer, which turns hidden states into logits, and what a call of it computes.

    It is held outside the module tree, so that mlx does not take it for a parameter.
    """

    module: Module
    method: str
    places: mx.array | None = None
    """Positions in the flattened (B * L) to compute; None computes all."""
    gives: Literal["logits", "hidden"] = "logits"
    """Hidden states are possible only where the model does nothing after this layer."""

    def project(self, hidden: mx.array) -> mx.array:
        """Returns logits (..., V) of hidden states (..., D), as the model itself computes them."""
        logits: mx.array = getattr(kind_of(self.module), self.method)(self.module, hidden)
        return logits

    @contextmanager
    def at(self, places: mx.array, gives: Literal["logits", "hidden"]) -> Iterator[None]:
        """Makes calls of the model return (1, C, V) logits or (1, C, D) states while it is open."""
        self.places, self.gives = places, gives
        try:
            yield
        finally:
            self.places = None

    @contextmanager
    def patched(self) -> Iterator[None]:
        """Patches the layer's call while the context is open; the module tree stays as it is."""

        def call(_: Module, x: mx.array) -> mx.array:
            if self.places is None:
                return self.project(x)
            x = x.reshape(-1, x.shape[-1])[self.places][None]
            return x if self.gives == "hidden" else self.project(x)

        with overridden(self.module, self.method, call):
            yield


def _plain_losses(
    model: Any, prefix: mx.array, tokens: mx.array, places: mx.array, targets: mx.array
) -> mx.array:
    tokens, places = whole_rows(prefix, tokens, places)
    logits = model(tokens)
    return _cross_entropy(logits.reshape(-1, logits.shape[-1])[places], targets)


def _chunked_losses(head: _Head, chunk: int, forward: Forward) -> TokenLosses:
    def chunk_loss(hidden: mx.array, targets: mx.array) -> mx.array:
        return _cross_entropy(head.project(hidden), targets)

    def losses(
        model: Any, prefix: mx.array, tokens: mx.array, places: mx.array, targets: mx.array
    ) -> mx.array:
        hidden = forward(model, prefix, tokens, places, partial(head.at, gives="hidden"))
        rows = max(1, chunk // _width(head))
        if rows >= len(targets):
            return chunk_loss(hidden, targets)
        chunks = []
        for i in range(0, len(targets), rows):
            # The targets are bound, not passed: mlx refuses to compute a gradient for integers.
            checkpointed = mx.checkpoint(partial(chunk_loss, targets=targets[i : i + rows]))
            chunks.append(checkpointed(hidden[i : i + rows]))
        return mx.concatenate(chunks)

    return losses


def _selected_losses(head: _Head, forward: Forward) -> TokenLosses:
    def losses(
        model: Any, prefix: mx.array, tokens: mx.array, places: mx.array, targets: mx.array
    ) -> mx.array:
        logits = forward(model, prefix, tokens, places, partial(head.at, gives="logits"))
        return _cross_entropy(logits, targets)

    return losses


def _cross_entropy(logits: mx.array, targets: mx.array) -> mx.array:
    return cross_entropy(logits.astype(mx.float32), targets)


def _mean(losses: mx.array, weights: mx.array) -> tuple[mx.array, mx.array]:
    count = weights.sum()
    return (losses * weights).sum() / count, count


def _find_head(model: Any) -> _Head | None:
    """Finds the output layer by recording the projections that one call of the model makes.

    It is the last one called, of those outside the blocks, whose output is as wide as the model's.
    """
    blocks = {id(module) for block in model.layers for module in block.modules()}
    seen: list[tuple[Module, int]] = []
    with ExitStack() as patches:
        for module in model.modules():
            kind = type(module)
            if kind in _PROJECTIONS and id(module) not in blocks:
                patch = overridden(module, _PROJECTIONS[kind], _recording_call(kind, seen))
                patches.enter_context(patch)
        width = model(_probe()).shape[-1]
    heads = [module for module, wide in seen if wide == width]
    return _Head(heads[-1], _PROJECTIONS[type(heads[-1])]) if heads else None


def _recording_call(
    kind: type[Module], seen: list[tuple[Module, int]]
) -> Callable[[Module, mx.array], mx.array]:
    def call(module: Module, x: mx.array) -> mx.array:
        y: mx.array = getattr(kind, _PROJECTIONS[kind])(module, x)
        seen.append((module, y.shape[-1]))
        return y

    return call


def _width(head: _Head) -> int:
    return int(head.module.weight.shape[0])


def _logits_agree(model: Any, head: _Head, gives: Literal["logits", "hidden"]) -> bool:
    """Returns whether the logits equal those of an unpatched call, on a few tokens."""
    places = mx.array([1, 4, 6])
    whole = model(_probe())
    whole = whole.reshape(-1, whole.shape[-1])[places].astype(mx.float32)
    try:
        with head.at(places, gives):
            some = model(_probe())[0]
        if gives == "hidden":
            some = head.project(some)
    except ValueError:
        return False
    if some.shape != whole.shape:
        return False
    allowed = 1e-2 * mx.maximum(mx.abs(whole).max(), 1)
    return bool((mx.abs(some.astype(mx.float32) - whole).max() <= allowed).item())


def _probe() -> mx.array:
    return mx.array([[3, 5, 7, 11], [2, 4, 6, 8]])
