"""Base and adapter become one whole model, and a proof that it answers as the two do.

A quantised base is dequantised first: an adapter fused into 4 bits can get lost (mlx-lm #1172).
"""

import shutil
import tempfile
from pathlib import Path
from typing import Any

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx
from mlx.utils import tree_unflatten
from mlx_lm.utils import dequantize_model, load, save

from trainer.adapters.loading import check_card
from trainer.canaries import canaries, conversation
from trainer.errors import AdapterError, ModelError
from trainer.inference.generation import answers
from trainer.models.loading import LoadedModel, resolve
from trainer.models.loading import load as load_model
from trainer.models.tokenization import prompt_tokens
from trainer.results.run import FusedModel

QUESTIONS = 6
TOKENS = 24
REST = 0.25
"""How far the fused model may be from base and adapter, as a share of how far the base is: a lost
adapter might not show in answers to a few questions, but it does in the logits."""
ROUNDING = 1e-2
"""A difference of logits that says nothing."""
_SPARE = 1.2
"""The new folder's size and some, as room that must be free on the disk."""


def fuse(model: str, adapter: Path, out: Path) -> FusedModel:
    """Makes a whole model of a base and an adapter; mlx-lm and others load it as it is.

    Args:
        model: name as for `trainer.models.loading.load`.
        adapter: a version's folder.
        out: made by this call, when everything is in it.

    Returns:
        How many answers were compared, and how many were the same.

    Raises:
        ModelError: the folder exists or the disk is full, or the fused model answers otherwise.
        AdapterError: the adapter does not fit the model.
    """
    if out.exists():
        raise ModelError(f"{out} exists: choose another folder for the fused model.")
    path = resolve(model)
    out.parent.mkdir(parents=True, exist_ok=True)
    needed = _SPARE * sum(file.stat().st_size for file in path.glob("*.safetensors"))
    if shutil.disk_usage(out.parent).free < needed:
        raise ModelError(f"The fused model needs {needed / 1e9:.1f} GB free beside {out}.")
    base = _logits(load_model(path))
    tuned = load_model(path, adapter)
    check_card(adapter, tuned)
    expected, wanted = _said(tuned), _logits(tuned)
    del tuned
    partial = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        _write(path, adapter, partial)
        fused = load_model(partial)
        agreed = sum(a == b for a, b in zip(expected, _said(fused), strict=True))
        rest = _distance(_logits(fused), wanted)
        if rest > max(REST * _distance(base, wanted), ROUNDING):
            raise ModelError(
                "The fused model is too far from what base and adapter compute together; it was "
                "not kept."
            )
        if agreed < len(expected) - 1:  # rounding may turn one answer
            raise ModelError(
                f"The fused model gave {agreed} of {len(expected)} answers as base and adapter do;"
                " it was not kept."
            )
        partial.chmod(0o755)
        partial.rename(out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return FusedModel(len(expected), agreed)


def _write(path: Path, adapter: Path, folder: Path) -> None:
    try:
        loaded: Any = load(str(path), adapter_path=str(adapter), return_config=True)
    except (ValueError, OSError) as error:
        raise AdapterError(f"'{adapter.name}' does not fit the model {path.name}.") from error
    model, tokenizer, config = loaded
    quantised = "quantization" in config
    fused = [
        (name, module.fuse(dequantize=quantised))
        for name, module in model.named_modules()
        if hasattr(module, "fuse")
    ]
    model.update_modules(tree_unflatten(fused))
    if quantised:
        model = dequantize_model(model)
        config.pop("quantization")
        config.pop("quantization_config", None)
    save(folder, str(path), model, tokenizer, config, donate_model=False)


def _logits(loaded: LoadedModel) -> list[mx.array]:
    """Returns the logits (length, words) after each token of some questions, in 32 bits."""
    logits = []
    for canary in canaries()[:QUESTIONS]:
        tokens = prompt_tokens(loaded.tokenizer, conversation(canary.prompt))
        logits.append(loaded.model(mx.array([tokens]))[0].astype(mx.float32))
        mx.eval(logits[-1])
    return logits


def _distance(ours: list[mx.array], theirs: list[mx.array]) -> float:
    """Mean absolute difference of logits."""
    parts = [mx.abs(a - b).mean() for a, b in zip(ours, theirs, strict=True)]
    return float(mx.mean(mx.stack(parts)))


def _said(loaded: LoadedModel) -> list[str]:
    prompts = [
        prompt_tokens(loaded.tokenizer, conversation(canary.prompt))
        for canary in canaries()[:QUESTIONS]
    ]
    said = answers(loaded.model, loaded.tokenizer, prompts, [TOKENS] * len(prompts))
    return [answer.text for answer in said]
