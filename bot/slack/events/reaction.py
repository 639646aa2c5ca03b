"""Reads reaction events into typed values, and tells which of a person's ratings is the newest."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from bot.settings import FeedbackSettings

KEPT = 5000
"""Ratings whose time is remembered; beyond that the oldest are dropped."""


@dataclass(frozen=True)
class Reaction:
    """Who added or removed which emoji (without its skin tone), and on which message."""

    event_id: str
    at: Decimal
    user: str
    channel: str
    ts: str
    name: str
    added: bool

    @property
    def key(self) -> str:
        """Identifies the event: all redeliveries have the same key."""
        return f"event:{self.event_id}"


def bare(name: str) -> str:
    """Returns the name of an emoji without its skin tone."""
    return name.split("::", maxsplit=1)[0]


def sign_of(name: str, settings: FeedbackSettings) -> int:
    """Returns the rating that an emoji stands for by the settings: 1, -1, or 0 for none."""
    if name in settings.up:
        return 1
    return -1 if name in settings.down else 0


def from_event(event: dict[str, Any], event_id: str) -> Reaction | None:
    """Reads a reaction event; None where the reaction is not on a message, or of nobody."""
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
    """Reads a time stamp of Slack as seconds since the epoch; 0 where there is none."""
    try:
        return Decimal(str(ts or "0"))
    except InvalidOperation:
        return Decimal(0)


class RatingOrder:
    """Lets only the newest of a person's ratings of a reply count.

    Events arrive in no fixed order: a reaction may arrive after the event that removed it.
    """

    def __init__(self) -> None:
        self._newest: OrderedDict[tuple[int, str], Decimal] = OrderedDict()
        self.guard = threading.Lock()

    def is_newest(self, reply: int, user: str, at: Decimal) -> bool:
        """Whether no later rating of this reply by this user is known; notes `at` if so.

        The caller holds `guard`, and acts on the result before releasing it.
        """
        key = (reply, user)
        if at < self._newest.get(key, Decimal(0)):
            return False
        self._newest[key] = at
        self._newest.move_to_end(key)
        if len(self._newest) > KEPT:
            self._newest.popitem(last=False)
        return True
