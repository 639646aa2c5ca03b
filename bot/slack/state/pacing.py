"""How fast, and in which way, answers may be shown; one for all of them."""

import threading
import time
from dataclasses import dataclass, field


class Pace:
    """Keeps all answers together under Slack's rate limits."""

    def __init__(self) -> None:
        self._next = 0.0
        self._guard = threading.Lock()

    def may(self, seconds: float) -> bool:
        """Whether something may be shown now; then nothing else may for so long."""
        with self._guard:
            now = time.monotonic()
            if now < self._next:
                return False
            self._next = now + seconds
            return True


@dataclass
class StreamingState:
    """`streams` is False once Slack has said that it knows none."""

    streams: bool = True
    pace: Pace = field(default_factory=Pace)
