"""The channels in which an admin switched listening on or off."""

from bot.store.database.clock import now
from bot.store.database.connections import Connections
from bot.store.database.personal_data import TableErasure, Update

ERASURE = (
    TableErasure(
        "channels",
        (Update("who = :person", {"who": ":nobody"}),),
        impersonal={
            "channel": "a channel of many people: only such a one is switched on or off",
            "at": "a time",
        },
    ),
)


class Channels:
    """The `channels` table; for a channel without a row `slack.listen` of the settings decides."""

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
