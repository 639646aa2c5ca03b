"""A copy of the store to try an import on: who uses the bot meanwhile waits for nothing."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from bot.store import Store

PREFIX = "dry-run-"
"""The beginning of the names of folders with copies, beside the database; a process id follows."""
PAGES_A_STEP = 1000
"""Pages copied before other processes may write again."""


@contextmanager
def copied(store: Store) -> Iterator[Store]:
    """Yields a copy of a store, which is deleted afterwards with all that was done to it.

    It lies beside the database and not among the machine's temporary files, where a killed process
    would leave words of people that no erasure finds. The next copy deletes what was left.

    Raises:
        NightschoolError: the copy cannot be opened or written.
        OSError: the disk refuses.
    """
    home = store.connections.path.parent
    _sweep(home)
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}-", dir=home) as folder:
        file = Path(folder) / store.connections.path.name
        # A connection of its own: this thread's may be in a transaction.
        with (
            closing(sqlite3.connect(store.connections.path)) as source,
            closing(sqlite3.connect(file)) as target,
        ):
            source.backup(target, pages=PAGES_A_STEP)
        copy = Store(file)
        try:
            yield copy
        finally:
            copy.close()


def _sweep(home: Path) -> None:
    """Deletes the copies of processes that were killed."""
    for folder in home.glob(f"{PREFIX}*"):
        number = folder.name.removeprefix(PREFIX).partition("-")[0]
        if number.isdecimal() and not _is_running(int(number)):
            shutil.rmtree(folder, ignore_errors=True)


def _is_running(process: int) -> bool:
    with suppress(ProcessLookupError, OverflowError):
        with suppress(PermissionError):  # it is somebody else's
            os.kill(process, 0)
        return True
    return False
