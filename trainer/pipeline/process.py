"""The processes of a training run: who speaks, who waits, and that none outlives its parent."""

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from trainer.errors import TrainingError

WAIT_SECONDS = 60.0
"""For a run that was cut off and whose last step is not done yet."""
_LOOK_SECONDS = 0.5


def speaks() -> bool:
    """Whether this is the only process of a run, or the first of several (mlx.launch says so)."""
    return os.environ.get("MLX_RANK", "0") == "0"


@contextlib.contextmanager
def alone(lock: Path | None, seconds: float = WAIT_SECONDS) -> Iterator[None]:
    """Holds a lock, so that never two train; waits for a run that is just ending.

    Raises:
        TrainingError: another run holds on to it.
    """
    if lock is None:
        yield
        return
    try:
        with FileLock(lock, timeout=seconds):
            yield
    except Timeout as error:
        raise TrainingError("Another training is running; wait until it is done.") from error


def stay_with(parent: int | None) -> None:
    """Ends this process when its parent ends, or the one with this id if it is on this machine."""
    first = os.getppid()
    other = _process(parent) if parent is not None and speaks() else None

    def watch() -> None:
        tick = threading.Event()
        while os.getppid() == first and (other is None or other.is_running()):
            tick.wait(_LOOK_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, name="stay with parent", daemon=True).start()


def _process(pid: int) -> psutil.Process | None:
    try:
        return psutil.Process(pid)
    except psutil.NoSuchProcess:
        os._exit(1)
