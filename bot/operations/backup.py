"""Backup and restore of the database; a backup is made while the bot runs.

SQLite's own backup call makes the copy, so that it is consistent while others write.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path

from filelock import FileLock, Timeout

from bot.errors import InputError
from bot.home import Home
from bot.store import Store
from bot.store.database.migrations import migrations

PAGES_A_STEP = 1000
"""Pages copied before other processes may write again."""
_WAL_SUFFIXES = ("-wal", "-shm")


def back_up(home: Home, target: Path) -> int:
    """Copies the database to a file, completely or not at all.

    Args:
        home: the home whose database is copied.
        target: the new file; its folder is made where it is missing.

    Returns:
        The size of the copy in bytes.

    Raises:
        InputError: there is no database yet, `target` exists, or it cannot be written.
    """
    if not home.database.exists():
        raise InputError(f"there is no database in {home.data} yet")
    if target.exists():
        raise InputError(f"{target} exists: a backup does not overwrite, choose another name")
    partial = target.with_name(f".{target.name}.partial")
    target.parent.mkdir(parents=True, exist_ok=True)
    partial.unlink(missing_ok=True)
    try:
        with (
            closing(sqlite3.connect(home.database)) as source,
            closing(sqlite3.connect(partial)) as copy,
        ):
            source.backup(copy, pages=PAGES_A_STEP)
            copy.execute("PRAGMA journal_mode=DELETE")
        partial.rename(target)
    except sqlite3.Error as error:
        raise InputError(f"the copy cannot be written to {target}: {error}") from error
    finally:
        partial.unlink(missing_ok=True)
    return target.stat().st_size


def restore(home: Home, backup: Path) -> Path | None:
    """Puts a backup in the database's place and keeps the former database beside it.

    Args:
        home: the home whose database is replaced.
        backup: a file that `back_up` made, of this version or an earlier one.

    Returns:
        The new path of the former database, or None if there was none.

    Raises:
        InputError: a bot or a night is running, or the file is no intact backup of Nightschool.
    """
    home.data.mkdir(parents=True, exist_ok=True)
    with _locked(home):
        incoming = home.data / f".{home.database.name}.incoming"
        incoming.unlink(missing_ok=True)
        try:
            _import(backup, incoming)
            former = _set_aside(home)
            incoming.replace(home.database)
        finally:
            for suffix in ("", *_WAL_SUFFIXES):
                incoming.with_name(incoming.name + suffix).unlink(missing_ok=True)
    return former


@contextmanager
def _locked(home: Home) -> Iterator[None]:
    """Keeps bots and nights from starting on this home inside the block.

    Raises:
        InputError: one of them is running.
    """
    with ExitStack() as held:
        for lock, who in ((home.serving_lock, "bot"), (home.night_lock, "night")):
            try:
                held.enter_context(FileLock(lock).acquire(timeout=0))
            except Timeout as error:
                raise InputError(
                    f"A {who} is running on this home: stop it, then restore."
                ) from error
        yield


def _import(backup: Path, incoming: Path) -> None:
    """Copies a backup and applies the missing migrations to the copy.

    Raises:
        InputError: the file is no backup of Nightschool, or it is damaged.
    """
    try:
        with (
            closing(sqlite3.connect(f"{backup.absolute().as_uri()}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(incoming)) as copy,
        ):
            source.backup(copy)
            if not _is_ours(copy):
                raise InputError(f"{backup} is not a backup of Nightschool.")
            integrity = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if integrity != "ok":
                raise InputError(f"{backup} is damaged: take an earlier backup.")
        Store(incoming).close()
    except sqlite3.DatabaseError as error:
        raise InputError(f"{backup} is not a backup of Nightschool: {error}") from error


def _is_ours(database: sqlite3.Connection) -> bool:
    """Returns whether our migrations made the tables of a database."""
    has_table = "select 1 from sqlite_master where type = 'table' and name = ?"
    table = migrations.migrations_table
    if database.execute(has_table, [table]).fetchone() is None:
        return False
    query = f"select 1 from [{table}] where migration_set = ?"  # noqa: S608  the name is ours
    return database.execute(query, [migrations.name]).fetchone() is not None


def _set_aside(home: Home) -> Path | None:
    """Moves the database, with what its write-ahead log still holds, to a name that is free.

    Returns:
        Its new path, or None if there was none.
    """
    if not home.database.exists():
        return None
    # The log of a damaged database cannot be written into it: both move as they are.
    with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(home.database)) as old:
        old.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    stem = f"{home.database.stem}.before-restore-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    taken = {file.name for file in home.before_restore}
    names = (f"{stem}{ending}.db" for ending in chain([""], (f"-{n}" for n in count(2))))
    former = home.data / next(name for name in names if name not in taken)
    for suffix in ("", *_WAL_SUFFIXES):
        part = home.database.with_name(home.database.name + suffix)
        if part.exists():
            part.replace(former.with_name(former.name + suffix))
    return former
