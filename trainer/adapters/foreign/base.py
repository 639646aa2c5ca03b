"""Compares an adapter from elsewhere with the base model that is to carry it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx
from mlx.nn.layers.linear import Linear
from mlx.nn.layers.quantized import QuantizedLinear
from mlx_lm.models.switch_layers import QuantizedSwitchLinear, SwitchLinear

from trainer.adapters.foreign.adapter import ForeignAdapter
from trainer.adapters.foreign.files import read_json, read_text, shown
from trainer.adapters.foreign.numbers import text
from trainer.adapters.registry import CARD
from trainer.errors import AdapterError
from trainer.hardware.cache import STARTER_FOLDER
from trainer.models.loading import STARTER, LoadedModel, template_hash, tokenizer_hash

_LONGEST = 200
"""Characters of a name in a card that are read."""
INNER = "language_model."
"""What mlx-lm has before the modules of a model that also sees, where others have nothing."""
_STORED = re.compile(
    r"(?:[-_.](?:\d+-?bits?|mlx|bf16|fp16|fp32|f16|f32|gguf|awq|gptq|bnb|dwq|qat|q\d))+$", re.ASCII
)
"""The end of a model's name that says in which numbers it is stored."""


@dataclass(frozen=True)
class Pedigree:
    """What the files beside an adapter say about where it came from; empty where they do not."""

    version: str = ""
    dataset_hash: str = ""
    base_revision: str = ""
    notes: tuple[str, ...] = ()


def pedigree_of(folder: Path, loaded: LoadedModel) -> Pedigree:
    """Reads a card of ours, or the chat template that others leave beside an adapter.

    Raises:
        AdapterError: it was trained with another chat template or tokenizer, by its card.
    """
    card = _card(folder)
    of_base = {
        "chat template": ("template_hash", loaded.template_hash),
        "tokenizer": ("tokenizer_hash", tokenizer_hash(loaded.path)),
    }
    for what, (key, ours) in of_base.items():
        if (said := text(card, key)) and said != ours:
            raise AdapterError(
                f"By its card it was trained with another {what} than this base has: train it anew."
            )
    notes = [] if text(card, "template_hash") else _about_template(folder, loaded)
    version, dataset, revision = (
        text(card, key)[:_LONGEST] for key in ("version", "dataset_hash", "base_revision")
    )
    return Pedigree(version, dataset, revision, tuple(notes))


def same_base(said: str, name: str, loaded: LoadedModel) -> bool | None:
    """Returns whether an adapter's name of its base is that of a model; None where it has none.

    Folders and organisations differ from machine to machine: the last part is compared, without
    what says in which numbers the weights are stored.

    Args:
        said: by the adapter.
        name: of the model, as for `trainer.models.loading.load`.
        loaded: that model.
    """
    if not said.strip():
        return None
    ours = {_plain(name), _plain(str(loaded.path)), _plain(_own_name(loaded.path))} - {""}
    theirs = _plain(said)
    if name == STARTER and theirs.startswith(STARTER_FOLDER):
        return True  # the hub's name, or the folder that it was unpacked into
    return theirs in ours


def fitted(adapter: ForeignAdapter, loaded: LoadedModel) -> ForeignAdapter:
    """Returns the adapter by the names of a model's modules, after its shapes were compared.

    Raises:
        AdapterError: the model has no such module, or one of another shape.
    """
    modules: dict[str, Any] = dict(loaded.model.named_modules())
    renamed: dict[str, mx.array] = {}
    for name, parts in adapter.modules().items():
        place = name if name in modules else INNER + name
        module = modules.get(place)
        if module is None:
            raise AdapterError(f"It is for another model: this base has no '{shown(name)}'.")
        _check(name, parts, module, adapter)
        renamed |= {f"{place}.{part}": array for part, array in parts.items()}
    return replace(adapter, weights=renamed)


def _check(name: str, parts: Mapping[str, mx.array], module: Any, adapter: ForeignAdapter) -> None:
    needed = {"lora_a", "lora_b"} | ({"m"} if adapter.kind == "dora" else set())
    if {*parts} != needed:
        raise AdapterError(f"Of '{shown(name)}' it has but a part: save the adapter anew.")
    wanted: dict[str, tuple[int, ...]]
    if type(module) in (SwitchLinear, QuantizedSwitchLinear) and adapter.kind == "lora":
        experts, outputs = module.num_experts, module.output_dims
        wanted = {
            "lora_a": (experts, adapter.rank, module.input_dims),
            "lora_b": (experts, outputs, adapter.rank),
        }
    elif type(module) in (Linear, QuantizedLinear):
        outputs, inputs = module.weight.shape
        if isinstance(module, QuantizedLinear):
            inputs = inputs * 32 // module.bits
        wanted = {
            "lora_a": (inputs, adapter.rank),
            "lora_b": (adapter.rank, outputs),
            "m": (outputs,),
        }
    else:
        raise AdapterError(
            f"It changes '{shown(name)}', which is no linear layer: train linear layers alone."
        )
    for part, array in parts.items():
        if tuple(array.shape) != wanted[part]:
            raise AdapterError(
                f"It is for another model: the shapes of '{shown(name)}' differ "
                f"({_sizes(array.shape)}, here {_sizes(wanted[part])})."
            )


def _card(folder: Path) -> dict[str, Any]:
    """Returns what is in our card beside an adapter; nothing where there is none to read."""
    try:
        return read_json(folder, CARD) or {}
    except AdapterError:
        return {}


def _about_template(folder: Path, loaded: LoadedModel) -> list[str]:
    """Returns a note where the chat template beside an adapter is another one, or there is none."""
    try:
        template = read_text(folder, "chat_template.jinja")
        if template is None:
            template = text(read_json(folder, "tokenizer_config.json") or {}, "chat_template")
    except AdapterError:
        template = ""
    if not template.strip():
        return ["It does not say with which chat template it was trained."]
    ours = getattr(loaded.tokenizer, "chat_template", None)
    if isinstance(ours, str) and ours.strip() == template.strip():
        return []
    if template_hash(_Template(template)) == loaded.template_hash:
        return []
    return [
        "The chat template beside it is not quite this base's: it may answer worse than it could."
    ]


@dataclass(frozen=True)
class _Template:
    """What `template_hash` reads of a tokenizer."""

    chat_template: str


def _own_name(path: Path) -> str:
    """Returns the name that a model's configuration has of itself."""
    try:
        config = json.loads((path / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    return text(config, "_name_or_path") if isinstance(config, dict) else ""


def _plain(name: str) -> str:
    last = name.rstrip("/\\").replace("\\", "/").rpartition("/")[2].casefold()[:200]
    return _STORED.sub("", last)


def _sizes(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
