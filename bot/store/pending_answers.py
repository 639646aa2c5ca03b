"""Answers that are being written: one that is still here after a restart was never given."""

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
    """One row of `pending`: a person who waits for an answer.

    `placeholder` is the time stamp of the message that the answer is going to replace.
    """

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
        """Stores that an answer was begun.

        Args:
            channel: where the answer goes.
            thread: the thread's time stamp; None outside of threads.
            person: the id of whoever asked.
            placeholder: the time stamp of the message that is replaced; None if there is none yet.

        Returns:
            The id of the row.
        """
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
        """Stores the time stamp of the message in which the answer is going to appear."""
        with self._connections.write() as db:
            db.conn.execute(
                "update pending set placeholder = ? where id = ?", [placeholder, pending_id]
            )

    def done(self, pending_id: int) -> None:
        """Deletes the row of an answer that was given, or whose absence was explained."""
        with self._connections.write() as db:
            db.conn.execute("delete from pending where id = ?", [pending_id])

    def all(self) -> list[PendingAnswer]:
        """Returns every row, oldest first."""
        rows = self._connections.db.query(
            "select id, channel, thread, person, placeholder from pending order by id"
        )
        return [PendingAnswer(**row) for row in rows]
