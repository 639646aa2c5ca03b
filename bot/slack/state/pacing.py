"""The pace at which answers are shown while they are written; shared by all of them.

Slack lets all streams together grow some 100 times a minute, and 20 of them begin and end. So the
turns are given to whoever waits longest, and a stream begins only where there is room for its end.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.slack.transport.pacing.pacer import Pacer

ALIVE_SECONDS = 0.5
"""An answer that has not asked for this long has nothing to show: nobody waits for its turn."""
START, STOP = "chat.startStream", "chat.stopStream"


class Turns:
    """Gives each turn to the answer that waits longest; safe from any thread."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """`now` returns the time in seconds."""
        self._now = now
        self._next = 0.0
        self._since: dict[object, float] = {}
        self._asked: dict[object, float] = {}
        self._guard = threading.Lock()

    def may(self, who: object, seconds: float) -> bool:
        """Whether `who` may show something now; if so, nobody may for `seconds` from now.

        Nobody may where another waits longer and has asked a moment ago.
        """
        with self._guard:
            now = self._now()
            self._asked[who] = now
            mine = self._since.setdefault(who, now)
            if now < self._next or any(
                since < mine and now - self._asked[other] <= ALIVE_SECONDS
                for other, since in self._since.items()
            ):
                return False
            self._since[who] = now
            self._next = now + seconds
            return True

    def leave(self, who: object) -> None:
        """Notes that `who` has nothing more to show."""
        with self._guard:
            self._since.pop(who, None)
            self._asked.pop(who, None)


class StreamRoom:
    """Says whether a stream may begin: only where there is room for its end as well."""

    def __init__(self, pacer: Pacer) -> None:
        self._pacer = pacer
        self._open = 0
        self._guard = threading.Lock()

    def reserve(self) -> bool:
        """Reserves the end of a stream that begins now; False where there is no room for one."""
        with self._guard:
            if not self._pacer.room(START) or self._pacer.room(STOP) <= self._open:
                return False
            self._open += 1
            return True

    def release(self) -> None:
        """Notes that a stream has ended, or did not begin."""
        with self._guard:
            self._open -= 1


@dataclass
class StreamingState:
    """How answers are shown.

    `streams` is False once Slack has refused to stream any answer, `tables` once it has refused
    to show one as a block of Markdown.
    """

    streams: bool = True
    tables: bool = True
    pacer: Pacer = field(default_factory=Pacer)
    appends: Turns = field(default_factory=Turns)
    updates: Turns = field(default_factory=Turns)
    room: StreamRoom = field(init=False)

    def __post_init__(self) -> None:
        """Makes the room for streams by the same pacer."""
        self.room = StreamRoom(self.pacer)
