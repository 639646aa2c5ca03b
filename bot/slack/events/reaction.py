"""Thumbs as events and clicks tell of them, and which of a person's thumbs is the newest."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from bot.settings import FeedbackSettings

KEPT = 5000


@dataclass(frozen=True)
class Reaction:
    """Who put or removed which emoji (without its skin tone) on which message."""

    event_id: str
    at: Decimal
    user: str
    channel: str
    ts: str
    name: str
    added: bool

    @property
    def key(self) -> str:
        """The same for every redelivery."""
        return f"event:{self.event_id}"


def bare(name: str) -> str:
    """An emoji without its skin tone."""
    return name.split("::", maxsplit=1)[0]


def sign_of(name: str, settings: FeedbackSettings) -> int:
    """What an emoji says of an answer: 1, -1, or 0 for nothing."""
    if name in settings.up:
        return 1
    return -1 if name in settings.down else 0


def from_event(event: dict[str, Any], event_id: str) -> Reaction | None:
    """Reads a reaction event; None for other things than messages."""
    item = event.get("item") or {}
    if item.get("type") != "message" or not event.get("user"):
        return None
    return Reaction(
        event_id=event_id,
        at=moment(event.get("event_ts")),
        user=event["user"],
        channel=item["channel"],
        ts=item["ts"],
        name=bare(str(event.get("reaction", ""))),
        added=event["type"] == "reaction_added",
    )


def moment(ts: Any) -> Decimal:
    """A time stamp of Slack's as a number; 0 where there is none."""
    try:
        return Decimal(str(ts or "0"))
    except InvalidOperation:
        return Decimal(0)


class RatingOrder:
    """Lets only the newest of a person's thumbs on a reply count.

    Events come in no fixed order: a thumb that was taken back at once may arrive after its end.
    """

    def __init__(self) -> None:
        self._newest: OrderedDict[tuple[int, str], Decimal] = OrderedDict()
        self.guard = threading.Lock()

    def is_newest(self, reply: int, user: str, at: Decimal) -> bool:
        """Call with `guard` held, and act on the answer before letting go of it."""
        key = (reply, user)
        if at < self._newest.get(key, Decimal(0)):
            return False
        self._newest[key] = at
        self._newest.move_to_end(key)
        if len(self._newest) > KEPT:
            self._newest.popitem(last=False)
        return True
