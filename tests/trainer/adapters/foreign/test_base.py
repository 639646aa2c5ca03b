"""Which names are those of one base, and which parts of an adapter fit it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx

from trainer.adapters.foreign.adapter import ForeignAdapter
from trainer.adapters.foreign.base import fitted, same_base
from trainer.errors import AdapterError
from trainer.models.loading import LoadedModel

Q = "model.layers.0.self_attn.q_proj"
PARTS = {f"{Q}.lora_a": mx.zeros((64, 4)), f"{Q}.lora_b": mx.zeros((4, 128))}
ADAPTER = ForeignAdapter("mlx-lm", "lora", 4, 1.0, PARTS)


@pytest.mark.parametrize(
    ("said", "name", "same"),
    [
        ("", "Qwen/Qwen3-0.6B", None),
        ("Qwen/Qwen3-0.6B", "Qwen/Qwen3-0.6B", True),
        ("mlx-community/Qwen3-0.6B-4bit", "Qwen/Qwen3-0.6B", True),
        ("/home/ann/models/qwen3-0.6b/", "mlx-community/Qwen3-0.6B-8bit-mlx", True),
        ("C:\\models\\Qwen3-0.6B-bf16", "Qwen/Qwen3-0.6B", True),
        ("Qwen/Qwen3-0.6B-Base", "Qwen/Qwen3-0.6B", False),
        ("mistralai/Mistral-7B-v0.1", "mistralai/Mistral-7B-v0.3", False),
        ("HuggingFaceTB/SmolLM2-135M-Instruct", "starter", True),
        ("/cache/models/smollm2-135m-instruct-f32-1", "starter", True),
        ("starter", "starter", True),
        ("HuggingFaceTB/SmolLM2-360M-Instruct", "starter", False),
        ("x" + "-q1_q1" * 2000, "starter", False),
    ],
)
def test_names_of_a_base_are_compared_without_place_and_precision(
    tmp_path: Path, tiny: LoadedModel, said: str, name: str, same: bool | None
) -> None:
    assert same_base(said, name, replace(tiny, path=tmp_path)) is same


def test_modules_of_a_model_that_also_sees_are_found_behind_its_prefix(tiny: LoadedModel) -> None:
    class Seeing:
        def named_modules(self) -> list[tuple[str, Any]]:
            return [(f"language_model.{name}", m) for name, m in tiny.model.named_modules()]

    renamed = fitted(ADAPTER, replace(tiny, model=Seeing()))
    assert {*renamed.modules()} == {f"language_model.{Q}"}
    assert fitted(ADAPTER, tiny).weights == PARTS


@pytest.mark.parametrize(
    ("weights", "sentence"),
    [
        ({f"{Q}.lora_a": mx.zeros((64, 4))}, "has but a part"),
        (PARTS | {f"{Q}.m": mx.zeros(128)}, "has but a part"),
        (PARTS | {f"{Q}.lora_a": mx.zeros((128, 4))}, "shapes of"),
        (PARTS | {f"{Q}.lora_a": mx.zeros((1, 64, 4))}, "shapes of"),
        (
            {
                "model.embed_tokens.lora_a": mx.zeros((261, 4)),
                "model.embed_tokens.lora_b": mx.zeros((4, 64)),
            },
            "no linear layer",
        ),
        ({"lora_a": mx.zeros((64, 4)), "lora_b": mx.zeros((4, 64))}, "no linear layer"),
    ],
)
def test_what_does_not_fit_is_refused(
    tiny: LoadedModel, weights: dict[str, mx.array], sentence: str
) -> None:
    with pytest.raises(AdapterError, match=sentence):
        fitted(replace(ADAPTER, weights=weights), tiny)
