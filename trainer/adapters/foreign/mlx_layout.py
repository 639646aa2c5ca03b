"""Reads a folder of `mlx_lm.lora`: `adapters.safetensors` and `adapter_config.json`.

Our own versions and what `train --out` leaves are such folders. What mlx-lm puts into the
configuration besides, such as paths of the machine that trained, is not taken over.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from trainer.adapters.foreign.adapter import MAX_RANK, ForeignAdapter, Kind, load_arrays
from trainer.adapters.foreign.files import Tensor, copy_weights, shown
from trainer.adapters.foreign.numbers import real, text, whole
from trainer.adapters.registry import WEIGHTS
from trainer.errors import AdapterError

_PARTS: dict[str, frozenset[str]] = {
    "lora": frozenset({"lora_a", "lora_b"}),
    "dora": frozenset({"lora_a", "lora_b", "m"}),
}
_LEAST_AXES = 2


def read_mlx(folder: Path, config: Mapping[str, Any], scratch: Path, limit: int) -> ForeignAdapter:
    """Reads an adapter of mlx-lm.

    Args:
        folder: somebody else's.
        config: its configuration.
        scratch: an empty folder for the copy of the weights; it must stay until they are computed.
        limit: most bytes of weights.

    Raises:
        AdapterError: it is no LoRA or DoRA adapter, or its files are broken.
    """
    kind = config.get("fine_tune_type", "lora")
    if kind == "full":
        raise AdapterError(
            "That folder holds all weights of a model and no adapter (fine_tune_type full): fuse "
            "it with mlx_lm.fuse, and set `model` to the fused folder."
        )
    if not isinstance(kind, str) or kind not in _PARTS:
        raise AdapterError(f"It is of the kind '{shown(kind)}'; `lora` and `dora` are read.")
    parameters = config.get("lora_parameters")
    if not isinstance(parameters, dict):
        raise AdapterError("Its adapter_config.json has no `lora_parameters`.")
    rank, scale = whole(parameters, "rank", most=MAX_RANK), real(parameters, "scale")
    copy = scratch / WEIGHTS
    tensors = copy_weights(folder, WEIGHTS, copy, limit)
    for name, tensor in tensors.items():
        _check(name, tensor, kind, rank)
    return ForeignAdapter(
        layout="mlx-lm",
        kind=cast("Kind", kind),
        rank=rank,
        scale=scale,
        weights=load_arrays(copy),
        base=text(config, "model"),
        dropout=real(parameters, "dropout", 0.0),
    )


def _check(name: str, tensor: Tensor, kind: str, rank: int) -> None:
    part = name.rpartition(".")[2]
    if part not in _PARTS[kind]:
        raise AdapterError(
            f"It has '{shown(name)}', which is no part of a {kind} adapter: only those are read."
        )
    if part == "m":
        return
    if len(tensor.shape) < _LEAST_AXES:
        raise AdapterError(f"'{shown(name)}' is no matrix: save the adapter anew.")
    # Those of experts are stacked and turned: (experts, rank, in) and (experts, out, rank).
    stacked = len(tensor.shape) > _LEAST_AXES
    axis = -1 if (part == "lora_a") != stacked else -2
    if tensor.shape[axis] != rank:
        raise AdapterError(
            f"'{shown(name)}' has another rank than its configuration says ({rank})."
        )
