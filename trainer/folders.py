"""Whether a model's folder can be read, without loading it and without mlx."""

import json
from pathlib import Path

CONFIG = "config.json"
TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json", "tekken.json")
_LENGTH = 8  # bytes that say how long the header of a safetensors file is


def broken(folder: Path) -> str | None:
    """What is wrong with a model folder in one sentence, or None.

    Looks at the configuration, the tokenizer and the header of each file of weights: a download
    that stopped half-way shows in them.
    """
    try:
        for name in (CONFIG, *(name for name in TOKENIZERS if name.endswith(".json"))):
            if (folder / name).is_file():
                json.loads((folder / name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return f"{folder / name} cannot be read."
    if not any((folder / name).is_file() for name in TOKENIZERS):
        return f"there is no tokenizer in {folder}."
    weights = sorted(folder.glob("*.safetensors"))
    if not weights:
        return f"there are no weights in {folder}."
    cut = next((file for file in weights if not _whole(file)), None)
    return None if cut is None else f"{cut} is not whole."


def _whole(file: Path) -> bool:
    """Whether a safetensors file is as long as its header says."""
    try:
        with file.open("rb") as stream:
            length = int.from_bytes(stream.read(_LENGTH), "little")
            size = file.stat().st_size
            if length > size:
                return False
            header = json.loads(stream.read(length))
        ends = (about["data_offsets"][1] for name, about in header.items() if name[:2] != "__")
        return size == _LENGTH + length + max(ends, default=0)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
