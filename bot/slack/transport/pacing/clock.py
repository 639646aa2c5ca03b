"""The clock of the pace, and waiting by it; a test may put another one in its place."""

import threading
import time


class Clock:
    """The real time, in seconds from some moment on."""

    def now(self) -> float:
        """Returns the seconds."""
        return time.monotonic()

    def wait(self, changed: threading.Condition, seconds: float) -> None:
        """Waits for `seconds`, or until `changed` is notified; its lock is held by the caller."""
        changed.wait(seconds)


CLOCK = Clock()
"""What every new pacer goes by."""
