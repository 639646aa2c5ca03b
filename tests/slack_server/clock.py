"""The clock of the server's limits: real, or one that jumps over what would cost a test seconds."""

import threading
import time


class RealClock:
    """The time as it passes."""

    def now(self) -> float:
        """The seconds since some moment."""
        return time.monotonic()


class JumpingClock(RealClock):
    """Whoever would wait moves it forward instead; the bot's pace and the server's go by it.

    While it is `held`, it stands still for whoever waits, until `advance` is called.
    """

    def __init__(self) -> None:
        self.held = False
        self._ahead = 0.0
        self._guard = threading.Lock()

    def now(self) -> float:
        """The seconds since some moment, with all jumps."""
        return time.monotonic() + self._ahead

    def advance(self, seconds: float) -> None:
        """Lets seconds pass."""
        with self._guard:
            self._ahead += seconds

    def wait(self, changed: threading.Condition, seconds: float) -> None:
        """Takes the place of a wait of the bot's pace; its condition is held by the caller."""
        if self.held:
            changed.wait(0.01)
            return
        self.advance(seconds)
