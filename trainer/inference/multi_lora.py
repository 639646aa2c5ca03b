"""LoRA by row: one copy of the base weights, and every row of a batch with its own adapter.

BatchGenerator merges, filters and extends each element of a sequence's cache list as rows come
and go. `Slots` is one more such element that carries which adapter a row uses; `RowModel` takes
it off the list and tells the `Bank`; `RowLinear` adds the low-rank product of each row. Rows
of different adapters share one product over the concatenated ranks, masked by row: gathering
A and B per row launches three times the kernels.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

import trainer.hardware.device  # noqa: F401 - before mlx

# isort: split
import mlx.core as mx
from mlx.nn.layers.base import Module
from mlx.nn.layers.linear import Linear
from mlx.nn.layers.quantized import QuantizedLinear

NO_ADAPTER = 0
_AXES = 3
"""A layer that sees rows apart gets at least (rows, length, inputs)."""


class NotBatchableError(Exception):
    """This model or adapter cannot be served row by row; it needs a model of its own."""


@dataclass(frozen=True)
class LowRank:
    """One module's part of an adapter: `a` of shape (inputs, rank), `b` of (rank, outputs)."""

    a: mx.array
    b: mx.array


@dataclass(frozen=True)
class RowAdapter:
    """An adapter's weights by module name, e.g. `model.layers.0.self_attn.q_proj`."""

    parts: Mapping[str, LowRank]
    scale: float


class Slots:
    """The element of a cache list that says which adapter its rows use.

    It speaks the protocol of mlx-lm's caches; it holds numbers only, as caches are copied.
    """

    nbytes = 0
    state: Sequence[mx.array] = ()

    def __init__(self, slots: Sequence[int]):
        self.slots = tuple(slots)

    @classmethod
    def merge(cls, rows: Sequence[Self]) -> Self:
        """Returns the element of a batch that is made of several sequences."""
        return cls([slot for row in rows for slot in row.slots])

    def extend(self, other: Self) -> None:
        """Appends the rows of another batch."""
        self.slots += other.slots

    def filter(self, keep: Sequence[int]) -> None:
        """Keeps only the rows at these indices."""
        self.slots = tuple(self.slots[int(index)] for index in keep)

    def extract(self, index: int) -> Self:
        """Returns the element of one row alone."""
        return type(self)([self.slots[index]])

    def prepare(self, **_: Any) -> None:
        """Does nothing: padding does not change which adapter a row uses."""

    def finalize(self) -> None:
        """Does nothing: padding does not change which adapter a row uses."""

    def is_trimmable(self) -> bool:
        """Returns True: the element has no length that could be trimmed."""
        return True

    def trim(self, count: int) -> int:
        """Returns the count unchanged: the element has no length of its own."""
        return count

    def size(self) -> int:
        """Returns 0: the element has no length of its own."""
        return 0

    def empty(self) -> bool:
        """Returns False: the element always names the adapters of its rows."""
        return False


@dataclass(frozen=True)
class _Product:
    """The concatenated product of one module for the rows at hand.

    `mask` has shape (rows, 1, ranks) and holds the scales; None if all rows use one adapter.
    """

    a: mx.array
    b: mx.array
    mask: mx.array | None
    scale: float


class Bank:
    """The loaded adapters by slot, and the products for the rows of the running step."""

    def __init__(self) -> None:
        self._adapters: dict[int, RowAdapter] = {}
        self._last = NO_ADAPTER
        self._joined: dict[tuple[str, tuple[int, ...]], LowRank] = {}
        self._products: dict[str, _Product | None] = {}
        self._slots: tuple[int, ...] = ()
        self._active = False

    def put(self, adapter: RowAdapter) -> int:
        """Keeps an adapter; returns its slot, a number that was never used before."""
        self._last += 1
        self._adapters[self._last] = adapter
        return self._last

    def drop(self, slot: int) -> None:
        """Forgets an adapter that no row uses any more."""
        del self._adapters[slot]
        self._slots, self._products = (), {}
        self._joined = {key: pair for key, pair in self._joined.items() if slot not in key[1]}

    @contextmanager
    def rows(self, slots: tuple[int, ...]) -> Iterator[None]:
        """Within it, modules compute for a batch whose rows use these slots.

        One slot alone stands for any number of rows.
        """
        if slots != self._slots:
            self._slots, self._products = slots, {}
        self._active = any(slots)
        try:
            yield
        finally:
            self._active = False

    def add(self, name: str, x: mx.array, y: mx.array) -> mx.array:
        """Adds what the adapters of the rows say to a module's output.

        Args:
            name: the module.
            x: its input, shape (rows, ..., inputs).
            y: its output, shape (rows, ..., outputs).

        Raises:
            NotBatchableError: the first axis of the input is not the rows.
        """
        if not self._active:
            return y
        if name not in self._products:
            self._products[name] = self._product(name)
        product = self._products[name]
        if product is None:
            return y
        if product.mask is not None and (x.ndim < _AXES or x.shape[0] != len(self._slots)):
            raise NotBatchableError(f"{name} does not see the rows of the batch apart")
        # in the order and the types of mlx-lm's own LoRALinear
        z = x @ product.a
        if product.mask is not None:
            mask = product.mask.reshape(len(self._slots), *[1] * (x.ndim - 2), -1)
            return y + ((z * mask) @ product.b).astype(x.dtype)
        return y + (product.scale * (z @ product.b)).astype(x.dtype)

    def _product(self, name: str) -> _Product | None:
        users = tuple(
            slot
            for slot in sorted(set(self._slots) - {NO_ADAPTER})
            if name in self._adapters[slot].parts
        )
        if not users:
            return None
        pair = self._join(name, users)
        if len(users) == 1 and set(self._slots) == set(users):
            return _Product(pair.a, pair.b, None, self._adapters[users[0]].scale)
        ranks = [self._adapters[slot].parts[name].a.shape[1] for slot in users]
        scales = [self._adapters[slot].scale for slot in users]
        mask = mx.array(
            [
                [
                    scale if row == slot else 0.0
                    for slot, rank, scale in zip(users, ranks, scales, strict=True)
                    for _ in range(rank)
                ]
                for row in self._slots
            ],
            dtype=pair.a.dtype,
        )
        return _Product(pair.a, pair.b, mask, 1.0)

    def _join(self, name: str, users: tuple[int, ...]) -> LowRank:
        parts = [self._adapters[slot].parts[name] for slot in users]
        if len(parts) == 1:
            return parts[0]
        key = (name, users)
        if key not in self._joined:
            joined = LowRank(
                mx.concatenate([part.a for part in parts], axis=1),
                mx.concatenate([part.b for part in parts], axis=0),
            )
            mx.eval(joined.a, joined.b)
            self._joined[key] = joined
        return self._joined[key]


class RowLinear(Module):
    """A linear layer of the base and what the adapters of the rows add to it."""

    def __init__(self, linear: Module, name: str, bank: Bank):
        super().__init__()  # type: ignore[no-untyped-call]  # its library is untyped
        self.linear = linear
        self._name = name
        self._bank = bank

    def __call__(self, x: mx.array) -> mx.array:
        """Maps (rows, ..., inputs) to (rows, ..., outputs)."""
        return self._bank.add(self._name, x, self.linear(x))


class RowModel:
    """The model as BatchGenerator calls it, with `Slots` at the end of the cache list."""

    def __init__(self, model: Any, bank: Bank):
        self._model = model
        self._bank = bank

    def __call__(self, tokens: mx.array, cache: Sequence[Any]) -> mx.array:
        """Maps (rows, length) tokens to (rows, length, vocabulary) logits."""
        *caches, row = cache
        with self._bank.rows(row.slots):
            logits: mx.array = self._model(tokens, cache=caches)
        return logits


def wrap_linears(model: Any, names: Sequence[str], bank: Bank) -> None:
    """Puts a RowLinear around each named linear layer that has none yet.

    Raises:
        NotBatchableError: a module is no plain linear layer; nothing was changed then.
    """
    modules = dict(model.named_modules())
    plain: dict[str, Module] = {}
    for name in names:
        module: Any = modules.get(name)
        if isinstance(module, RowLinear):
            continue
        if type(module) not in (Linear, QuantizedLinear):
            raise NotBatchableError(f"{name} is a {type(module).__name__}")
        plain[name] = module
    for name, linear in plain.items():
        _set(model, name, RowLinear(linear, name, bank))


def unwrap_linears(model: Any) -> None:
    """Takes every RowLinear off again."""
    for name, module in dict(model.named_modules()).items():
        if isinstance(module, RowLinear):
            _set(model, name, module.linear)


def _set(model: Any, name: str, module: Module) -> None:
    path = name.split(".")
    parent: Any = model
    for step in path[:-1]:
        parent = parent[int(step)] if step.isdigit() else getattr(parent, step)
    setattr(parent, path[-1], module)
