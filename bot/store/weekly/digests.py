"""The outbox of the weekly digests: one row a week and recipient, so that none is sent twice."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.store.database.clock import now
from bot.store.database.connections import Connections
from bot.store.database.personal_data import DIRECT, Delete, TableErasure

ERASURE = (
    TableErasure(
        "digests",
        (Delete(f"recipient = :person or recipient in {DIRECT}", holds=("recipient",)),),
        impersonal={"week": "a week of the calendar", "at": "a time"},
    ),
)


@dataclass(frozen=True)
class DueDigest:
    """One digest that waits to be sent: its week (`2026-W49`), and the person or channel."""

    week: str
    recipient: str


class Digests:
    """The `digests` table."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def plan(self, week: str, recipients: Sequence[str]) -> bool:
        """Stores who gets the digest of a week; returns False where that was done before."""
        with self._connections.write() as db:
            if list(db.query("select 1 from digests where week = ? limit 1", [week])):
                return False
            rows = [{"week": week, "recipient": one, "at": now(), "sent": 0} for one in recipients]
            db.table("digests").insert_all(rows)
            return bool(rows)

    def unsent(self, limit: int) -> list[DueDigest]:
        """Returns what waits to be sent, oldest first, `limit` of it at most."""
        rows = self._connections.db.query(
            "select week, recipient from digests where sent = 0 order by rowid limit ?", [limit]
        )
        return [DueDigest(**row) for row in rows]

    def sent(self, digest: DueDigest) -> None:
        """Stores that Slack has taken a digest, or refused it for good."""
        with self._connections.write() as db:
            db.conn.execute(
                "update digests set sent = 1 where week = ? and recipient = ?",
                [digest.week, digest.recipient],
            )
