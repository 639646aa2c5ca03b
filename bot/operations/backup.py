"""Backup and restore of the database; a backup is made while the bot runs.

SQLite's own backup call makes the copy, so that it is consistent while others write.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from bot.errors import (
    InputError,
    NightschoolError,
    disk_sentence,
    full_disk,
    os_sentence,
)
from bot.home import Home
from bot.operations.restoring import (
    UNDER_WAY,
    delete_incoming,
    exchange,
    finish_under_lock,
    flush,
    restore_lock,
)
from bot.privacy.erasure import finish_erasures_under_lock
from bot.store import Store
from bot.store.database.migrations import migrations

PAGES_A_STEP = 1000
"""Pages copied before other processes may write again."""


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
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)
        with (
            closing(sqlite3.connect(home.database)) as source,
            closing(sqlite3.connect(partial)) as copy,
        ):
            source.backup(copy, pages=PAGES_A_STEP)
            copy.execute("PRAGMA journal_mode=DELETE")
        flush(partial)
        partial.rename(target)
    except sqlite3.Error as error:
        if full_disk(error):
            raise InputError(disk_sentence(target.parent)) from error
        raise InputError(f"the copy cannot be written to {target}: {error}") from error
    except OSError as error:
        raise InputError(os_sentence(error, target, "cannot be written")) from error
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
        InputError: a bot, a night or another restore is running, the file is no intact backup of
            Nightschool, or the disk is full.
    """
    home.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _locked(home):
        _finish_what_was_begun(home)
        try:
            _import(backup, home.incoming)
            # The log of a damaged database cannot be written into it: both move as they are.
            if home.database.exists():
                with (
                    suppress(sqlite3.DatabaseError),
                    closing(sqlite3.connect(home.database)) as old,
                ):
                    old.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            former = exchange(home)
        except OSError as error:
            raise InputError(os_sentence(error, home.data, "cannot be written")) from error
        finally:
            if not home.restore_marker.exists():
                delete_incoming(home)
    return former


def _finish_what_was_begun(home: Home) -> None:
    """Finishes a killed restore, and erasures whose list is in the database that is set aside."""
    finish_under_lock(home)
    if home.database.exists():
        # A damaged database is no reason not to restore a backup.
        with (
            suppress(NightschoolError, OSError, sqlite3.Error),
            closing(Store(home.database)) as store,
        ):
            finish_erasures_under_lock(home, store, night_held=True)


@contextmanager
def _locked(home: Home) -> Iterator[None]:
    """Keeps bots and nights from starting on this home inside the block.

    Raises:
        InputError: one of them is running.
    """
    with ExitStack() as held:
        if not held.enter_context(restore_lock(home, 0.0)):
            raise InputError(UNDER_WAY)
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
    except (NightschoolError, sqlite3.DatabaseError) as error:
        if full_disk(error):
            raise InputError(disk_sentence(incoming.parent)) from error
        if isinstance(error, NightschoolError):
            raise
        raise InputError(f"{backup} is not a backup of Nightschool: {error}") from error


def _is_ours(database: sqlite3.Connection) -> bool:
    """Returns whether our migrations made the tables of a database."""
    has_table = "select 1 from sqlite_master where type = 'table' and name = ?"
    table = migrations.migrations_table
    if database.execute(has_table, [table]).fetchone() is None:
        return False
    query = f"select 1 from [{table}] where migration_set = ?"  # noqa: S608  the name is ours
    return database.execute(query, [migrations.name]).fetchone() is not None
