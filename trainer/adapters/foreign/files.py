"""Reads single files out of a folder that somebody else made: bounded, and nothing of them is run.

A file is opened once, looked at through that handle, and copied; whatever is computed later comes
from the copy, so that it cannot change in between. Knows no layout of adapters.
"""

import json
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import IO, Any

from trainer.errors import AdapterError

JSON_BYTES = 4_000_000
"""Most bytes of a configuration; a tokenizer's, with all its added tokens, is the largest."""
HEADER_BYTES = 16_000_000
"""Most bytes of what a safetensors file says about its arrays; 80 layers take 0.3 MB."""
_WIDTHS = {"F32": 4, "F16": 2, "BF16": 2}
"""Bytes of the number types that weights may have."""
_SHOWN = 60
_CHUNK = 1 << 20
_LENGTH = 8  # bytes that say how long the header of a safetensors file is


@dataclass(frozen=True)
class Tensor:
    """What a safetensors file says about one of its arrays."""

    kind: str
    """F32, F16 or BF16."""
    shape: tuple[int, ...]


def shown(text: object) -> str:
    """Returns words of a strange file as an error may show them: printable, and not too many."""
    clean = "".join(char if char.isprintable() else "?" for char in str(text)[: _SHOWN + 1])
    return clean if len(clean) <= _SHOWN else f"{clean[:_SHOWN]}…"


def read_json(folder: Path, name: str) -> dict[str, Any] | None:
    """Reads a JSON object of a folder; None where there is no such file.

    Raises:
        AdapterError: it is no plain file, is too large, or holds no JSON object.
    """
    text = read_text(folder, name)
    if text is None:
        return None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise AdapterError(
            f"{name} in that folder holds no JSON: save the adapter anew."
        ) from error
    if not isinstance(document, dict):
        raise AdapterError(f"{name} in that folder is no JSON object: save the adapter anew.")
    return document


def read_text(folder: Path, name: str) -> str | None:
    """Reads a small text file of a folder; None where there is no such file.

    Raises:
        AdapterError: it is no plain file, is too large, or is not in UTF-8.
    """
    with _opened(folder, name, JSON_BYTES) as file:
        try:
            return None if file is None else file.read(JSON_BYTES + 1).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise AdapterError(f"{name} in that folder is no text: save it as UTF-8.") from error


def copy_weights(folder: Path, name: str, copy: Path, limit: int) -> dict[str, Tensor]:
    """Copies a safetensors file and returns what it holds, by the names of the arrays.

    Args:
        folder: somebody else's.
        name: of the file.
        copy: the file to write.
        limit: most bytes that it may have.

    Raises:
        AdapterError: there is no such plain file, it is too large, or its header is no such header.
    """
    with _opened(folder, name, limit) as source, copy.open("xb") as target:
        if source is None:
            raise AdapterError(f"That folder has no {name}.")
        left = limit
        while left >= 0 and (chunk := source.read(_CHUNK)):
            left -= len(chunk)
            target.write(chunk)
        if left < 0:  # it grew while it was read
            raise AdapterError(_too_large(name, limit))
    try:
        return _tensors(copy)
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        why = f" ({error})" if isinstance(error, _UnreadableError) else ""
        raise AdapterError(
            f"{name} is no whole safetensors file{why}: copy or save it anew."
        ) from error


class _UnreadableError(ValueError):
    """A header that says what cannot be; the message has nothing but our own words."""


def _tensors(file: Path) -> dict[str, Tensor]:
    size = file.stat().st_size
    with file.open("rb") as stream:
        length = int.from_bytes(stream.read(_LENGTH), "little")
        if length > min(HEADER_BYTES, size - _LENGTH):
            raise _UnreadableError("its header is longer than it may be")
        header = json.loads(stream.read(length))
    room = size - _LENGTH - length
    tensors, spans = {}, []
    for name, about in _arrays(header):
        kind, shape = about["dtype"], tuple(about["shape"])
        begin, end = about["data_offsets"]
        if kind not in _WIDTHS:
            raise _UnreadableError(f"its numbers are {shown(kind)}; F32, F16 and BF16 are read")
        numbers = (*shape, begin, end)
        if any(type(number) is not int or not 0 <= number <= room for number in numbers):
            raise _UnreadableError("its sizes are no sizes")
        if end - begin != prod(shape) * _WIDTHS[kind]:
            raise _UnreadableError("its sizes do not agree")
        tensors[name] = Tensor(kind, shape)
        spans.append((begin, end))
    spans.sort()
    if [begin for begin, _ in spans] != [0, *(end for _, end in spans)][:-1] or not spans:
        raise _UnreadableError("its arrays overlap, leave gaps, or are none")
    if spans[-1][1] != room:
        raise _UnreadableError("it is not as long as it says")
    return tensors


def _arrays(header: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if not isinstance(header, dict):
        raise _UnreadableError("its header is no object")
    for name, about in header.items():
        if name != "__metadata__":
            yield name, about


@contextmanager
def _opened(folder: Path, name: str, limit: int) -> Iterator[IO[bytes] | None]:
    """Opens a plain file of a folder for reading; yields None where there is none.

    A link is followed within the folder, and from a snapshot of the hub's cache to its blobs.

    Raises:
        AdapterError: it is a pipe, a device or a link that leads elsewhere, or it is too large.
    """
    root = folder.resolve()
    try:
        real = (root / name).resolve()
    except (OSError, RuntimeError) as error:  # links in a circle
        raise AdapterError(f"{name} is a link that leads nowhere.") from error
    inside = real.is_relative_to(root) or real.parent == root.parent.parent / "blobs"
    if not inside:
        raise AdapterError(f"{name} is a link that leads out of its folder: copy the file there.")
    try:
        # Without waiting: opening a pipe that nobody writes into would never return.
        descriptor = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except (FileNotFoundError, NotADirectoryError):
        yield None
        return
    except OSError as error:
        raise AdapterError(f"{name} cannot be opened: {error.strerror}.") from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise AdapterError(f"{name} is no plain file.")
        if status.st_size > limit:
            raise AdapterError(_too_large(name, limit))
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            yield file
    finally:
        os.close(descriptor)


def _too_large(name: str, limit: int) -> str:
    return f"{name} has more than {limit / 1e6:.0f} MB: that is too much for what it should be."
