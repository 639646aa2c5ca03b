"""Reads a folder of PEFT: `adapter_model.safetensors` and `adapter_config.json`.

PEFT computes x·W' + scaling · (x·A')·B' with A' (r, in) and B' (out, r), and scaling = alpha / r,
or alpha / √r with `use_rslora`. Ranks and alphas may differ from module to module; mlx-lm has one
rank and one scale for all, so that smaller matrices are filled with zeros and another scaling is
multiplied into B. What an adapter changes besides its low-rank products is refused by name.
Source: `peft/tuners/lora` (layer.py, config.py) and `peft/utils/save_and_load.py`.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx

from trainer.adapters.foreign.adapter import MAX_RANK, ForeignAdapter, load_arrays
from trainer.adapters.foreign.files import Tensor, copy_weights, shown
from trainer.adapters.foreign.numbers import real, text, whole
from trainer.adapters.peft import PEFT_WEIGHTS
from trainer.errors import AdapterError

_NAME = re.compile(
    r"(?:base_model\.model\.)?(?P<module>[\w.]+?)\."
    r"(?:lora_(?P<part>[AB])(?:\.default)?\.weight"
    r"|(?P<m>lora_magnitude_vector)(?:\.default)?(?:\.weight)?)",
    re.ASCII,
)
_PATTERN = re.compile(r"\^?[\w.]+\$?", re.ASCII)
"""A key of rank_pattern or alpha_pattern that is a name; any other one could take for ever."""
_MOST_KEYS = 2000
_FLOAT_BYTES = 4
_MORE = {
    "modules_to_save": "whole modules were trained as well",
    "trainable_token_indices": "embeddings of tokens were trained as well",
    "target_parameters": "bare parameters were trained, as of experts",
    "layer_replication": "it repeats layers of the base",
    "lora_bias": "biases were trained as well",
    "fan_in_fan_out": "its layers are turned, as those of GPT-2",
    "alora_invocation_tokens": "it only works after certain tokens",
}
"""Keys whose value changes what is computed, in a way that mlx-lm has nothing for."""
_OWN_START = ("pissa", "olora", "corda", "loftq", "lora_ga")
"""Values of init_lora_weights with which PEFT changes the base's weights before it trains."""


def read_peft(folder: Path, config: Mapping[str, Any], scratch: Path, limit: int) -> ForeignAdapter:
    """Reads an adapter of PEFT.

    Args:
        folder: somebody else's.
        config: its configuration.
        scratch: an empty folder for the copy of the weights; it must stay until they are computed.
        limit: most bytes of weights, as they are here and as they become.

    Raises:
        AdapterError: it is more than LoRA or DoRA on linear layers, or its files are broken.
    """
    _require_plain(config)
    copy = scratch / PEFT_WEIGHTS
    tensors = copy_weights(folder, PEFT_WEIGHTS, copy, limit)
    dora = config.get("use_dora") is True
    names = {name: _renamed(name, tensor, dora=dora) for name, tensor in tensors.items()}
    if len({*names.values()}) < len(names):
        raise AdapterError("It names one module twice: save a single adapter.")
    ranks = {
        names[name].rpartition(".")[0]: tensor.shape[0]
        for name, tensor in tensors.items()
        if names[name].endswith(".lora_a")
    }
    _require_whole(names, tensors, ranks)
    patterns = _Patterns.of(config)
    scalings = {name: _scaling(config, patterns, name, rank) for name, rank in ranks.items()}
    rank = max(ranks.values(), default=0)
    if not 1 <= rank <= MAX_RANK:
        raise AdapterError(f"Its matrices have a rank of {rank}; 1 to {MAX_RANK} is read.")
    if _padded_bytes(tensors, rank) > limit:
        raise AdapterError("Its ranks differ so much that it would become too large.")
    scale = max(scalings.values())
    loaded = load_arrays(copy)
    weights = {}
    for name, array in loaded.items():
        module, _, part = names[name].rpartition(".")
        factor = scalings.get(module, scale) / scale if scale else 1.0
        weights[names[name]] = _turned(array, part, rank, factor)
    return ForeignAdapter(
        layout="PEFT",
        kind="dora" if dora else "lora",
        rank=rank,
        scale=scale,
        weights=weights,
        base=text(config, "base_model_name_or_path"),
        dropout=real(config, "lora_dropout", 0.0),
    )


def _require_plain(config: Mapping[str, Any]) -> None:
    """Refuses by name what is not LoRA or DoRA on linear layers of a language model."""
    kind, task = config.get("peft_type"), config.get("task_type")
    if kind != "LORA":
        raise AdapterError(f"It is of PEFT's type '{shown(kind)}'; LORA (and DoRA) is read.")
    if task not in (None, "CAUSAL_LM"):
        raise AdapterError(f"It is for the task '{shown(task)}'; CAUSAL_LM is read.")
    for key, why in _MORE.items():
        if config.get(key):
            raise AdapterError(f"`{key}` is set: {why}, which is not read. Train without it.")
    if config.get("bias", "none") not in ("none", None, False):
        raise AdapterError("`bias` is set: biases were trained as well, which is not read.")
    for key, value in config.items():
        if str(key).startswith("use_") and value and key not in ("use_rslora", "use_dora"):
            raise AdapterError(f"`{shown(key)}` is set, which is not read. Train without it.")
    start = config.get("init_lora_weights")
    if isinstance(start, str) and start.lower().startswith(_OWN_START):
        raise AdapterError(
            f"`init_lora_weights` is '{shown(start)}', which changes the base itself: convert it "
            "with PEFT's save_pretrained(path_initial_model_for_weight_conversion=...) first."
        )


def _renamed(name: str, tensor: Tensor, *, dora: bool) -> str:
    """Returns the name of an array in mlx-lm."""
    if "lora_embedding_" in name:
        raise AdapterError("It changes embeddings, which is not read: train linear layers alone.")
    match = _NAME.fullmatch(name)
    if match is None or (match["m"] and not dora):
        raise AdapterError(
            f"It has '{shown(name)}', which is no low-rank part of a linear layer and is not read."
        )
    if match["m"]:
        return f"{match['module']}.m"
    if len(tensor.shape) != 2:  # noqa: PLR2004  a matrix
        raise AdapterError(f"'{shown(name)}' is no matrix: only linear layers are read.")
    return f"{match['module']}.lora_{match['part'].lower()}"


def _require_whole(
    names: Mapping[str, str], tensors: Mapping[str, Tensor], ranks: Mapping[str, int]
) -> None:
    """Refuses a second matrix that has no first one, or one of another rank."""
    for name, tensor in tensors.items():
        module, _, part = names[name].rpartition(".")
        if part != "lora_b":
            continue
        if module not in ranks:
            raise AdapterError(f"Of '{shown(module)}' it has but a part: save the adapter anew.")
        if tensor.shape[1] != ranks[module]:
            raise AdapterError(
                f"The matrices of '{shown(module)}' have different ranks ({ranks[module]} and "
                f"{tensor.shape[1]}): save the adapter anew."
            )


@dataclass(frozen=True)
class _Patterns:
    """The ranks and alphas of single modules, by the end of their names."""

    ranks: Mapping[str, Any]
    alphas: Mapping[str, Any]

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> "_Patterns":
        """Reads both patterns of a configuration."""
        return cls(_pattern(config, "rank_pattern"), _pattern(config, "alpha_pattern"))

    def key(self, module: str) -> str:
        """Returns the first key that a module is named by, which decides about both, as in PEFT."""
        keys = (*self.ranks, *self.alphas)
        return next((key for key in keys if _named_by(key, module)), "")


def _scaling(config: Mapping[str, Any], patterns: _Patterns, module: str, rank: int) -> float:
    """Returns the factor of one module's product; its rank must be as the configuration says."""
    key = patterns.key(module)
    expected = whole(patterns.ranks, key, whole(config, "r", 8, MAX_RANK), MAX_RANK)
    if expected != rank:
        raise AdapterError(
            f"'{shown(module)}' has the rank {rank}, where the configuration says {expected}."
        )
    alpha = real(patterns.alphas, key, real(config, "lora_alpha", 8))
    return alpha / (math.sqrt(rank) if config.get("use_rslora") else rank)


def _pattern(config: Mapping[str, Any], name: str) -> dict[str, Any]:
    pattern = config.get(name) or {}
    if not isinstance(pattern, dict) or len(pattern) > _MOST_KEYS:
        raise AdapterError(f"`{name}` is no object, or has too many keys: save the adapter anew.")
    for key in pattern:
        if not _PATTERN.fullmatch(key):
            raise AdapterError(
                f"`{name}` has '{shown(key)}', a regular expression: only names are read."
            )
    return pattern


def _named_by(key: str, module: str) -> bool:
    name = key.removeprefix("^").removesuffix("$")
    return module == name or (not key.startswith("^") and module.endswith(f".{name}"))


def _padded_bytes(tensors: Mapping[str, Tensor], rank: int) -> int:
    sides = (max(tensor.shape) for tensor in tensors.values() if tensor.shape)
    return sum(side * rank * _FLOAT_BYTES for side in sides)


def _turned(array: mx.array, part: str, rank: int, factor: float) -> mx.array:
    """Returns an array as mlx-lm has it: turned, scaled, and filled up to the rank with zeros."""
    if part == "m":
        return array.reshape(-1)
    missing = rank - (array.shape[0] if part == "lora_a" else array.shape[1])
    turned = array.T
    if part == "lora_a":
        return mx.pad(turned, [(0, 0), (0, missing)])
    # Only where it is needed: a product in 16 bits would round what was trained.
    scaled = turned if factor == 1.0 else turned.astype(mx.float32) * factor
    return mx.pad(scaled, [(0, missing), (0, 0)])
