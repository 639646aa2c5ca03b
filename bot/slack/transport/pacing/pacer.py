"""Decides when each call to Slack may be made, so that Slack refuses none.

Every method has a bucket of calls, some have one for each channel besides; see `tiers`. Whoever has
waited longest for a method goes first. A refusal by Slack (429) closes the bucket for as long as
Slack says, for everybody. No lock is held while somebody waits.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from slack_sdk.errors import SlackClientError

from bot.slack.transport.pacing import clock
from bot.slack.transport.pacing.tiers import Limit, limits_of

LOOK_SECONDS = 0.2
"""Seconds after which somebody who waits looks whether they still want to."""
MOST_CHANNELS = 1000
"""Buckets of channels in memory; one that is full again is forgotten first."""
Key = tuple[str, str | None]
"""A method, and a channel where it has a limit for each."""


class NoRoomError(SlackClientError):
    """A call would go over a limit of Slack, and whoever makes it does not wait for it here."""

    def __init__(self, method: str, channel: str | None, *, refused: bool = False) -> None:
        """`refused` says that Slack refused the call; else it was not made at all."""
        super().__init__(f"no room for {method}")
        self.method = method
        self.channel = channel
        self.refused = refused


@dataclass
class Bucket:
    """The calls that may be made now, and when it was last filled up."""

    limit: Limit
    calls: float
    filled: float
    closed_until: float = 0.0

    def fill(self, now: float) -> None:
        """Adds what has come in since the last time; while it is closed, nothing does."""
        come = (now - max(self.filled, self.closed_until)) * self.limit.per_minute / 60
        self.calls = min(float(self.limit.burst), self.calls + max(0.0, come))
        self.filled = max(self.filled, now)

    def seconds(self, now: float) -> float:
        """Returns the seconds until there is room for a call; 0.0 for now."""
        self.fill(now)
        missing = max(0.0, 1.0 - self.calls) * 60 / self.limit.per_minute
        return max(missing, self.closed_until - now, 0.0)


@dataclass(eq=False)
class Waiter:
    """Somebody who waits for a call."""

    key: Key
    buckets: list[Bucket]


class _OfThread(threading.local):
    """What belongs to one thread: places that it has waited for, and whether it waits at all."""

    def __init__(self) -> None:
        self.waits = True
        self.places: list[Key] = []


class Pacer:
    """The pace of all calls of one client; safe from any thread."""

    def __init__(self, by: clock.Clock | None = None) -> None:
        """`by` is the clock; without one it is `clock.CLOCK`."""
        self._clock = by or clock.CLOCK
        self._buckets: dict[Key, Bucket] = {}
        self._waiting: list[Waiter] = []
        self._changed = threading.Condition()
        self._hurries = False
        self._mine = _OfThread()

    def take(self, method: str, channel: str | None) -> None:
        """Takes the place of one call, and waits until there is one.

        Raises:
            NoRoomError: there is none now, and this thread is within `at_once`.
        """
        key = _key(method, channel)
        if key in self._mine.places:
            self._mine.places.remove(key)
            return
        if self._mine.waits:
            self._wait(key, lambda: False)
            return
        with self._changed:
            if self._seconds(key) > 0 or any(one.key == key for one in self._waiting):
                raise NoRoomError(method, channel)
            self._spend(self._of(key))

    def wait(self, method: str, channel: str | None, given_up: Callable[[], bool]) -> bool:
        """Waits for the place of a call, which this thread makes afterwards.

        It ends within LOOK_SECONDS of `given_up` being true, and takes no place then.

        Returns:
            Whether there is a place.
        """
        key = _key(method, channel)
        if not self._wait(key, given_up):
            return False
        self._mine.places.append(key)
        return True

    def room(self, method: str, channel: str | None = None) -> int:
        """Returns how many calls may be made now, without those that others wait for."""
        key = _key(method, channel)
        with self._changed:
            if self._hurries:
                return limits_of(method).workspace.burst
            if self._seconds(key) > 0:
                return 0
            calls = min(int(bucket.calls) for bucket in self._of(key))
            return max(0, calls - sum(one.key == key for one in self._waiting))

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Makes calls of this thread raise NoRoomError, within the block, instead of waiting."""
        before, self._mine.waits = self._mine.waits, False
        try:
            yield
        finally:
            self._mine.waits = before

    @property
    def waits(self) -> bool:
        """Whether calls of this thread wait for their place."""
        return self._mine.waits

    def pause(self, method: str, channel: str | None, seconds: float) -> None:
        """Closes the narrowest bucket of a call, which Slack has refused, for some seconds."""
        with self._changed:
            bucket = self._of(_key(method, channel))[-1]
            bucket.calls = min(bucket.calls, 1.0)
            bucket.closed_until = max(bucket.closed_until, self._clock.now() + seconds)
            self._changed.notify_all()

    def hurry(self, *, on: bool = True) -> None:
        """Lets every call through, since the service stops: nothing may wait any longer."""
        with self._changed:
            self._hurries = on
            self._changed.notify_all()

    def _wait(self, key: Key, given_up: Callable[[], bool]) -> bool:
        with self._changed:
            me = Waiter(key, self._of(key))
            self._waiting.append(me)
            try:
                while not given_up():
                    seconds = self._seconds(key)
                    if seconds <= 0 and self._is_first(me):
                        self._spend(me.buckets)
                        return True
                    self._clock.wait(self._changed, min(seconds or LOOK_SECONDS, LOOK_SECONDS))
                return False
            finally:
                self._waiting.remove(me)
                self._changed.notify_all()

    def _is_first(self, me: Waiter) -> bool:
        """Whether nobody who has waited longer for the same method could go now."""
        for other in self._waiting:
            if other is me:
                return True
            if other.key[0] == me.key[0] and self._seconds(other.key) <= 0:
                return False
        return True

    def _seconds(self, key: Key) -> float:
        if self._hurries:
            return 0.0
        now = self._clock.now()
        return max(bucket.seconds(now) for bucket in self._of(key))

    def _spend(self, buckets: list[Bucket]) -> None:
        for bucket in buckets:
            bucket.calls -= 1.0

    def _of(self, key: Key) -> list[Bucket]:
        """Returns the buckets of a call, the narrowest last."""
        method, channel = key
        limits = limits_of(method)
        found = [self._bucket((method, None), limits.workspace)]
        if channel is not None and limits.channel is not None:
            found.append(self._bucket(key, limits.channel))
        return found

    def _bucket(self, key: Key, limit: Limit) -> Bucket:
        bucket = self._buckets.get(key)
        if bucket is None:
            self._forget_full()
            now = self._clock.now()
            bucket = self._buckets[key] = Bucket(limit, float(limit.burst), now)
        return bucket

    def _forget_full(self) -> None:
        """Forgets buckets of channels that nobody has used for a while, where there are many."""
        if len(self._buckets) <= MOST_CHANNELS:
            return
        now = self._clock.now()
        in_use = {one.key for one in self._waiting}
        for key, bucket in list(self._buckets.items()):
            bucket.fill(now)
            full = bucket.calls >= bucket.limit.burst and bucket.closed_until <= now
            if key[1] is not None and full and key not in in_use:
                del self._buckets[key]


def _key(method: str, channel: str | None) -> Key:
    return method, channel if limits_of(method).channel is not None else None
