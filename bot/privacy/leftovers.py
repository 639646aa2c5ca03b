"""Sweeps the temporary files that killed processes left in a home: people's words may be in them.

What a living process is writing stays: a training holds its locks, and other names have the id of
their process in them or are looked at by their age.
"""

import os
import re
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from bot.home import Home

OLD_SECONDS = 600.0
"""Seconds after which a file that is written in one go was left by a killed process."""
_PROCESS = re.compile(r"\.(\d+)\.(?:partial|old)$")
_ATOMIC = (
    # Patterns of files that are about to replace another: none is written for longer than seconds.
    "adapters/.current.json-*",
    "adapters/v*/.card.json-*",
    "data/.*.json-*",
    "data/.console.html-*",
    ".nightschool.toml-*",
)
_BACKUPS = (".*.partial", "data/.*.partial", "data/*/.*.partial")
"""Copies of the whole database on their way to a backup beside the data.

Other programs name their files so as well: ours are databases, or still empty.
"""
_DATABASE = b"SQLite format 3\0"
"""What a database of SQLite begins with."""


@contextmanager
def nothing_trains(home: Home, *, night_held: bool = False) -> Iterator[bool]:
    """Keeps nights and trainings from starting inside the block; yields False where one runs.

    Args:
        home: the folder with their locks.
        night_held: whether the caller holds the lock of nights itself.
    """
    locks = [home.training_lock] if night_held else [home.night_lock, home.training_lock]
    with ExitStack() as held:
        yield all(_held(held, lock) for lock in locks)


def sweep(home: Home) -> None:
    """Removes what killed processes left; an error leaves a file for the next start."""
    if not home.data.is_dir():
        return
    for left in leftovers_of_processes(home):
        remove(left)
    with nothing_trains(home) as free:
        if free:
            for left in leftovers_of_trainings(home):
                remove(left)


def leftovers_of_processes(home: Home) -> Iterator[Path]:
    """Yields files and folders of other processes than trainings that have ended."""
    for folder in (home.exports, home.sweep):
        for place in _glob(folder, ".*.partial", ".*.old"):
            process = _PROCESS.search(place.name)
            if process is None or not _is_alive(int(process[1])):
                yield place
    for place in _glob(home.evaluations, "*"):
        if not (place.name.isdecimal() and _is_alive(int(place.name))):
            yield place
    half_written = (
        *_glob(home.root, *_ATOMIC),
        *filter(_is_database, _glob(home.root, *_BACKUPS)),
    )
    for place in half_written:
        with suppress(OSError):
            if not place.is_dir() and time.time() - place.lstat().st_mtime > OLD_SECONDS:
                yield place


def leftovers_of_trainings(home: Home) -> Iterator[Path]:
    """Yields what nights, sweeps and trainings have left; the caller knows that none is running."""
    yield from _glob(home.adapters, ".staging-*", ".incoming-*")
    yield from _glob(home.runs, "*/.checkpoint-*.safetensors", "*/tmp*", "*/nightschool-*")
    yield from _glob(home.sweep, "data")


def remove(place: Path) -> None:
    """Removes a file or a folder as far as the system lets it; a missing one is no error."""
    with suppress(OSError):
        delete(place)


def delete(place: Path) -> None:
    """Deletes a file or a folder with everything in it; a missing one is no error.

    Raises:
        OSError: the system does not let it.
    """
    try:
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place)
        else:
            place.unlink()
    except FileNotFoundError:
        if place.is_dir():  # somebody else deletes in it at the same time
            shutil.rmtree(place, ignore_errors=True)


def _is_database(place: Path) -> bool:
    """Returns whether a file has begun to be a database; of a link or a pipe nothing is read."""
    try:
        if not stat.S_ISREG(place.lstat().st_mode):
            return False
        with place.open("rb") as file:
            return file.read(len(_DATABASE)) in (b"", _DATABASE)
    except OSError:
        return False


def _glob(folder: Path, *patterns: str) -> Iterator[Path]:
    for pattern in patterns:
        yield from sorted(folder.glob(pattern))


def _held(stack: ExitStack, lock: Path) -> bool:
    try:
        stack.enter_context(FileLock(lock).acquire(timeout=0))
    except (Timeout, OSError):
        return False
    return True


def _is_alive(process: int) -> bool:
    if process == os.getpid():
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return process > 0
