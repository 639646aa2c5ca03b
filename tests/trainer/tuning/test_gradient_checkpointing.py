"""Long rows take less memory, and nothing else is any different."""

import gc
import importlib
from pathlib import Path
from typing import Any

import pytest

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx
import numpy as np
from mlx.nn.utils import value_and_grad
from mlx.utils import tree_flatten

from tests.trainer.tuning.test_lora import weights
from trainer.augmentation.mixture import Curriculum
from trainer.models.loading import LoadedModel, load
from trainer.models.tokenization import TokenRow
from trainer.planning.hyperparameters import Plan, plan
from trainer.planning.settings import TrainingSettings
from trainer.tuning import batches, lora
from trainer.tuning import gradient_checkpointing as checkpointing_module
from trainer.tuning.batches import FixedRows
from trainer.tuning.gradient_checkpointing import (
    NO_LIMIT,
    checkpointing_limit,
    gradient_checkpointing,
)
from trainer.tuning.lora import add_lora, train

UNUSUAL: dict[str, dict[str, Any]] = {
    # Keys and values of one block go to others, as a tuple.
    "gemma4_text": {
        "hidden_size": 32, "num_hidden_layers": 4, "intermediate_size": 48, "head_dim": 16,
        "num_attention_heads": 2, "global_head_dim": 16, "vocab_size": 96, "sliding_window": 64,
        "vocab_size_per_layer_input": 96, "num_kv_shared_layers": 2, "sliding_window_pattern": 2,
        "hidden_size_per_layer_input": 8,
    },
    # Blocks are called by keyword.
    "gptj": {"n_embd": 32, "vocab_size": 96, "n_head": 2, "rotary_dim": 8, "n_layer": 2},
    # Blocks of two kinds.
    "lfm2": {
        "vocab_size": 96, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
        "num_key_value_heads": 2, "max_position_embeddings": 128, "norm_eps": 1e-5,
        "conv_bias": False, "conv_L_cache": 3, "block_dim": 32, "block_ff_dim": 48,
        "block_multiple_of": 8, "block_ffn_dim_multiplier": 1.0, "block_auto_adjust_ff_dim": False,
        "full_attn_idxs": [1], "rope_theta": 1e4,
    },
}  # fmt: skip
"""Small configurations of models whose blocks are called in other ways."""


def planned(**more: object) -> Plan:
    values = {"iters": 4, "batch_size": 4, "replay": 0.0, "validations": 1} | more
    return plan(TrainingSettings.model_validate(values), 16)


def rows(long: int) -> list[TokenRow]:
    """Thirteen short rows and three long ones, all with the same beginning."""
    random = np.random.default_rng(0)
    drawn = [random.integers(3, 90, 24 if n < 13 else long).tolist() for n in range(16)]
    return [TokenRow((*range(20, 32), *row), len(row) + 4) for row in drawn]


def gradients(model: Any, tokens: mx.array) -> list[tuple[str, mx.array]]:
    def loss(model: Any) -> mx.array:
        found: mx.array = model(tokens)
        return found.astype(mx.float32).square().mean()

    found: Any = value_and_grad(model, loss)
    flat: Any = tree_flatten(found(model)[1])
    return list(flat)


def same_gradients(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of rows of 40 tokens, whose blocks are each computed again."""
    again: list[object] = []
    checkpointed = checkpointing_module._checkpointed

    def counted(call: Any, block: Any, args: Any, kwargs: Any) -> Any:
        again.append(block)
        return checkpointed(call, block, args, kwargs)

    add_lora(model, planned(rank=4))
    for _, module in model.named_modules():
        if "lora_b" in module:
            module.lora_b = mx.random.normal(module.lora_b.shape) * 0.1
    tokens = mx.array(np.random.default_rng(0).integers(3, 90, (2, 40)))
    plain = gradients(model, tokens)
    with gradient_checkpointing(model, 39) as limit:
        monkeypatch.setattr(checkpointing_module, "_checkpointed", counted)
        ours = gradients(model, tokens)
    assert (limit, again) == (39, list(model.layers))
    for (name, one), (other_name, other) in zip(plain, ours, strict=True):
        assert name == other_name
        assert mx.allclose(one, other, rtol=1e-4, atol=1e-6), name
    assert all(mx.any(value != 0) for _, value in ours)


def test_gradients_of_long_rows_are_the_same_in_every_architecture(
    any_tiny: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    same_gradients(any_tiny.model, monkeypatch)


@pytest.mark.parametrize("kind", UNUSUAL)
def test_so_they_are_where_blocks_are_called_in_other_ways(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mx.random.seed(0)
    module = importlib.import_module(f"mlx_lm.models.{kind}")
    model = module.Model(module.ModelArgs.from_dict({"model_type": kind} | UNUSUAL[kind]))
    mx.eval(model.parameters())
    same_gradients(model, monkeypatch)


def trained(tiny: LoadedModel, limit: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if limit is not None:
        monkeypatch.setattr(lora, "checkpointing_limit", lambda _: limit)
    plans = planned()
    add_lora(tiny.model, plans)
    mx.eval(tiny.model.parameters())
    gc.collect()  # models of earlier tests are in circles of references, and would count
    mx.reset_peak_memory()
    train(tiny.model, Curriculum([[row] for row in rows(400)]), [], plans)


def test_a_run_learns_the_same_with_less_memory(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpointing_module, "LONG_QUANTILE", 0.8)
    gc.collect()
    others = mx.get_active_memory()  # what other tests hold
    first, second = load(tiny_folder), load(tiny_folder)
    trained(first, None, monkeypatch)
    with_less = mx.get_peak_memory() - others
    trained(second, NO_LIMIT, monkeypatch)
    assert with_less < 0.93 * (mx.get_peak_memory() - others)
    ours, theirs = weights(first.model), weights(second.model)
    assert all(mx.allclose(ours[name], theirs[name], rtol=1e-3, atol=1e-5) for name in theirs)


def test_only_rows_much_longer_than_most_are_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpointing_module, "LONG_QUANTILE", 0.8)
    assert checkpointing_limit([50] * 9 + [400]) == 55
    assert checkpointing_limit(range(1, 101)) == 80
    assert checkpointing_limit([50, 51, 52, 53]) == 57
    assert checkpointing_limit([]) == NO_LIMIT
    monkeypatch.setattr(checkpointing_module, "LONG_QUANTILE", 1.0)
    assert checkpointing_limit([50] * 9 + [400]) == NO_LIMIT


def test_a_model_whose_blocks_cannot_be_computed_again_is_left_alone(
    tiny: LoadedModel, caplog: pytest.LogCaptureFixture
) -> None:
    model = tiny.model
    add_lora(model, planned())
    kind = type(model.layers[0])

    class Counting(kind):  # type: ignore[misc,valid-type]  # a class made at run time
        """Says something else when it is called again."""

        calls = 0

        def __call__(self, *args: object, **kwargs: object) -> mx.array:
            Counting.calls += 1
            found: mx.array = super().__call__(*args, **kwargs)
            return found * Counting.calls

    model.layers[0].__class__ = Counting
    with gradient_checkpointing(model, 0) as limit:
        assert limit == NO_LIMIT
        assert type(model.layers[1]) is kind
    assert "cannot be computed again" in caplog.text


def test_blocks_are_as_they_were_afterwards(tiny: LoadedModel) -> None:
    kind = type(tiny.model.layers[0])
    add_lora(tiny.model, planned())
    with gradient_checkpointing(tiny.model, 0):
        assert type(tiny.model.layers[0]) is not kind
    assert type(tiny.model.layers[0]) is kind


def test_where_dropout_draws_only_what_must_be_is_computed_again() -> None:
    curriculum = Curriculum([[row] for row in rows(400)])
    assert lora._row_limit(curriculum, planned(dropout=0.1)) == NO_LIMIT
    assert lora._row_limit(curriculum, planned(grad_checkpoint=True)) == 0


def test_a_row_is_as_long_as_what_is_computed_of_it_and_no_prefix_goes_with_a_long_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The last token of a row is only predicted."""
    monkeypatch.setattr(checkpointing_module, "LONG_QUANTILE", 0.8)
    monkeypatch.setattr(batches, "COARSE", False)
    some = rows(50)  # 36 and 62 tokens, of which 35 and 61 are computed
    limit = lora._row_limit(Curriculum([[row] for row in some]), planned())
    assert limit == 38  # 1.1 times the median
    met = [
        (prefix.shape[1], tokens.shape[1])
        for prefix, tokens, *_ in batches.Batches(longest=limit)(FixedRows(some), 4, 2048)
    ]
    assert all(length <= limit for prefix, length in met if prefix)
    assert {prefix for prefix, _ in met} == {0, 12}
    at_the_limit = FixedRows(
        [TokenRow(row.tokens[:40], 30) for row in rows(50) if len(row) > 40] * 2
    )
    assert {p.shape[1] for p, *_ in batches.Batches(longest=39)(at_the_limit, 3, 99)} == {12}
    assert {p.shape[1] for p, *_ in batches.Batches(longest=38)(at_the_limit, 3, 99)} == {0}


def test_memory_that_runs_out_in_the_trial_is_no_answer(tiny: LoadedModel) -> None:
    add_lora(tiny.model, planned())

    def no_room(*_: object, **__: object) -> mx.array:
        raise RuntimeError("[malloc_or_wait] Unable to allocate 8 bytes.")

    kind = type(tiny.model.layers[0])
    tiny.model.layers[0].__class__ = type("Full", (kind,), {"__call__": no_room})
    with (
        pytest.raises(RuntimeError, match="Unable to allocate"),
        gradient_checkpointing(tiny.model, 0),
    ):
        pass


@pytest.mark.parametrize("training", [True, False])
def test_dropout_does_not_spoil_the_trial_and_the_models_mode_stays(
    tiny: LoadedModel, *, training: bool
) -> None:
    add_lora(tiny.model, planned(dropout=0.5))
    tiny.model.train(training)
    with gradient_checkpointing(tiny.model, 0) as limit:
        assert limit == 0
        assert tiny.model.training is training


def test_a_row_of_exactly_the_limit_is_not_checkpointed(
    tiny: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> mx.array:
        raise AssertionError("this row is short enough")

    add_lora(tiny.model, planned())
    with gradient_checkpointing(tiny.model, 12):
        monkeypatch.setattr(checkpointing_module, "_checkpointed", never)
        assert tiny.model(mx.arange(3, 15)[None]).shape[1] == 12
        with pytest.raises(AssertionError, match="short enough"):
            tiny.model(mx.arange(3, 16)[None])
