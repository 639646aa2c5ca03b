"""The processes of a training run: which one reports, which one waits, and when each ends."""

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from trainer.errors import TrainingError

WAIT_SECONDS = 60.0
"""Seconds to wait for a run that was cut off and whose last step is not done yet."""
_POLL_SECONDS = 0.5


def is_first_process() -> bool:
    """Returns whether this is the only process of a run, or the first of several.

    `mlx.launch` gives every process its number in MLX_RANK.
    """
    return os.environ.get("MLX_RANK", "0") == "0"


@contextlib.contextmanager
def exclusive(lock: Path | None, seconds: float = WAIT_SECONDS) -> Iterator[None]:
    """Holds a lock file, so that only one run trains; waits for a run that is just ending.

    Args:
        lock: the file; None locks nothing.
        seconds: the longest wait.

    Raises:
        TrainingError: another run still holds the lock after that time.
    """
    if lock is None:
        yield
        return
    try:
        with FileLock(lock, timeout=seconds):
            yield
    except Timeout as error:
        raise TrainingError("Another training is running; wait until it is done.") from error


def exit_with_parent(parent: int | None) -> None:
    """Starts a thread that ends this process, with exit code 1, when its parent ends.

    Args:
        parent: the id of another process of this machine whose end counts as well. Only the first
            process of a run looks for it: the others may be on other machines.
    """
    first = os.getppid()
    other = _process(parent) if parent is not None and is_first_process() else None

    def monitor() -> None:
        tick = threading.Event()
        while os.getppid() == first and (other is None or other.is_running()):
            tick.wait(_POLL_SECONDS)
        os._exit(1)

    threading.Thread(target=monitor, name="exit with parent", daemon=True).start()


def _process(pid: int) -> psutil.Process | None:
    try:
        return psutil.Process(pid)
    except psutil.NoSuchProcess:
        os._exit(1)
