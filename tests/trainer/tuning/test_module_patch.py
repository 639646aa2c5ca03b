"""One module gets a method of its own for a while."""

import pytest

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx
from mlx.nn.layers.linear import Linear

from trainer.tuning.module_patch import kind_of, overridden


def test_the_method_is_replaced_on_one_module_and_for_a_while() -> None:
    one, other = Linear(2, 2), Linear(2, 2)
    x = mx.ones((1, 2))
    plain = one(x)
    with overridden(one, "__call__", lambda _, x: x + 1):
        assert one(x).tolist() == [[2, 2]]
        assert other(x).tolist() != [[2, 2]]
        assert isinstance(one, Linear)
    assert mx.array_equal(one(x), plain)


def test_the_method_comes_back_after_an_error() -> None:
    module = Linear(2, 2)
    with pytest.raises(ValueError, match="stop"), overridden(module, "__call__", lambda _, x: x):
        raise ValueError("stop")
    assert type(module) is Linear


def test_the_class_that_a_module_had_before_is_known() -> None:
    module = Linear(2, 2)
    assert kind_of(module) is Linear
    with overridden(module, "__call__", lambda _, x: x):
        assert type(module) is not Linear
        assert type(module).__name__ == "Linear"
        assert kind_of(module) is Linear
