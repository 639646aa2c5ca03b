"""What kinds of channels there are, as far as Slack has told, and the names that they have or had.

The kind says who reads what is said there. By its name a channel is found again in an answer: a
model says `#rooms`, and that is a link to the channel only where Slack has called one so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from bot.store.database.clock import now
from bot.store.database.connections import Connections
from bot.store.database.personal_data import TableErasure
from trainer.similarity import normalise

PlaceKind = Literal["public", "private", "group", "direct"]
KIND = "case when replies.channel glob 'D*' then 'direct' else places.kind end"
"""An SQL term: the kind of the channel of a row of `replies` that `places` is joined to."""
ERASURE = (
    TableErasure(
        "places",
        impersonal={
            "channel": "a channel of many people: no direct one is kept",
            "kind": "one of three words",
            "at": "a time",
        },
    ),
    TableErasure(
        "channel_names",
        impersonal={
            "name": "the name of a channel of many people, or its id",
            "channel": "a channel of many people: no direct one is kept",
        },
    ),
)


@dataclass(frozen=True)
class Place:
    """One row of `places`: a channel, and whether people of other organisations are in it."""

    channel: str
    kind: PlaceKind
    shared: bool


class Places:
    """The `places` table; that a channel is a direct one is seen by its id, which begins with D."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def kind(self, channel: str) -> PlaceKind | None:
        """Returns the kind of a channel; None where it is not known."""
        if channel.startswith("D"):
            return "direct"
        place = self._get(channel)
        return place.kind if place else None

    def shared(self, channel: str) -> bool:
        """Returns whether a channel is known to be shared with other organisations."""
        place = self._get(channel)
        return place is not None and place.shared

    def learn(self, channel: str, kind: PlaceKind, shared: bool | None = None) -> None:
        """Stores the kind of a channel in place of an earlier one; nothing of a direct one.

        What is known already is not written again: this is called for every message.

        Args:
            channel: Slack's id of the channel.
            kind: its kind.
            shared: whether it is shared with other organisations; None leaves it as it was.
        """
        if kind == "direct" or channel.startswith("D"):
            return
        place = self._get(channel)
        if place and place.kind == kind and shared in (None, place.shared):
            return
        shared = place is not None and place.shared if shared is None else shared
        with self._connections.write() as db:
            row = {"channel": channel, "kind": kind, "shared": int(shared), "at": now()}
            db.table("places").insert(row, replace=True)

    def learn_name(self, channel: str, name: str) -> None:
        """Stores that a channel is called so; an earlier name of it still leads to it.

        Args:
            channel: Slack's id of the channel.
            name: its name without `#`, as Slack tells it, or its id where Slack does not tell.
        """
        name = normalise(name)
        if channel.startswith("D") or not name or self.name(channel) == name:
            return
        with self._connections.write() as db:
            row = {"name": name, "channel": channel}
            db.table("channel_names").insert(row, replace=True)

    def named(self, name: str) -> str | None:
        """Returns the id of the channel that was called so last; None of a name of no channel."""
        rows = self._connections.db.query(
            "select channel from channel_names where name = ?", [normalise(name)]
        )
        return next((str(row["channel"]) for row in rows), None)

    def name(self, channel: str) -> str | None:
        """Returns the name of a channel that was told last; None where none was."""
        rows = self._connections.db.query(
            "select name from channel_names where channel = ? order by rowid desc limit 1",
            [channel],
        )
        return next((str(row["name"]) for row in rows), None)

    def all(self) -> list[Place]:
        """Returns every channel whose kind is known, in the order of their ids."""
        rows = self._connections.db.query("select * from places order by channel")
        return [_place(row) for row in rows]

    def _get(self, channel: str) -> Place | None:
        rows = self._connections.db.query("select * from places where channel = ?", [channel])
        return next((_place(row) for row in rows), None)


def _place(row: Mapping[str, object]) -> Place:
    kind: PlaceKind = row["kind"]  # type: ignore[assignment]  # only `learn` writes it
    return Place(str(row["channel"]), kind, bool(row["shared"]))
