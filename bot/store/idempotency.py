"""Keys of what was already handled, so that a redelivery does nothing twice."""

from datetime import UTC, datetime, timedelta

from bot.store.database.clock import now
from bot.store.database.connections import Connections
from bot.store.database.personal_data import Delete, TableErasure

ERASURE = (
    TableErasure(
        "events",
        # Keys of before had the channel in them, and a direct one is as good as a name.
        (
            Delete(
                "exists (select 1 from json_each(:direct)"  # it has a column `key` as well
                " where events.key like 'message:' || value || ':%'"
                " or events.key like 'change:' || value || ':%')",
                holds=("key",),
            ),
        ),
        impersonal={"at": "a time"},
    ),
)


class HandledEvents:
    """The `events` table."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def claim(self, key: str) -> bool:
        """True for the first to claim `key`, in whichever process, and False ever after."""
        with self._connections.write() as db:
            cursor = db.conn.execute(
                "insert or ignore into events (key, at) values (?, ?)", [key, now()]
            )
            return cursor.rowcount == 1

    def mark(self, key: str) -> None:
        """Notes that something happened now, for the last time so far."""
        with self._connections.write() as db:
            db.table("events").insert({"key": key, "at": now()}, replace=True)

    def marked_since(self, key: str, at: str) -> bool:
        """Whether it was marked at that time, as it stands in the database, or later."""
        found = self._connections.db.query(
            "select 1 from events where key = ? and at >= ?", [key, at]
        )
        return bool(list(found))

    def claimed(self, key: str) -> bool:
        """Whether somebody has claimed `key`."""
        found = self._connections.db.query("select 1 from events where key = ?", [key])
        return bool(list(found))

    def forget_before(self, age: timedelta) -> int:
        """Drops keys older than `age`; Slack redelivers for an hour at most."""
        limit = (datetime.now(UTC) - age).isoformat(timespec="milliseconds")
        with self._connections.write() as db:
            return db.conn.execute("delete from events where at < ?", [limit]).rowcount
