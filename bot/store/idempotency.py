"""What was handled already: events that may come twice, and what happens once for ever."""

from datetime import UTC, datetime, timedelta

from bot.store.database.clock import now
from bot.store.database.connections import Connections
from bot.store.database.personal_data import Delete, TableErasure

ERASURE = (
    TableErasure(
        "events",
        # Earlier versions put the channel into the key, and a direct channel identifies a person.
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
    TableErasure("marks", impersonal={"key": "a name of ours", "at": "a time"}),
)


class HandledEvents:
    """The `events` table."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def claim(self, key: str) -> bool:
        """Returns True to the first caller that claims `key`, of all processes; then False."""
        with self._connections.write() as db:
            cursor = db.conn.execute(
                "insert or ignore into events (key, at) values (?, ?)", [key, now()]
            )
            return cursor.rowcount == 1

    def mark(self, key: str) -> None:
        """Stores the present time for `key`, in place of an earlier one."""
        with self._connections.write() as db:
            db.table("events").insert({"key": key, "at": now()}, replace=True)

    def marked_since(self, key: str, at: str) -> bool:
        """Returns whether `key` was marked or claimed at `at` (a time of the database) or later."""
        rows = self._connections.db.query(
            "select 1 from events where key = ? and at >= ?", [key, at]
        )
        return bool(list(rows))

    def claimed(self, key: str) -> bool:
        """Returns whether `key` was claimed or marked."""
        rows = self._connections.db.query("select 1 from events where key = ?", [key])
        return bool(list(rows))

    def forget_before(self, age: timedelta) -> int:
        """Deletes keys older than `age` and returns their number.

        Slack redelivers an event for an hour at most.
        """
        limit = (datetime.now(UTC) - age).isoformat(timespec="milliseconds")
        with self._connections.write() as db:
            return db.conn.execute("delete from events where at < ?", [limit]).rowcount


class Marks:
    """The `marks` table: names of ours for what has happened once, kept for ever."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def set(self, key: str) -> bool:
        """Returns True to the first caller that sets a mark, of all processes; then False."""
        with self._connections.write() as db:
            cursor = db.conn.execute(
                "insert or ignore into marks (key, at) values (?, ?)", [key, now()]
            )
            return cursor.rowcount == 1

    def has(self, key: str) -> bool:
        """Returns whether a mark was set."""
        rows = self._connections.db.query("select 1 from marks where key = ?", [key])
        return bool(list(rows))
