"""Where the bot was told to listen, or not to."""

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
    """The `channels` table; a channel that is not in it is as the settings say."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def listening(self, channel: str) -> bool | None:
        """What was said about this channel; None for nothing."""
        rows = list(
            self._connections.db.query(
                "select listening from channels where channel = ?", [channel]
            )
        )
        return bool(rows[0]["listening"]) if rows else None

    def all(self) -> dict[str, bool]:
        """Every channel about which something was said."""
        rows = self._connections.db.query(
            "select channel, listening from channels order by at, channel"
        )
        return {str(row["channel"]): bool(row["listening"]) for row in rows}

    def set(self, channel: str, listening: bool, who: str) -> None:
        """Switches a channel on or off."""
        with self._connections.write() as db:
            db.table("channels").insert(
                {"channel": channel, "listening": int(listening), "who": who, "at": now()},
                replace=True,
            )
