"""The clock of the pace, and waiting by it; a test may put another one in its place."""

import threading
import time
from typing import Protocol


class Clock(Protocol):
    """A time in seconds, from some moment on."""

    def now(self) -> float:
        """Returns the seconds."""

    def wait(self, changed: threading.Condition, seconds: float) -> None:
        """Waits for `seconds`, or until `changed` is notified; its lock is held by the caller."""


class RealClock:
    """The time as it passes."""

    def now(self) -> float:
        """Returns the seconds."""
        return time.monotonic()

    def wait(self, changed: threading.Condition, seconds: float) -> None:
        """Waits for `seconds`, or until `changed` is notified."""
        changed.wait(seconds)


CLOCK: Clock = RealClock()
"""What every new pacer goes by."""
