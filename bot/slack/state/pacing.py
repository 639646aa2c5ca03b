"""Limits how often answers are shown, and notes whether Slack has streams; shared by all."""

import threading
import time
from dataclasses import dataclass, field


class Pace:
    """Keeps all answers together below Slack's rate limits; safe from any thread."""

    def __init__(self) -> None:
        self._next = 0.0
        self._guard = threading.Lock()

    def may(self, seconds: float) -> bool:
        """Whether something may be shown now; if so, nothing else may for `seconds` from now."""
        with self._guard:
            now = time.monotonic()
            if now < self._next:
                return False
            self._next = now + seconds
            return True


@dataclass
class StreamingState:
    """How answers are shown; `streams` is False once Slack has refused to stream any."""

    streams: bool = True
    pace: Pace = field(default_factory=Pace)
