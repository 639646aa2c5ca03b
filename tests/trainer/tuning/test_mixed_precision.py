"""Low-rank layers compute in the model's number format and learn in 32 bits."""

from typing import Any

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx
from mlx.nn.layers.linear import Linear
from mlx.nn.utils import value_and_grad
from mlx.utils import tree_flatten
from mlx_lm.tuner.lora import LoRALinear

from trainer.models.loading import LoadedModel
from trainer.planning.hyperparameters import plan
from trainer.planning.settings import TrainingSettings
from trainer.tuning.lora import add_lora
from trainer.tuning.mixed_precision import MixedPrecisionLoRALinear, use_mixed_precision


def layer(dtype: mx.Dtype) -> LoRALinear:
    mx.random.seed(0)
    linear = Linear(48, 32)
    linear.set_dtype(dtype)
    made: LoRALinear = LoRALinear.from_base(linear, r=4, scale=10.0)
    made.lora_b = mx.random.normal((4, 32)) * 0.1
    return made


def test_in_a_model_of_32_bits_nothing_changes() -> None:
    theirs, ours = layer(mx.float32), layer(mx.float32)
    use_mixed_precision(ours)
    x = mx.random.normal((2, 5, 48))
    assert type(ours) is MixedPrecisionLoRALinear
    assert mx.array_equal(ours(x), theirs(x))


def test_in_16_bits_the_answer_is_theirs_to_rounding_and_weights_learn_in_32() -> None:
    theirs, ours = layer(mx.bfloat16), layer(mx.bfloat16)
    use_mixed_precision(ours)
    ours.linear.freeze()
    x = mx.random.normal((2, 5, 48)).astype(mx.bfloat16)
    found = ours(x)
    assert found.dtype == mx.bfloat16
    assert mx.allclose(found, theirs(x), rtol=3e-2, atol=3e-2)

    def loss(layer: LoRALinear) -> mx.array:
        y: mx.array = layer(x)
        return y.astype(mx.float32).square().mean()

    _, gradients = value_and_grad(ours, loss)(ours)
    assert gradients["lora_a"].dtype == gradients["lora_b"].dtype == mx.float32


def test_its_weights_have_the_names_that_mlx_lm_gives_them() -> None:
    ours = layer(mx.bfloat16)
    use_mixed_precision(ours)
    assert {"lora_a", "lora_b", "linear"} <= set(ours)
    assert ours.fuse().weight.shape == (32, 48)


def test_a_model_of_16_bits_stays_one_while_it_learns(tiny: LoadedModel) -> None:
    tiny.model.set_dtype(mx.bfloat16)
    add_lora(tiny.model, plan(TrainingSettings(rank=4), 9))
    assert tiny.model(mx.array([[3, 4, 5]])).dtype == mx.bfloat16
    learned: Any = tree_flatten(tiny.model.trainable_parameters())
    assert {weight.dtype for _, weight in learned} == {mx.float32}
    assert any(
        type(module) is MixedPrecisionLoRALinear for module in tiny.model.layers[0].modules()
    )
