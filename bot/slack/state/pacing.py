"""The pace at which answers are shown while they are written; shared by all of them.

Slack lets all streams together grow some 100 times a minute, and 20 of them begin and end. What
there is room for is shared: few answers grow as often as they want, many less often and evenly, and
the last places are for those who wait longest. A stream begins only where there is room for its
end.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.slack.transport.pacing.pacer import Pacer
from bot.slack.transport.pacing.tiers import limits_of

ALIVE_SECONDS = 0.5
"""An answer that has not asked for this long has nothing to show: nobody waits for its turn."""
SPREAD_SECONDS = 3.0
"""The seconds over which the calls that may be made at once are spread, where answers would use
them up sooner: words come more and more slowly then, and never stop all at once."""
SPARE_UPDATES = 10
"""Updates that are left for answers that are whole."""
START, APPEND, STOP = "chat.startStream", "chat.appendStream", "chat.stopStream"
UPDATE = "chat.update"


class Turns:
    """Shares the calls of one method between answers that are being written.

    It is safe from any thread.
    """

    def __init__(
        self,
        room: Callable[[], int],
        per_minute: float,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Nobody has a turn yet.

        Args:
            room: returns how many calls may be made now.
            per_minute: how many more come in within a minute.
            now: returns the time in seconds.
        """
        self._room = room
        self._per_second = per_minute / 60
        self._now = now
        self._since: dict[object, float] = {}
        """When each answer has shown something, or had something to show for the first time."""
        self._asked: dict[object, float] = {}
        self._guard = threading.Lock()

    def may(self, who: object, seconds: float) -> bool:
        """Whether `who` may show something now; it counts as shown then.

        Args:
            who: an answer that has something to show.
            seconds: the least time between two of its turns; 0.0 is for every turn there is room
                for, whoever else asks.
        """
        with self._guard:
            now, room = self._now(), self._room()
            self._asked[who] = now
            first = who not in self._since
            mine = self._since.setdefault(who, now)
            alive = [one for one, asked in self._asked.items() if now - asked <= ALIVE_SECONDS]
            if seconds:
                supply = self._per_second + max(0, room) / SPREAD_SECONDS
                seconds = max(seconds, len(alive) / supply)
            if not first and now - mine < seconds:
                return False
            longer = sum(
                self._since[one] < mine and now - self._since[one] >= seconds for one in alive
            )
            if room <= longer:
                return False
            self._since[who] = now
            return True

    def shown(self, who: object) -> None:
        """Notes that `who` shows something now by other means, so that its turn is later."""
        with self._guard:
            self._since[who] = self._asked[who] = self._now()

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
    appends: Turns = field(init=False)
    updates: Turns = field(init=False)
    room: StreamRoom = field(init=False)

    def __post_init__(self) -> None:
        """Makes what shares the room that the pacer has."""
        pacer = self.pacer
        self.appends = Turns(lambda: pacer.room(APPEND), limits_of(APPEND).workspace.per_minute)
        self.updates = Turns(
            lambda: pacer.room(UPDATE) - SPARE_UPDATES, limits_of(UPDATE).workspace.per_minute
        )
        self.room = StreamRoom(pacer)
