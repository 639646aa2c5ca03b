"""Long rows take less memory, and nothing else is any different."""

import gc
from pathlib import Path
from typing import Any

import pytest

import trainer.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx
import numpy as np
from mlx.nn.utils import value_and_grad
from mlx.utils import tree_flatten

from trainer import lora
from trainer.batches import Curriculum
from trainer.lora import add_lora, train
from trainer.models import LoadedModel, load
from trainer.rows import Row
from trainer.schedule import Plan, plan
from trainer.settings import TrainingSettings
from trainer.sparing import NONE, longest_plain, sparing
from trainer.watch import Trained


def planned(**more: object) -> Plan:
    values = {"iters": 4, "batch_size": 4, "replay": 0.0, "validations": 1} | more
    return plan(TrainingSettings.model_validate(values), 16)


def rows(long: int) -> list[Row]:
    """Thirteen short rows and three long ones, all with the same beginning."""
    random = np.random.default_rng(0)
    drawn = [random.integers(3, 90, 24 if n < 13 else long).tolist() for n in range(16)]
    return [Row((*range(20, 32), *row), len(row) + 4) for row in drawn]


def gradients(model: Any, tokens: mx.array) -> list[tuple[str, mx.array]]:
    def loss(model: Any) -> mx.array:
        found: mx.array = model(tokens)
        return found.astype(mx.float32).square().mean()

    found: Any = value_and_grad(model, loss)
    flat: Any = tree_flatten(found(model)[1])
    return list(flat)


def test_gradients_of_long_rows_are_the_same_in_every_architecture(any_tiny: LoadedModel) -> None:
    model = any_tiny.model
    add_lora(model, planned(rank=4))
    for _, module in model.named_modules():
        if "lora_b" in module:
            module.lora_b = mx.random.normal(module.lora_b.shape) * 0.1
    tokens = mx.array(np.random.default_rng(0).integers(3, 90, (2, 40)))
    plain = gradients(model, tokens)
    with sparing(model, 39) as limit:
        assert limit == 39
        ours = gradients(model, tokens)
    for (name, one), (other_name, other) in zip(plain, ours, strict=True):
        assert name == other_name
        assert mx.allclose(one, other, rtol=1e-4, atol=1e-6), name
    assert all(mx.any(value != 0) for _, value in ours)


def trained(tiny: LoadedModel, limit: int | None, monkeypatch: pytest.MonkeyPatch) -> Trained:
    if limit is not None:
        monkeypatch.setattr(lora, "longest_plain", lambda _: limit)
    plans = planned()
    add_lora(tiny.model, plans)
    mx.eval(tiny.model.parameters())
    gc.collect()  # models of earlier tests are in circles of references, and would count
    mx.reset_peak_memory()
    return train(tiny.model, Curriculum([[row] for row in rows(400)]), [], plans)


def test_a_run_learns_the_same_with_less_memory(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spared = trained(load(tiny_folder), None, monkeypatch)
    with_less = mx.get_peak_memory()
    whole = trained(load(tiny_folder), NONE, monkeypatch)
    assert with_less < 0.93 * mx.get_peak_memory()
    assert spared.train_loss == pytest.approx(whole.train_loss, rel=1e-4)


def test_only_rows_much_longer_than_most_are_long() -> None:
    assert longest_plain([50] * 9 + [400]) == 55
    assert longest_plain(range(1, 101)) == 80
    assert longest_plain([50, 51, 52, 53]) == 57
    assert longest_plain([]) == NONE


def test_a_model_whose_blocks_cannot_be_computed_again_is_left_alone(
    tiny: LoadedModel, caplog: pytest.LogCaptureFixture
) -> None:
    model = tiny.model
    add_lora(model, planned())
    kind = type(model.layers[0])

    class Counting(kind):  # type: ignore[misc,valid-type]
        """Says something else when it is called again."""

        calls = 0

        def __call__(self, *args: object, **kwargs: object) -> mx.array:
            Counting.calls += 1
            found: mx.array = super().__call__(*args, **kwargs)
            return found * Counting.calls

    model.layers[0].__class__ = Counting
    with sparing(model, 0) as limit:
        assert limit == NONE
        assert type(model.layers[1]) is kind
    assert "cannot be computed again" in caplog.text


def test_blocks_are_as_they_were_afterwards(tiny: LoadedModel) -> None:
    kind = type(tiny.model.layers[0])
    add_lora(tiny.model, planned())
    with sparing(tiny.model, 0):
        assert type(tiny.model.layers[0]) is not kind
    assert type(tiny.model.layers[0]) is kind


def test_where_dropout_draws_only_what_must_be_is_computed_again() -> None:
    curriculum = Curriculum([[row] for row in rows(400)])
    assert lora._longest_plain(curriculum, planned(dropout=0.1)) == NONE
    assert lora._longest_plain(curriculum, planned(grad_checkpoint=True)) == 0
