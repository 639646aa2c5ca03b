"""Where the running engine is: data/engine.json, written by it and read by its clients."""

import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Address:
    """What a client needs to talk to an engine."""

    url: str
    token: str | None
    pid: int = 0
    model: str = ""


def write_address(file: Path, address: Address) -> None:
    """Writes the file whole or not at all, readable by its owner only."""
    file.parent.mkdir(parents=True, exist_ok=True)
    # mkstemp makes files of mode 0600
    handle, name = tempfile.mkstemp(prefix=f".{file.name}-", dir=file.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump(asdict(address), stream)
            stream.write("\n")
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def read_address(file: Path) -> Address | None:
    """The engine that says it is running, None if none does."""
    try:
        stored = json.loads(file.read_text(encoding="utf-8"))
        return Address(**stored)
    except (OSError, ValueError, TypeError):
        return None


def remove_address(file: Path, pid: int) -> None:
    """Removes the file if it is still the one of process `pid`."""
    address = read_address(file)
    if address is not None and address.pid == pid:
        file.unlink(missing_ok=True)


def lock_file(file: Path) -> Path:
    """The file that the one engine of a home holds locked while it lives, also while loading."""
    return file.with_suffix(".lock")
