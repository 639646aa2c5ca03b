"""An adapter in the layout that PEFT, and with it vLLM, llama.cpp and others, read.

mlx-lm computes x·W + scale · (x·A)·B with A (in, rank) and B (rank, out); PEFT computes
x·W' + (lora_alpha / r) · (x·A')·B' with both matrices the other way round: A' (r, in) and B'
(out, r). So the matrices are transposed and lora_alpha is scale times rank. The magnitudes of DoRA
are the same in both. Needs no torch.
"""

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx

from trainer.adapters.registry import CARD, CONFIG, WEIGHTS
from trainer.errors import AdapterError

PEFT_WEIGHTS = "adapter_model.safetensors"
PREFIX = "base_model.model."
"""PEFT's name for the model that it wraps."""
_SUFFIXES = {
    "lora_a": "lora_A.weight",
    "lora_b": "lora_B.weight",
    "m": "lora_magnitude_vector",  # as PEFT saves it; in its models it is a module's weight
}
_EMBEDDINGS = frozenset({"embed_tokens", "wte", "tok_embeddings", "word_embeddings"})
"""Modules whose product is another one, with other names in PEFT."""


def to_peft(adapter: Path, out: Path, base: str, *, dora: bool = True) -> Path:
    """Writes an adapter as PEFT has it.

    Args:
        adapter: a version's folder, of mlx-lm's layout.
        out: made by this call, when everything is in it.
        base: name of the base model, for whoever loads it.
        dora: whether whoever loads it knows DoRA; it is refused otherwise.

    Returns:
        `out`.

    Raises:
        AdapterError: the folder exists, or the adapter is more than LoRA or DoRA of linear layers.
    """
    if out.exists():
        raise AdapterError(f"{out} exists: choose another folder for the export.")
    try:
        config = json.loads((adapter / CONFIG).read_text(encoding="utf-8"))
        weights = mx.load(str(adapter / WEIGHTS))
        parameters = config["lora_parameters"]
        rank, scale = int(parameters["rank"]), float(parameters["scale"])
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise AdapterError(f"The adapter '{adapter.name}' cannot be read.") from error
    kind = config.get("fine_tune_type")
    if kind not in ("lora", "dora") or not isinstance(weights, dict):
        raise AdapterError(f"'{adapter.name}' is no LoRA adapter; PEFT could not read it.")
    if kind == "dora" and not dora:
        raise AdapterError(
            f"'{adapter.name}' is a DoRA adapter, which llama.cpp does not read: fuse it into a "
            "whole model instead (`nightschool adapters fuse`), and convert that."
        )
    turned = {_renamed(name, array): array.T for name, array in weights.items()}
    targets = sorted({name.rpartition(".")[0].rpartition(".")[2] for name in weights})
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        contiguous = {name: mx.contiguous(array) for name, array in turned.items()}
        mx.save_safetensors(str(partial / PEFT_WEIGHTS), contiguous, metadata={"format": "pt"})
        dropout = float(parameters.get("dropout", 0))
        document = _config(base, rank, scale, dropout, targets) | {"use_dora": kind == "dora"}
        (partial / CONFIG).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        if (adapter / CARD).is_file():
            shutil.copy(adapter / CARD, partial / CARD)
        partial.rename(out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return out


def _renamed(name: str, array: mx.array) -> str:
    """`model.layers.0.self_attn.q_proj.lora_a` as PEFT calls it."""
    module, _, part = name.rpartition(".")
    axes = 1 if part == "m" else 2
    embedding = module.rpartition(".")[2] in _EMBEDDINGS
    if part not in _SUFFIXES or array.ndim != axes or embedding:
        raise AdapterError(
            f"'{name}' is no low-rank matrix of a linear layer; PEFT has no name for it."
        )
    return f"{PREFIX}{module}.{_SUFFIXES[part]}"


def _config(
    base: str, rank: int, scale: float, dropout: float, targets: list[str]
) -> dict[str, Any]:
    return {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": base,
        "r": rank,
        "lora_alpha": scale * rank,
        "lora_dropout": dropout,
        "target_modules": targets,
        "bias": "none",
        "fan_in_fan_out": False,
        "inference_mode": True,
        "use_rslora": False,
        "use_dora": False,
        "modules_to_save": None,
        "init_lora_weights": True,
    }
