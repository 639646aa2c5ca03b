"""What admins have switched on or off in channels: listening, watching, answers without a mention.

An answer that nobody asked for is noted by its id. Each thumb down on one raises the floor of its
channel; a thumb that is taken back lowers it again.
"""

from dataclasses import dataclass

from sqlite_utils import Database

from bot.store.database.clock import now
from bot.store.database.connections import Connections
from bot.store.database.personal_data import TableErasure, Update

FLOORS = (0.8, 0.9, 0.95, 0.98)
"""The least confidence of an answer that nobody asked for, by how many of them were found bad in
the channel; the next thumb down ends such answers there. An asked one needs 0.65."""
OF_MANY = "a channel of many people: only such a one is switched on or off"
ERASURE = (
    TableErasure(
        "channels",
        (Update("who = :person", {"who": ":nobody"}),),
        impersonal={"channel": OF_MANY, "at": "a time"},
    ),
    TableErasure(
        "channel_modes",
        (Update("who = :person", {"who": ":nobody"}),),
        impersonal={"channel": OF_MANY, "at": "a time"},
    ),
    TableErasure("unasked", impersonal={"channel": OF_MANY, "at": "a time"}),
)
BAD = (
    "exists (select 1 from feedback"
    " where feedback.reply_id = unasked.reply_id and feedback.value < 0)"
)
"""An SQL term: whether somebody has a thumb down on an answer that nobody asked for."""


@dataclass(frozen=True)
class AutoMode:
    """How strict the bot is in a channel where it answers without a mention.

    `bad` is the number of such answers there that have a thumb down.
    """

    bad: int = 0

    @property
    def floor(self) -> float | None:
        """The least confidence of such an answer; None where thumbs down have ended them."""
        return FLOORS[self.bad] if self.bad < len(FLOORS) else None


@dataclass(frozen=True)
class ChannelModes:
    """Whether a channel is watched, and whether it is answered in without a mention."""

    watched: bool = False
    auto: bool = False


class Channels:
    """The tables of channels; where nobody has switched listening, the settings decide."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def listening(self, channel: str) -> bool | None:
        """Returns whether the channel was switched on (True) or off (False); None for neither."""
        rows = list(
            self._connections.db.query(
                "select listening from channels where channel = ?", [channel]
            )
        )
        return bool(rows[0]["listening"]) if rows else None

    def all(self) -> dict[str, bool]:
        """Returns every channel that was switched, with True for on; the first switched first."""
        rows = self._connections.db.query(
            "select channel, listening from channels order by at, channel"
        )
        return {str(row["channel"]): bool(row["listening"]) for row in rows}

    def set(self, channel: str, listening: bool, who: str) -> None:
        """Switches a channel on or off, in place of how it was switched before.

        Args:
            channel: Slack's id of the channel.
            listening: True to listen there.
            who: the id of the admin who switches it.
        """
        with self._connections.write() as db:
            db.table("channels").insert(
                {"channel": channel, "listening": int(listening), "who": who, "at": now()},
                replace=True,
            )

    def modes(self, channel: str) -> ChannelModes:
        """Returns what a channel was switched to besides listening."""
        rows = self._connections.db.query(
            "select watched, auto from channel_modes where channel = ?", [channel]
        )
        found = (ChannelModes(bool(row["watched"]), bool(row["auto"])) for row in rows)
        return next(found, ChannelModes())

    def with_modes(self) -> dict[str, ChannelModes]:
        """Returns every channel that is watched or answered in unasked; the newest change last."""
        rows = self._connections.db.query(
            "select channel, watched, auto from channel_modes where watched or auto"
            " order by at, channel"
        )
        return {
            str(row["channel"]): ChannelModes(bool(row["watched"]), bool(row["auto"]))
            for row in rows
        }

    def watched(self, channel: str) -> bool:
        """Returns whether answers of teachers in a channel are proposed to them as lessons."""
        return self.modes(channel).watched

    def watch(self, channel: str, on: bool, who: str) -> None:
        """Switches watching on or off.

        Args:
            channel: Slack's id of the channel.
            on: True to watch.
            who: the id of the admin who switches it.
        """
        with self._connections.write() as db:
            _switch(db, channel, ChannelModes(on, self.modes(channel).auto), who)

    def auto(self, channel: str) -> AutoMode | None:
        """Returns how a channel is answered in without a mention; None where it is not."""
        if not self.modes(channel).auto:
            return None
        rows = self._connections.db.query(
            f"select count(*) as bad from unasked where channel = ? and counts and {BAD}",  # noqa: S608  a term of ours
            [channel],
        )
        return AutoMode(int(next(rows)["bad"]))

    def set_auto(self, channel: str, on: bool, who: str) -> None:
        """Switches answers without a mention on or off; thumbs down until now count no more.

        Args:
            channel: Slack's id of the channel.
            on: True to answer; also where it is on already, which makes it as lenient as at first.
            who: the id of the admin who switches it.
        """
        with self._connections.write() as db:
            _switch(db, channel, ChannelModes(self.modes(channel).watched, on), who)
            db.conn.execute(
                f"update unasked set counts = 0, told = 1 where channel = ? and {BAD}",  # noqa: S608  a term of ours
                [channel],
            )

    def note_unasked(self, reply_id: int, channel: str) -> None:
        """Notes that nobody had asked the bot for a reply; it may be repeated."""
        row = {"reply_id": reply_id, "channel": channel, "counts": 1, "told": 0, "at": now()}
        with self._connections.write() as db:
            db.table("unasked").insert(row, ignore=True)

    def unasked(self, reply_id: int) -> bool:
        """Returns whether nobody had asked the bot for a reply."""
        rows = self._connections.db.query("select 1 from unasked where reply_id = ?", [reply_id])
        return bool(list(rows))

    def found_bad(self, limit: int) -> list[int]:
        """Returns replies that nobody asked for and somebody found bad, where it was not told yet.

        Args:
            limit: the most of them, the oldest first.
        """
        rows = self._connections.db.query(
            f"select reply_id from unasked where told = 0 and {BAD} order by reply_id limit ?",  # noqa: S608  a term of ours
            [limit],
        )
        return [int(row["reply_id"]) for row in rows]

    def told(self, reply_id: int) -> None:
        """Notes that it was told what follows from a thumb down on a reply."""
        with self._connections.write() as db:
            db.conn.execute("update unasked set told = 1 where reply_id = ?", [reply_id])


def _switch(db: Database, channel: str, modes: ChannelModes, who: str) -> None:
    row = {"channel": channel, "watched": int(modes.watched), "auto": int(modes.auto)}
    db.table("channel_modes").insert(row | {"who": who, "at": now()}, replace=True)
