"""Answers that are under way: what a restart finds here was never given."""

from dataclasses import dataclass

from bot.store.database.clock import now
from bot.store.database.connections import Connections, insert
from bot.store.database.personal_data import Delete, TableErasure

ERASURE = (
    TableErasure(
        "pending",
        (Delete("person = :person", holds=("channel", "thread", "person", "placeholder")),),
        impersonal={"created_at": "a time"},
    ),
)


@dataclass(frozen=True)
class PendingAnswer:
    """Who waits where; `placeholder` is the message that the answer was to replace."""

    id: int
    channel: str
    thread: str | None
    person: str
    placeholder: str | None


class PendingAnswers:
    """The `pending` table."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def add(self, channel: str, thread: str | None, person: str, placeholder: str | None) -> int:
        """Notes an answer that was begun and returns the number of the note."""
        row = {
            "channel": channel,
            "thread": thread,
            "person": person,
            "placeholder": placeholder,
            "created_at": now(),
        }
        with self._connections.write() as db:
            return insert(db, "pending", row)

    def shown_at(self, pending_id: int, placeholder: str) -> None:
        """Notes the message in which the answer appears."""
        with self._connections.write() as db:
            db.conn.execute(
                "update pending set placeholder = ? where id = ?", [placeholder, pending_id]
            )

    def done(self, pending_id: int) -> None:
        """The answer was given, or its absence explained."""
        with self._connections.write() as db:
            db.conn.execute("delete from pending where id = ?", [pending_id])

    def all(self) -> list[PendingAnswer]:
        """Every note, oldest first."""
        rows = self._connections.db.query(
            "select id, channel, thread, person, placeholder from pending order by id"
        )
        return [PendingAnswer(**row) for row in rows]
