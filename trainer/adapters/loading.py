"""An adapter folder as mlx-lm writes it becomes weights that can be applied row by row."""

import json
from pathlib import Path
from typing import Any

import trainer.hardware.device

# isort: split
import mlx.core as mx

from trainer.adapters.registry import CARD, CONFIG, WEIGHTS, read_card
from trainer.errors import AdapterError
from trainer.inference.multi_lora import LowRank, NotBatchableError, RowAdapter, RowLinear
from trainer.models.loading import LoadedModel

_MATRIX = 2
"""Axes of a plain matrix."""


def read_adapter(folder: Path, loaded: LoadedModel) -> RowAdapter:
    """Reads an adapter and checks that it fits the model.

    Raises:
        AdapterError: it cannot be read, or was made for another model.
        NotBatchableError: it is more than low-rank products on linear layers.
    """
    kind, scale, weights = _read(folder)
    if kind != "lora":
        raise NotBatchableError(f"it is of the kind '{kind}'")
    modules = dict(loaded.model.named_modules())
    parts = {}
    for name in sorted({key.rpartition(".")[0] for key in weights}):
        a, b = weights.pop(f"{name}.lora_a", None), weights.pop(f"{name}.lora_b", None)
        if a is None or b is None:
            raise NotBatchableError(f"{name} has other weights than lora_a and lora_b")
        parts[name] = _fitting(folder, name, modules.get(name), a, b)
    if weights:
        raise NotBatchableError(f"{next(iter(weights))} is no low-rank weight")
    mx.eval([part.a for part in parts.values()], [part.b for part in parts.values()])
    return RowAdapter(parts, scale)


def check_card(folder: Path, loaded: LoadedModel) -> None:
    """Compares what the adapter was trained on with the model that would use it.

    Raises:
        AdapterError: its chat template or its base model was another one.
    """
    if not (folder / CARD).is_file():
        return
    card = read_card(folder)
    if card.template_hash and card.template_hash != loaded.template_hash:
        raise AdapterError(
            f"The adapter '{folder.name}' was trained with another chat template: train it anew."
        )
    if card.base_revision and card.base_revision != loaded.revision:
        raise AdapterError(
            f"The adapter '{folder.name}' was trained on another model ({card.base_model}): "
            "train it anew, or go back to that model."
        )


def _read(folder: Path) -> tuple[str, float, dict[str, mx.array]]:
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        kind = str(config.get("fine_tune_type", "lora"))
        scale = float(config["lora_parameters"]["scale"]) if kind == "lora" else 0.0
        weights = mx.load(str(folder / WEIGHTS))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError) as error:
        raise AdapterError(f"The adapter '{folder.name}' cannot be read.") from error
    if not isinstance(weights, dict) or not weights:
        raise AdapterError(f"The adapter '{folder.name}' holds no weights.")
    return kind, scale, weights


def _fitting(folder: Path, name: str, module: Any, a: mx.array, b: mx.array) -> LowRank:
    if isinstance(module, RowLinear):
        module = module.linear
    if module is None:
        raise AdapterError(f"The adapter '{folder.name}' is for another model: it has {name}.")
    if "weight" not in module or any(part.ndim != _MATRIX for part in (a, b, module.weight)):
        raise NotBatchableError(f"{name} is no plain matrix")
    outputs, inputs = module.weight.shape
    if module.weight.dtype == mx.uint32:
        inputs = inputs * 32 // module.bits
    if a.shape[0] != inputs or b.shape[1] != outputs or a.shape[1] != b.shape[0]:
        raise AdapterError(
            f"The adapter '{folder.name}' is for another model: the shapes of {name} differ."
        )
    if trainer.hardware.device.on_cpu():
        a, b = a.astype(mx.float32), b.astype(mx.float32)
    return LowRank(a, b)
