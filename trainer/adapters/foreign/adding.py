"""An adapter of mlx-lm or PEFT becomes a folder like that of a night: checked, and nothing run.

The folder is somebody else's. Its files are copied with bounds, compared with the base model, and
written anew: of its configuration nothing but known numbers is kept.
"""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx

from trainer.adapters.foreign.adapter import ForeignAdapter
from trainer.adapters.foreign.base import fitted, pedigree_of, same_base
from trainer.adapters.foreign.files import read_json, shown
from trainer.adapters.foreign.mlx_layout import read_mlx
from trainer.adapters.foreign.peft_layout import read_peft
from trainer.adapters.peft import PEFT_WEIGHTS
from trainer.adapters.registry import CONFIG, WEIGHTS
from trainer.canaries import canaries, conversation
from trainer.errors import AdapterError
from trainer.models.loading import LoadedModel, load, sharing_copy, tokenizer_hash, with_adapter
from trainer.models.tokenization import prompt_tokens
from trainer.results.added import AddedAdapter

LEAST_LIMIT = 64_000_000
"""Bytes of weights that are always read; else an adapter is at most as large as its base."""
_BLOCK = re.compile(r".*?\blayers\.\d+\.(?P<inner>.+)", re.ASCII)
_READERS: dict[str, Callable[[Path, Mapping[str, Any], Path, int], ForeignAdapter]] = {
    WEIGHTS: read_mlx,
    PEFT_WEIGHTS: read_peft,
}
_NOT_READ = {
    "adapter_model.bin": "a pickle, which may run code when it is read",
    "adapter_model.pt": "a pickle, which may run code when it is read",
    "adapters.npz": "the format of an old mlx-lm",
}


def add(model: str, folder: Path, out: Path) -> AddedAdapter:
    """Writes an adapter of another program as mlx-lm has it, if it fits the base model.

    Args:
        model: name as for `trainer.models.loading.load`.
        folder: of `mlx_lm.lora` or PEFT; nothing in it is trusted or changed.
        out: made by this call, when everything is in it; it gets no card.

    Raises:
        AdapterError: there is no such adapter in it, it is broken, or it is for another model.
        ModelError: the base model cannot be found or read.
    """
    if out.exists():
        raise AdapterError(f"{out} exists: choose another folder.")
    read = _reader(folder)
    config = read_json(folder, CONFIG)
    if config is None:
        raise AdapterError(f"{folder} has no {CONFIG}: copy it there from where it was trained.")
    loaded = load(model)
    stored = sum(file.stat().st_size for file in loaded.path.glob("*.safetensors"))
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{out.name.lstrip('.')}-", dir=out.parent))
    try:
        with tempfile.TemporaryDirectory(prefix=".copy-", dir=partial) as scratch:
            adapter = read(folder, config, Path(scratch), max(stored, LEAST_LIMIT))
            pedigree = pedigree_of(folder, loaded)
            adapter = fitted(adapter, loaded)
            _require_finite(adapter)
            _write(adapter, len(loaded.model.layers), model, partial)
        notes = [*pedigree.notes, *_try_out(partial, loaded)]
        partial.rename(out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    same = same_base(adapter.base, model, loaded)
    if pedigree.base_revision == loaded.revision:
        same = True
    return AddedAdapter(
        out=str(out),
        layout=adapter.layout,
        kind=adapter.kind,
        rank=adapter.rank,
        modules=len(adapter.modules()),
        said_base=shown(adapter.base),
        same_base=same,
        version=pedigree.version,
        dataset_hash=pedigree.dataset_hash,
        base_revision=loaded.revision,
        template_hash=loaded.template_hash,
        tokenizer_hash=tokenizer_hash(loaded.path),
        notes=tuple(notes),
    )


def _reader(folder: Path) -> Callable[[Path, Mapping[str, Any], Path, int], ForeignAdapter]:
    """Returns the reader of a folder's layout.

    Raises:
        AdapterError: it is the folder of no adapter that is read.
    """
    if not folder.is_dir():
        raise AdapterError(f"There is no folder {folder}.")
    for name, reader in _READERS.items():
        if (folder / name).exists():
            return reader
    for name, why in _NOT_READ.items():
        if (folder / name).exists():
            raise AdapterError(
                f"{name} is {why}: it is not read. Save the adapter as safetensors first."
            )
    if (folder / "config.json").exists() and any(folder.glob("model*.safetensors")):
        raise AdapterError(
            f"{folder} is a whole model and no adapter: `nightschool models use {folder}` makes it "
            "the base."
        )
    raise AdapterError(
        f"{folder} has no adapter: mlx_lm.lora leaves {WEIGHTS} and PEFT {PEFT_WEIGHTS}."
    )


def _require_finite(adapter: ForeignAdapter) -> None:
    for name, array in adapter.weights.items():
        if not mx.all(mx.isfinite(array)).item():
            raise AdapterError(
                f"'{shown(name)}' has numbers that are none (NaN or infinite): its training broke."
            )


def _write(adapter: ForeignAdapter, layers: int, model: str, folder: Path) -> None:
    """Writes weights and configuration as mlx-lm reads them."""
    contiguous = {name: mx.contiguous(array) for name, array in adapter.weights.items()}
    mx.save_safetensors(str(folder / WEIGHTS), contiguous, metadata={"format": "mlx"})
    names = sorted(adapter.modules())
    blocks = [_BLOCK.fullmatch(name) for name in names]
    keys = {match["inner"] if match else name for name, match in zip(names, blocks, strict=True)}
    config = {
        "fine_tune_type": adapter.kind,
        "num_layers": layers,
        "lora_parameters": {
            "rank": adapter.rank,
            "scale": adapter.scale,
            "dropout": adapter.dropout,
            "keys": sorted(keys),
        },
        "model": model,
    }
    with (folder / CONFIG).open("w", encoding="utf-8") as file:
        json.dump(config, file, indent=2)
        file.flush()
        os.fsync(file.fileno())


def _try_out(folder: Path, loaded: LoadedModel) -> list[str]:
    """Computes one question with base and adapter; returns notes about what came out.

    Raises:
        AdapterError: mlx-lm does not load it, or the result is no number.
    """
    tokens = mx.array([prompt_tokens(loaded.tokenizer, conversation(canaries()[0].prompt))])
    tuned = with_adapter(sharing_copy(loaded.model), folder)
    ours, bare = tuned(tokens), loaded.model(tokens)
    if not mx.all(mx.isfinite(ours)).item():
        raise AdapterError("With it, this base computes no numbers (NaN or infinite).")
    if mx.array_equal(ours, bare).item():
        return ["It changes nothing: the base answers with it as without."]
    return []
