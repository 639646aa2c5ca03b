"""An adapter's folder becomes low-rank products, or is refused with a reason."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx

from tests.tiny_models import build_adapter, build_model
from trainer.adapters.loading import check_card, read_adapter
from trainer.errors import AdapterError
from trainer.inference.multi_lora import NotBatchableError
from trainer.models.loading import LoadedModel, load

WEIGHTS = "adapters.safetensors"


@pytest.fixture
def adapter(tiny_folder: Path, tmp_path: Path) -> Path:
    return build_adapter(tmp_path / "v0001", tiny_folder, rank=3, scale=7.0, layers=1)


def change(adapter: Path, **weights: mx.array | None) -> None:
    """Puts other weights into the file, or takes them out; `__` stands for a dot."""
    kept = mx.load(str(adapter / WEIGHTS))
    assert isinstance(kept, dict)
    for name, array in weights.items():
        kept.pop(name.replace("__", "."), None)
        if array is not None:
            kept[name.replace("__", ".")] = array
    mx.eval(kept)
    mx.save_safetensors(str(adapter / WEIGHTS), kept)


def test_every_layer_comes_with_its_two_matrices_and_the_scale(
    tiny: LoadedModel, adapter: Path
) -> None:
    read = read_adapter(adapter, tiny)
    assert read.scale == 7.0
    weights = mx.load(str(adapter / WEIGHTS))
    assert isinstance(weights, dict)
    assert {f"{name}.lora_a" for name in read.parts} == {n for n in weights if n.endswith("_a")}
    for name, part in read.parts.items():
        assert mx.array_equal(part.a, weights[f"{name}.lora_a"])
        assert mx.array_equal(part.b, weights[f"{name}.lora_b"])


def test_an_adapter_of_a_quantised_model_fits_it(tmp_path: Path) -> None:
    folder = build_model(tmp_path / "model", bits=4)
    adapter = build_adapter(tmp_path / "v0001", folder)
    assert read_adapter(adapter, load(folder)).parts


def test_16_bit_weights_are_widened_on_a_processor_only(
    tiny: LoadedModel, adapter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = mx.load(str(adapter / WEIGHTS))
    assert isinstance(weights, dict)
    narrow = {name: array.astype(mx.bfloat16) for name, array in weights.items()}
    mx.eval(narrow)
    mx.save_safetensors(str(adapter / WEIGHTS), narrow)
    for on_cpu, kind in ((True, mx.float32), (False, mx.bfloat16)):
        monkeypatch.setattr("trainer.hardware.device.on_cpu", lambda on_cpu=on_cpu: on_cpu)
        parts = read_adapter(adapter, tiny).parts.values()
        assert {part.a.dtype for part in parts} == {part.b.dtype for part in parts} == {kind}


def test_another_kind_than_lora_cannot_be_batched(
    tiny: LoadedModel, tiny_folder: Path, tmp_path: Path
) -> None:
    dora = build_adapter(tmp_path / "dora", tiny_folder, kind="dora")
    with pytest.raises(NotBatchableError, match="of the kind 'dora'"):
        read_adapter(dora, tiny)


@pytest.mark.parametrize("missing", ["lora_a", "lora_b"])
def test_a_layer_with_one_matrix_only_cannot_be_batched(
    tiny: LoadedModel, adapter: Path, missing: str
) -> None:
    change(adapter, **{f"model__layers__1__self_attn__q_proj__{missing}": None})
    with pytest.raises(NotBatchableError, match="other weights than lora_a and lora_b"):
        read_adapter(adapter, tiny)


def test_a_further_weight_of_a_layer_cannot_be_batched(tiny: LoadedModel, adapter: Path) -> None:
    change(adapter, model__layers__1__self_attn__q_proj__m=mx.ones((128,)))
    with pytest.raises(NotBatchableError, match=r"q_proj\.m is no low-rank weight"):
        read_adapter(adapter, tiny)


def test_what_is_no_matrix_cannot_be_batched(tiny: LoadedModel, adapter: Path) -> None:
    change(adapter, model__layers__1__self_attn__q_proj__lora_a=mx.ones((1, 64, 3)))
    with pytest.raises(NotBatchableError, match="q_proj is no plain matrix"):
        read_adapter(adapter, tiny)


def test_an_adapter_of_a_deeper_model_is_refused(tiny: LoadedModel, adapter: Path) -> None:
    change(
        adapter,
        model__layers__9__self_attn__q_proj__lora_a=mx.ones((64, 3)),
        model__layers__9__self_attn__q_proj__lora_b=mx.ones((3, 128)),
    )
    with pytest.raises(AdapterError, match=r"another model: it has model\.layers\.9"):
        read_adapter(adapter, tiny)


@pytest.mark.parametrize(
    ("a", "b"), [((63, 3), (3, 128)), ((64, 3), (3, 127)), ((64, 3), (4, 128))]
)
def test_an_adapter_of_a_model_with_other_shapes_is_refused(
    tiny: LoadedModel, adapter: Path, a: tuple[int, int], b: tuple[int, int]
) -> None:
    change(
        adapter,
        model__layers__1__self_attn__q_proj__lora_a=mx.ones(a),
        model__layers__1__self_attn__q_proj__lora_b=mx.ones(b),
    )
    with pytest.raises(AdapterError, match=r"the shapes of .*q_proj differ"):
        read_adapter(adapter, tiny)


def test_an_unreadable_or_empty_adapter_is_refused(tiny: LoadedModel, adapter: Path) -> None:
    mx.save_safetensors(str(adapter / WEIGHTS), {})
    with pytest.raises(AdapterError, match="holds no weights"):
        read_adapter(adapter, tiny)
    (adapter / WEIGHTS).write_bytes(b"junk")
    with pytest.raises(AdapterError, match="cannot be read"):
        read_adapter(adapter, tiny)
    (adapter / "adapter_config.json").write_text("{}")
    with pytest.raises(AdapterError, match="cannot be read"):
        read_adapter(adapter, tiny)


def card(adapter: Path, **changes: str) -> None:
    content = {"version": adapter.name, "base_model": "some/model", **changes}
    (adapter / "card.json").write_text(json.dumps(content))


def test_an_adapter_without_a_card_or_with_a_fitting_one_may_be_used(
    tiny: LoadedModel, adapter: Path
) -> None:
    check_card(adapter, tiny)
    card(adapter, template_hash=tiny.template_hash, base_revision=tiny.revision)
    check_card(adapter, tiny)
    card(adapter)
    check_card(adapter, tiny)


def test_another_template_or_base_model_is_refused(tiny: LoadedModel, adapter: Path) -> None:
    card(adapter, template_hash=tiny.template_hash, base_revision=tiny.revision)
    with pytest.raises(AdapterError, match="'v0001' was trained with another chat template"):
        check_card(adapter, replace(tiny, template_hash="other"))
    with pytest.raises(AdapterError, match=r"on another model \(some/model\)"):
        check_card(adapter, replace(tiny, revision="other"))
