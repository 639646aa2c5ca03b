"""The address file, data/engine.json: the running engine writes it and its clients read it."""

import contextlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock, Timeout


@dataclass(frozen=True)
class EngineAddress:
    """Where an engine answers, and what a client needs to talk to it."""

    url: str
    """The server's root, with or without a final /v1."""
    token: str | None
    """The bearer token; None if the server wants none."""
    pid: int = 0
    """The engine's process; 0 for a server that is not ours."""
    model: str = ""
    """The base model, for people who look into the file."""


def write_address(file: Path, address: EngineAddress) -> None:
    """Writes the file whole or not at all; only its owner may read it."""
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


def read_address(file: Path) -> EngineAddress | None:
    """Returns what the address file says, None where it is missing or cannot be read."""
    try:
        stored = json.loads(file.read_text(encoding="utf-8"))
        return EngineAddress(**stored)
    except (OSError, ValueError, TypeError):
        return None


def remove_address(file: Path, pid: int) -> None:
    """Removes the file unless another process than `pid` has written it meanwhile."""
    address = read_address(file)
    if address is not None and address.pid == pid:
        file.unlink(missing_ok=True)


def remove_dead_address(file: Path) -> None:
    """Removes the file where no engine lives, as a power cut leaves it.

    Its process id may be given again, to the very engine that is started next: the lock tells.
    """
    if file.exists():
        with contextlib.suppress(Timeout), FileLock(lock_file(file), timeout=0):
            file.unlink(missing_ok=True)


def lock_file(file: Path) -> Path:
    """Returns the file that the engine of a home locks before it loads its model."""
    return file.with_suffix(".lock")
