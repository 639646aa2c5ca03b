"""A model's name becomes a folder, and a folder a loaded model.

A name is `starter`, a folder in mlx-lm's layout, or a hub name. Loading is mlx-lm's own; mlx is
imported only then, so that the command line can look for models without it.
"""

import copy
import hashlib
import json
import logging
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huggingface_hub import snapshot_download, try_to_load_from_cache
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, RepositoryNotFoundError

from trainer.errors import AdapterError, ModelError
from trainer.hardware.cache import STARTER_FOLDER, cache_folder, expanded
from trainer.models.tokenization import always_reasons

STARTER = "starter"
_HUB_NAME = re.compile(r"\w[\w.-]*/[\w.-]+")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LoadedModel:
    """A model ready to answer or to learn, with what identifies it."""

    model: Any
    """An mlx-lm model: called with tokens (rows, length), returns logits (rows, length, words)."""
    tokenizer: Any
    """mlx-lm's TokenizerWrapper."""
    path: Path
    revision: str
    """Fingerprint of the files: the same weights and tokenizer give the same one."""
    template_hash: str


def locate(name: str, cache: Path | None = None) -> Path | None:
    """Where a model lies on this disk; None if it would have to be unpacked or downloaded.

    Raises:
        ModelError: it is neither a folder nor could it be a hub name.
    """
    if name == STARTER:
        places = sorted((cache or cache_folder()).glob(f"models/{STARTER_FOLDER}-*"))
        return places[-1] if places else None
    folder = expanded(name)
    if name and folder.is_dir():
        if not (folder / "config.json").is_file():
            raise ModelError(f"'{name}' is no model folder: it has no config.json.")
        return folder
    if not _HUB_NAME.fullmatch(name):
        raise ModelError(f"There is no model folder '{name}', and it is not a hub name.")
    config = try_to_load_from_cache(name, "config.json")
    return Path(config).parent if isinstance(config, str) else None


def resolve(name: str, cache: Path | None = None) -> Path:
    """The folder of a model, unpacked or downloaded if it must be.

    Args:
        name: `starter`, a folder, or a hub name such as `Qwen/Qwen3-0.6B`.
        cache: where the starter model is unpacked; the user's cache by default.

    Raises:
        ModelError: there is no such model, or it cannot be fetched.
    """
    if name == STARTER:
        from trainer.models import bundled  # noqa: PLC0415  imports mlx

        return bundled.unpack(cache or cache_folder())
    place = locate(name, cache)
    if place is not None and place == expanded(name):
        return place
    import trainer.hardware.device  # noqa: F401, PLC0415  before mlx

    # isort: split
    from mlx_lm.utils import DEFAULT_ALLOW_PATTERNS  # noqa: PLC0415  as above

    try:
        return Path(snapshot_download(name, allow_patterns=DEFAULT_ALLOW_PATTERNS))
    except RepositoryNotFoundError as error:
        raise ModelError(f"The hub has no model '{name}', or it needs a login.") from error
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError, ValueError) as error:
        raise ModelError(
            f"The model '{name}' cannot be fetched from the hub: check the name and the network, "
            "or put its folder on this disk and name that."
        ) from error


def load(name: str | Path, adapter: Path | None = None, cache: Path | None = None) -> LoadedModel:
    """Loads a model, frozen, with an adapter on top if one is given.

    Args:
        name: as for `resolve`.
        adapter: a folder in mlx-lm's adapter layout.
        cache: as for `resolve`.

    Raises:
        ModelError: the model cannot be found or read.
        AdapterError: the adapter cannot be read or was made for another model.
    """
    import trainer.hardware.device  # noqa: PLC0415  as above

    # isort: split
    from mlx_lm.utils import load as load_with_mlx_lm  # noqa: PLC0415  as above

    path = resolve(str(name), cache)
    try:
        model, tokenizer, *_ = load_with_mlx_lm(str(path))
    except Exception as error:
        _log.debug("loading failed", exc_info=True)
        raise ModelError(
            f"The model in '{path}' cannot be read ({_first_line(error)}): fetch it anew."
        ) from error
    model = trainer.hardware.device.suited(model)
    model.freeze()
    if adapter is not None:
        model = with_adapter(model, adapter)
    return LoadedModel(model, tokenizer, path, fingerprint(path), template_hash(tokenizer))


def with_adapter(model: Any, adapter: Path) -> Any:
    """Puts an adapter on a base model, in place, and returns it.

    Raises:
        AdapterError: it cannot be read or does not fit the model.
    """
    from mlx_lm.tuner.utils import load_adapters  # noqa: PLC0415  as above

    try:
        model = load_adapters(model, str(adapter))
    except Exception as error:
        _log.debug("loading failed", exc_info=True)
        raise AdapterError(
            f"The adapter '{adapter.name}' does not fit this model or cannot be read "
            f"({_first_line(error)})."
        ) from error
    model.eval()
    return model


def sharing_copy(model: Any) -> Any:
    """A copy of the modules around the same weights: adapters can be put on it."""
    from mlx.utils import tree_map  # noqa: PLC0415  as above

    memo: dict[int, Any] = {}
    tree_map(lambda array: memo.setdefault(id(array), array), model.parameters())
    return copy.deepcopy(model, memo)


def width(model: Any) -> int:
    """The width of a model's hidden states; 0 where it does not say."""
    about = getattr(model, "args", None)
    for name in ("hidden_size", "n_embd", "d_model", "dim"):
        if isinstance(size := getattr(about, name, None), int):
            return size
    return 0


def fingerprint(path: Path) -> str:
    """A hash of what a model folder holds: 16 hexadecimal digits.

    Of the weights, sizes, headers and samples are taken: gigabytes need not be read for it.
    """
    digest = hashlib.sha256()
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json", "tokenizer.model"):
        if (path / name).is_file():
            digest.update(name.encode() + (path / name).read_bytes())
    for weights in sorted(path.glob("model*.safetensors")):
        size = weights.stat().st_size
        digest.update(f"{weights.name} {size}".encode())
        with weights.open("rb") as file:
            for place in (0, size // 3, size // 2, max(0, size - 65536)):
                file.seek(place)
                digest.update(file.read(65536))
    return digest.hexdigest()[:16]


def tokenizer_hash(path: Path) -> str:
    """A hash of what turns text into tokens in a model folder: 16 hexadecimal digits."""
    digest = hashlib.sha256()
    for name in ("tokenizer.json", "tokenizer.model", "vocab.json", "merges.txt"):
        if (path / name).is_file():
            digest.update(name.encode() + (path / name).read_bytes())
    return digest.hexdigest()[:16]


def template_hash(tokenizer: Any) -> str:
    """A hash of the chat template and of the mode it is used in: 16 hexadecimal digits."""
    template = getattr(tokenizer, "chat_template", None) or ""
    mode = "closed" if always_reasons(tokenizer) else "off"
    return hashlib.sha256(f"thinking={mode}\n{template}".encode()).hexdigest()[:16]


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".:") if lines else type(error).__name__


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
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return False
