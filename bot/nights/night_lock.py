"""The lock that a running night holds, by which crashed runs in the database are known.

A run is alive only while its process holds this lock: the system releases it when the process ends,
however it ends. The id of a process proves nothing: after a power cut, and in a container, another
process soon has the same.
"""

from contextlib import suppress

from filelock import FileLock, Timeout

from bot.errors import NightschoolError
from bot.home import Home
from bot.store import Run, Store

LOOK_LIMIT = 1.0
"""Seconds that a night waits for the lock: somebody may hold it only to see whether it is free."""
CUT_OFF = "The run was cut off; the next one goes on where it was, if it can."


class NightLock:
    """The lock for whoever trains; a thread may release what another thread has taken."""

    def __init__(self, home: Home, store: Store) -> None:
        self._home = home
        self._store = store
        self._lock = FileLock(home.night_lock, thread_local=False)

    def take(self) -> None:
        """Takes the lock and marks the runs that crashed while they held it as failed.

        Raises:
            NightschoolError: another training holds the lock, or the database cannot be written.
        """
        self._home.prepare()
        # A new object: the same FileLock can be acquired twice by its process.
        fresh = FileLock(self._home.night_lock, thread_local=False)
        try:
            fresh.acquire(timeout=LOOK_LIMIT)
        except Timeout as error:
            raise NightschoolError("A night is already running; wait until it is done.") from error
        self._lock = fresh
        try:
            _close_crashed(self._store)
        except BaseException:
            fresh.release()
            raise

    def release(self) -> None:
        """Releases the lock; does nothing where it was not taken."""
        self._lock.release()


def living_run(home: Home, store: Store) -> Run | None:
    """Returns the run that is under way, in this process or another, or None.

    Crashed runs are marked as failed first.
    """
    mark_crashed_runs(home, store)
    running = store.runs.running()
    return running[-1] if running else None


def mark_crashed_runs(home: Home, store: Store) -> None:
    """Marks the runs as failed that have the status `running` though nobody holds the lock."""
    if store.runs.running():
        with suppress(Timeout), FileLock(home.night_lock, timeout=0):
            _close_crashed(store)


def _close_crashed(store: Store) -> None:
    """Marks every unfinished run as failed; the caller holds the lock."""
    for run in store.runs.running():
        store.runs.finish(run.id, "failed", CUT_OFF, seconds=0.0)
