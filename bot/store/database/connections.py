"""One SQLite connection for each thread, and write transactions that wait for each other."""

import errno
import shutil
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database

from bot.errors import NightschoolError, disk_sentence, full_disk

BUSY_SECONDS = 60.0
"""How long a connection waits for the lock of another process before it gives up."""
LEAST_ROOM = 64 * 1024
"""Bytes; SQLite needs 32 KiB beside a database, to share it with other processes."""
PRAGMAS = (
    "journal_mode=WAL",
    # A transaction is on the disk when it is acknowledged: no power cut takes a lesson back.
    "synchronous=FULL",
    "foreign_keys=ON",
    # What is deleted is overwritten, so that its words do not stay in free pages of the file.
    "secure_delete=ON",
    # On a Mac, fsync leaves data in the cache of the drive; elsewhere this changes nothing.
    "fullfsync=ON",
)
"""What is set for every connection."""
MAX_KEY = 2**63 - 1
"""The greatest key of a row; Python's sqlite3 raises OverflowError for greater numbers."""


class Connections:
    """Gives every thread a connection of its own to one database file (WAL)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._all: list[tuple[threading.Thread, Database]] = []
        self._guard = threading.Lock()

    @property
    def db(self) -> Database:
        """This thread's connection, opened on first use.

        Raises:
            NightschoolError: the file cannot be opened or is no database.
        """
        db: Database | None = getattr(self._local, "db", None)
        if db is not None and self._is_outdated(db):
            # Rows of it may be being read: it is closed with the thread's others.
            db = None
            self._local.without_room = False
        if db is None:
            db = self._local.db = self._open()
            with self._guard:
                self._close_dead()
                self._all.append((threading.current_thread(), db))
        return db

    @contextmanager
    def write(self) -> Iterator[Database]:
        """Opens a transaction that takes the write lock at its start, or joins the open one.

        A deferred transaction that reads before it writes fails at once when another process
        wrote in between, whatever the busy timeout; an immediate one waits its turn.

        Raises:
            NightschoolError: the disk is full or cannot be written; nothing was changed.
        """
        if getattr(self._local, "without_room", False):
            self._forget_connection()  # there may be room by now
        db = self.db
        if db.conn.in_transaction:
            with db.atomic():
                yield db
            return
        try:
            db.conn.execute("BEGIN IMMEDIATE")
            yield db
            db.conn.execute("COMMIT")
        except sqlite3.OperationalError as error:
            self._roll_back(db)
            if getattr(self._local, "without_room", False):
                raise NightschoolError(disk_sentence(self.path.parent)) from _no_room()
            raise NightschoolError(_sentence(self.path, error)) from error
        except BaseException:
            self._roll_back(db)
            raise

    def compact(self) -> None:
        """Rewrites the file, so that deleted words are neither in it nor in its write-ahead log.

        Raises:
            NightschoolError: something else read the database, so that the log was not cleared.
        """
        self.db.conn.execute("VACUUM")
        (busy, *_) = self.db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise NightschoolError(
                "It is deleted, but the database's log could not be cleared of it while something "
                "else reads there: do it once more in a minute."
            )

    def clear_log(self) -> None:
        """Writes the write-ahead log into the file and empties it, where nobody reads from it."""
        self.db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    def close(self) -> None:
        """Closes the connections of all threads; the object cannot be used afterwards."""
        with self._guard:
            for _, db in self._all:
                db.close()
            self._all.clear()
        self._local = threading.local()

    def _forget_connection(self) -> None:
        """Closes this thread's connection, so that the next use opens another one."""
        with self._guard:
            mine = [entry for entry in self._all if entry[1] is self._local.db]
            for entry in mine:
                entry[1].close()
                self._all.remove(entry)
        self._local.db = None
        self._local.without_room = False

    @staticmethod
    def _roll_back(db: Database) -> None:
        # A full disk makes SQLite roll back by itself.
        if db.conn.in_transaction:
            db.conn.execute("ROLLBACK")

    def _close_dead(self) -> None:
        """Closes the connections of threads that have ended."""
        for entry in [entry for entry in self._all if not entry[0].is_alive()]:
            entry[1].close()
            self._all.remove(entry)

    def _open(self) -> Database:
        try:
            # isolation_level=None: transactions begin where the code says so, nowhere else.
            connection = sqlite3.connect(
                self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise NightschoolError(_opening(self.path, error)) from error
        try:
            for pragma in PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")
        except sqlite3.Error as error:
            connection.close()
            if (readable := self._read_only(error)) is not None:
                return Database(readable)
            raise NightschoolError(_opening(self.path, error)) from error
        return Database(connection)

    def _read_only(self, error: sqlite3.Error) -> sqlite3.Connection | None:
        """Returns a connection that only reads, where the disk has no room for SQLite's own files.

        It takes no part in the locks of others, so that it is none where a log says that somebody
        writes.
        """
        log = self.path.with_name(f"{self.path.name}-wal")
        if not self._is_full(error) or (log.exists() and log.stat().st_size):
            return None
        try:
            address = f"{self.path.absolute().as_uri()}?immutable=1"
            connection = sqlite3.connect(
                address, uri=True, isolation_level=None, check_same_thread=False
            )
            connection.execute("PRAGMA query_only=ON")
            connection.execute("select count(*) from sqlite_master").fetchone()
        except sqlite3.Error:
            return None
        self._local.without_room = True
        return connection

    def _is_outdated(self, db: Database) -> bool:
        """Returns whether a connection was opened for want of room, which there is now.

        What others write meanwhile is not seen by it.
        """
        return (
            getattr(self._local, "without_room", False)
            and not db.conn.in_transaction
            and shutil.disk_usage(self.path.parent).free >= LEAST_ROOM
        )

    def _is_full(self, error: sqlite3.Error) -> bool:
        # Of files beside the database SQLite only says that they could not be written.
        vague = "disk I/O error" in str(error) or "unable to open" in str(error)
        return full_disk(error) or (
            vague and self.path.exists() and shutil.disk_usage(self.path.parent).free < LEAST_ROOM
        )


def _no_room() -> OSError:
    return OSError(errno.ENOSPC, "no room for SQLite's own files")


def _opening(path: Path, error: sqlite3.Error) -> str:
    if full_disk(error):
        return disk_sentence(path.parent)
    return f"the database {path} cannot be opened: {error}"


def _sentence(path: Path, error: sqlite3.Error) -> str:
    if full_disk(error):
        return disk_sentence(path.parent)
    return f"the database {path} cannot be written: {error}"


def insert(db: Database, table: str, row: Mapping[str, object]) -> int:
    """Adds one row to a table with an integer key.

    Args:
        db: a connection inside a transaction.
        table: the table's name.
        row: values by the names of their columns.

    Returns:
        The new row's key.

    Raises:
        TypeError: the table has no integer key.
    """
    # In plain SQL: sqlite-utils looks at the table's schema again for each row, which is most of
    # what importing a long file would cost.
    columns = ", ".join(f"[{column}]" for column in row)
    marks = ", ".join("?" * len(row))
    query = f"insert into [{table}] ({columns}) values ({marks})"  # noqa: S608  names are ours
    key = db.conn.execute(query, list(row.values())).lastrowid
    if key is None:
        raise TypeError(f"{table} has no integer key")
    return key
