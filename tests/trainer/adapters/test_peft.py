"""An adapter in PEFT's layout computes what the same adapter computes in mlx-lm."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx

from tests.tiny_models import Architecture, build_adapter, build_model
from trainer.adapters.peft import to_peft
from trainer.errors import AdapterError
from trainer.models.loading import load


@pytest.mark.parametrize("architecture", ["llama", "qwen3"])
def test_the_arithmetic_is_the_same(tmp_path: Path, architecture: Architecture) -> None:
    """PEFT's own formula in numpy, on every layer, against mlx-lm's layers."""
    base = build_model(tmp_path / "base", architecture)
    adapter = build_adapter(tmp_path / "v0001", base, rank=3, scale=7.0, layers=1)
    folder = to_peft(adapter, tmp_path / "peft", "some/model")
    config = json.loads((folder / "adapter_config.json").read_text())
    weights = load_file(folder / "adapter_model.safetensors")
    tuned = load(base, adapter=adapter).model
    layers = {name: module for name, module in tuned.named_modules() if hasattr(module, "lora_a")}
    assert len(weights) == 2 * len(layers) > 0
    scaling = config["lora_alpha"] / config["r"]
    for name, module in layers.items():
        a = weights[f"base_model.model.{name}.lora_A.weight"]
        b = weights[f"base_model.model.{name}.lora_B.weight"]
        plain = np.array(module.linear.weight)
        assert (a.shape, b.shape) == ((3, plain.shape[1]), (plain.shape[0], 3))
        x = np.random.default_rng(0).normal(size=(5, plain.shape[1])).astype(np.float32)
        expected = x @ plain.T + scaling * (x @ a.T) @ b.T
        assert np.allclose(np.array(module(mx.array(x))), expected, atol=1e-4)
        assert name.split(".")[-1] in config["target_modules"]


def test_the_configuration_is_what_peft_asks_for(tmp_path: Path) -> None:
    base = build_model(tmp_path / "base")
    adapter = build_adapter(tmp_path / "v0001", base, rank=4, scale=20.0, keys=["self_attn.q_proj"])
    folder = to_peft(adapter, tmp_path / "peft", "some/model")
    config = json.loads((folder / "adapter_config.json").read_text())
    assert config["peft_type"] == "LORA"
    assert config["task_type"] == "CAUSAL_LM"
    assert config["base_model_name_or_path"] == "some/model"
    assert (config["r"], config["lora_alpha"]) == (4, 80.0)
    assert config["target_modules"] == ["q_proj"]
    assert config["lora_dropout"] == 0
    assert config["bias"] == "none"
    assert config["inference_mode"] is True
    # Each of these would change the arithmetic or the names of the weights.
    for changed in ("fan_in_fan_out", "use_rslora", "use_dora"):
        assert config[changed] is False


def test_magnitudes_of_dora_have_the_name_that_peft_saves_them_under(tmp_path: Path) -> None:
    base = build_model(tmp_path / "base")
    dora = build_adapter(tmp_path / "v0001", base, kind="dora", keys=["self_attn.q_proj"])
    folder = to_peft(dora, tmp_path / "peft", "some/model")
    config = json.loads((folder / "adapter_config.json").read_text())
    assert (config["use_dora"], config["target_modules"]) == (True, ["q_proj"])
    weights = load_file(folder / "adapter_model.safetensors")
    name = "base_model.model.model.layers.0.self_attn.q_proj"
    assert weights[f"{name}.lora_magnitude_vector"].shape == (128,)
    assert weights[f"{name}.lora_A.weight"].shape == (4, 64)


def test_what_peft_has_no_name_for_is_refused(tmp_path: Path) -> None:
    base = build_model(tmp_path / "base")
    dora = build_adapter(tmp_path / "dora", base, kind="dora")
    with pytest.raises(AdapterError, match=r"llama\.cpp does not read: fuse it"):
        to_peft(dora, tmp_path / "peft", "x", dora=False)
    whole = build_adapter(tmp_path / "full", base)
    (whole / "adapter_config.json").write_text(
        '{"fine_tune_type": "full", "lora_parameters": {"rank": 4, "scale": 1}}'
    )
    with pytest.raises(AdapterError, match="no LoRA adapter"):
        to_peft(whole, tmp_path / "peft", "x")
    embedding = build_adapter(tmp_path / "embedding", base, keys=["model.embed_tokens"])
    with pytest.raises(AdapterError, match="PEFT has no name for it"):
        to_peft(embedding, tmp_path / "peft", "x")
    mixture = build_model(tmp_path / "moe", "qwen3_moe")
    experts = build_adapter(tmp_path / "experts", mixture)
    with pytest.raises(AdapterError, match="PEFT has no name for it"):
        to_peft(experts, tmp_path / "peft", "x")
    with pytest.raises(AdapterError, match="exists"):
        to_peft(dora, base, "x")
    assert not (tmp_path / "peft").exists()


def test_a_failure_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = build_model(tmp_path / "base")
    adapter = build_adapter(tmp_path / "v0001", base)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(mx, "save_safetensors", full)
    with pytest.raises(OSError, match="No space left"):
        to_peft(adapter, tmp_path / "exports" / "peft", "x")
    assert list((tmp_path / "exports").iterdir()) == []
