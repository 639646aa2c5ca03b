"""Fuses a base and an adapter into one model, and checks that it answers as the two do.

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
"""General questions that the models are compared on."""
TOKENS = 24
"""Tokens of each answer."""
MAX_DISTANCE_SHARE = 0.25
"""Largest distance of logits between the fused model and base with adapter, as a share of the
base's distance from them: a lost adapter might not show in a few answers, but it does in logits."""
MAX_ROUNDING = 1e-2
"""Mean difference of logits that rounding explains."""
_DISK_FACTOR = 1.2
"""Disk space that must be free, in multiples of the size of the base's weights."""


def fuse(model: str, adapter: Path, out: Path) -> FusedModel:
    """Makes one model of a base and an adapter, which mlx-lm and others load as it is.

    Args:
        model: name as for `trainer.models.loading.load`.
        adapter: a version's folder.
        out: the folder to make; it appears only when it is complete.

    Returns:
        The number of answers that were compared, and how many of them were the same.

    Raises:
        ModelError: the folder exists, the disk is full, or the fused model answers differently.
        AdapterError: the adapter does not fit the model.
    """
    if out.exists():
        raise ModelError(f"{out} exists: choose another folder for the fused model.")
    path = resolve(model)
    out.parent.mkdir(parents=True, exist_ok=True)
    needed = _DISK_FACTOR * sum(file.stat().st_size for file in path.glob("*.safetensors"))
    if shutil.disk_usage(out.parent).free < needed:
        raise ModelError(f"The fused model needs {needed / 1e9:.1f} GB free beside {out}.")
    base = _logits(load_model(path))
    tuned = load_model(path, adapter)
    check_card(adapter, tuned)
    expected, wanted = _generated(tuned), _logits(tuned)
    del tuned
    partial = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        _write(path, adapter, partial)
        fused = load_model(partial)
        agreed = sum(a == b for a, b in zip(expected, _generated(fused), strict=True))
        distance = _mean_distance(_logits(fused), wanted)
        if distance > max(MAX_DISTANCE_SHARE * _mean_distance(base, wanted), MAX_ROUNDING):
            raise ModelError(
                "The fused model is too far from what base and adapter compute together; it was "
                "not kept."
            )
        if agreed < len(expected) - 1:  # rounding may change one answer
            raise ModelError(
                f"The fused model gave {agreed} of {len(expected)} answers as base and adapter do;"
                " it was not kept."
            )
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
    """Returns the logits (length, vocabulary) of some questions, in 32 bits."""
    logits = []
    for canary in canaries()[:QUESTIONS]:
        tokens = prompt_tokens(loaded.tokenizer, conversation(canary.prompt))
        logits.append(loaded.model(mx.array([tokens]))[0].astype(mx.float32))
        mx.eval(logits[-1])
    return logits


def _mean_distance(ours: list[mx.array], theirs: list[mx.array]) -> float:
    """Returns the mean absolute difference of logits."""
    parts = [mx.abs(a - b).mean() for a, b in zip(ours, theirs, strict=True)]
    return float(mx.mean(mx.stack(parts)))


def _generated(loaded: LoadedModel) -> list[str]:
    prompts = [
        prompt_tokens(loaded.tokenizer, conversation(canary.prompt))
        for canary in canaries()[:QUESTIONS]
    ]
    said = answers(loaded.model, loaded.tokenizer, prompts, [TOKENS] * len(prompts))
    return [answer.text for answer in said]
