"""The lock of the one night that is under way, and what it says of the runs in the database.

A run lives only while its process holds this lock: the system lets go of it when the process ends,
however that happens. The id of a process says nothing: after a power cut, and in a container,
another process soon has the same.
"""

from contextlib import suppress

from filelock import FileLock, Timeout

from bot.errors import NightschoolError
from bot.home import Home
from bot.store import Run, Store

LOOK_LIMIT = 1.0
"""Seconds that a night waits for the lock: somebody may hold it just to see whether it is free."""
CUT_OFF = "The run was cut off; the next one goes on where it was, if it can."


class NightLock:
    """The lock as whoever trains takes it; any thread may release what another has taken."""

    def __init__(self, home: Home, store: Store) -> None:
        self._home = home
        self._store = store
        self._lock = FileLock(home.night_lock, thread_local=False)

    def take(self) -> None:
        """Takes the lock, and closes the runs that died with it.

        Raises:
            NightschoolError: somebody else trains.
        """
        self._home.prepare()
        # A second lock of the same file: the own one would let this process in twice.
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
        """Lets the next one train; does nothing where the lock was not taken."""
        self._lock.release()


def living_run(home: Home, store: Store) -> Run | None:
    """The run that is under way, in this process or another.

    Runs that were cut off are marked as failed by this.
    """
    mark_crashed_runs(home, store)
    running = store.runs.running()
    return running[-1] if running else None


def mark_crashed_runs(home: Home, store: Store) -> None:
    """Closes runs that still say `running` though nobody holds the lock."""
    if store.runs.running():
        with suppress(Timeout), FileLock(home.night_lock, timeout=0):
            _close_crashed(store)


def _close_crashed(store: Store) -> None:
    """Marks every unfinished run as failed, while the lock is held."""
    for run in store.runs.running():
        store.runs.finish(run.id, "failed", CUT_OFF, seconds=0.0)
