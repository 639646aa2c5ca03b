"""Overrides a method of one module for a while, without a change of the module tree."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
from mlx.nn.layers.base import Module


@contextmanager
def overridden(module: Module, method: str, call: Callable[..., Any]) -> Iterator[None]:
    """Gives one module its own method while the context is open.

    The module gets a subclass of its class, as Python looks `__call__` up in the class; the module
    tree and its parameters stay as they are.

    Args:
        module: the module to change.
        method: the name of the method.
        call: the replacement, called with the module first.
    """
    kind = type(module)
    module.__class__ = type(kind.__name__, (kind,), {method: call, "_kind": kind})
    try:
        yield
    finally:
        module.__class__ = kind


def kind_of(module: Module) -> type[Module]:
    """Returns the class that a module had before its method was overridden."""
    kind: type[Module] = getattr(type(module), "_kind", type(module))
    return kind
