"""The configuration of a base model without what says in which numbers its weights are stored.

llama.cpp's script for adapters unpacks the weights of a base that calls itself quantised, and knows
none of MLX's ways of it; of the base of an adapter it needs the shapes alone.
"""

import json
from pathlib import Path
from typing import Any

from trainer.errors import ModelError
from trainer.models.loading import locate

BASE_FOLDER = "base"
"""The folder in an export that the configuration is written into."""
_CONFIG = "config.json"
_STORED = frozenset({"quantization", "quantization_config"})


def plain_config(model: str) -> dict[str, Any] | None:
    """Returns the configuration of a base; None where the base is not on this disk.

    Args:
        model: as for `trainer.models.loading.load`.

    Raises:
        ModelError: there is no such model, or its configuration cannot be read.
    """
    place = locate(model)
    if place is None:
        return None
    try:
        config = json.loads((place / _CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"The {_CONFIG} of '{model}' cannot be read.") from error
    if not isinstance(config, dict):
        raise ModelError(f"The {_CONFIG} of '{model}' is no JSON object.")
    return _plain(config)


def write_config(folder: Path, config: dict[str, Any]) -> None:
    """Writes a configuration into a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _CONFIG).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def _plain(config: dict[str, Any]) -> dict[str, Any]:
    """Leaves it out inside too, as a model that also sees has another configuration within."""
    return {
        key: _plain(value) if isinstance(value, dict) else value
        for key, value in config.items()
        if key not in _STORED
    }
