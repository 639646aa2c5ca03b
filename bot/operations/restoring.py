"""Puts a database in the place of another one so that a kill leaves the one or the other.

A restore is two moves: the former database is set aside, and the new one takes its name. Before
the first, `data/restore.json` says what is moved where; every start looks for it and goes on.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path

from filelock import FileLock, Timeout

from bot.errors import InputError
from bot.home import Home
from bot.operations.page_access import write_private

WAL_SUFFIXES = ("-wal", "-shm")
WAITING_SECONDS = 10.0
"""How long a start waits for a restore that is in the middle of its moves."""
UNDER_WAY = "A restore is under way on this home: wait until it is done."


def exchange(home: Home) -> Path | None:
    """Sets the database aside and puts the incoming one in its place; the caller holds the lock.

    Returns:
        The new path of the former database, or None if there was none.
    """
    former = free_name(home) if home.database.exists() else None
    flush(home.incoming)
    marker = {"former": former.name if former else None}
    write_private(home.restore_marker, json.dumps(marker) + "\n")
    flush(home.data)
    _complete(home, former)
    return former


def finish_restore(home: Home) -> None:
    """Completes or undoes a restore that was killed, at a start, before the database is opened.

    A marker with the incoming database: it is completed. An incoming database alone is half a copy
    and is deleted. No database at all, as a killed restore of earlier versions leaves it: what was
    set aside last comes back.

    Raises:
        InputError: a restore is in the middle of it.
    """
    if not _is_unfinished(home):
        return
    with restore_lock(home, WAITING_SECONDS if home.restore_marker.exists() else 0.0) as held:
        if not held:
            if home.restore_marker.exists():
                raise InputError(UNDER_WAY)
            return  # it still copies, and the database is in its place
        finish_under_lock(home)


def finish_under_lock(home: Home) -> None:
    """Does the same for a caller that holds the lock of restores itself."""
    if home.restore_marker.exists():
        _complete(home, _marked(home))
    delete_incoming(home)
    if not home.database.exists():
        _bring_back(home)


@contextmanager
def restore_lock(home: Home, seconds: float) -> Iterator[bool]:
    """Holds the lock of restores inside the block; yields False where it could not be taken."""
    try:
        lock = FileLock(home.restore_lock).acquire(timeout=seconds)
    except Timeout:
        yield False
        return
    with lock:
        yield True


def free_name(home: Home) -> Path:
    """Returns a path for a database that is set aside now."""
    stem = f"{home.database.stem}.before-restore-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    taken = {file.name for file in home.before_restore}
    names = (f"{stem}{ending}.db" for ending in chain([""], (f"-{n}" for n in count(2))))
    return home.data / next(name for name in names if name not in taken)


def delete_incoming(home: Home) -> None:
    """Deletes an incoming database and its logs, where there is any."""
    for suffix in ("", *WAL_SUFFIXES):
        _beside(home.incoming, suffix).unlink(missing_ok=True)


def flush(path: Path) -> None:
    """Waits until a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_unfinished(home: Home) -> bool:
    return (
        home.restore_marker.exists()
        or any(home.data.glob(f"{home.incoming.name}*"))
        or (not home.database.exists() and bool(home.before_restore))
    )


def _complete(home: Home, former: Path | None) -> None:
    """Makes the moves that are not made yet, in an order that may be cut off anywhere."""
    if home.incoming.exists():
        if home.database.exists():
            if former is None or former.exists():
                # Another program has made a database here after the kill.
                former = free_name(home)
            _move(home.database, former)
        for suffix in WAL_SUFFIXES:  # SQLite would write a log of another database into this one
            _beside(home.database, suffix).unlink(missing_ok=True)
        flush(home.data)
        home.incoming.replace(home.database)
        flush(home.data)
    home.restore_marker.unlink(missing_ok=True)
    flush(home.data)


def _move(database: Path, place: Path) -> None:
    """Moves a database with its log; the log first, which must never meet another database."""
    for suffix in (*WAL_SUFFIXES, ""):
        part = _beside(database, suffix)
        if part.exists():
            part.replace(_beside(place, suffix))


def _bring_back(home: Home) -> None:
    """Gives the database that was set aside last its name back."""
    set_aside = [file for file in home.before_restore if file.suffix == ".db"]
    if not set_aside:
        return
    newest = max(set_aside, key=lambda file: file.stat().st_mtime_ns)
    _move(newest, home.database)
    flush(home.data)


def _marked(home: Home) -> Path | None:
    """Returns where the marker says that the former database goes; None where it says nothing."""
    name = None
    with suppress(OSError, ValueError, AttributeError):
        name = json.loads(home.restore_marker.read_text(encoding="utf-8")).get("former")
    # The name is ours: nothing else in the file may lead to another folder.
    return home.data / name if isinstance(name, str) and Path(name).name == name else None


def _beside(database: Path, suffix: str) -> Path:
    return database.with_name(database.name + suffix)
