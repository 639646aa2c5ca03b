"""What people are still to be told of their lessons: an outbox, as changes come from elsewhere.

A change may be made on the terminal, on the page or by a night, where there is no connection to
Slack; the bot sends what waits here.
"""

from dataclasses import dataclass
from typing import Literal

from bot.store.database.clock import now
from bot.store.database.connections import Connections, insert
from bot.store.database.personal_data import TAUGHT, Delete, TableErasure, Update

NoticeKind = Literal[
    "replaced",
    "edited",
    "withdrawn",
    "rejected",
    "proposed",
    "taken",
    "undone",
    "review_on",
    "scope",
]
ERASURE = (
    TableErasure(
        "notices",
        (
            Delete(
                f"person = :person or example_id in {TAUGHT} or other_id in {TAUGHT}",
                holds=("person",),
            ),
            Update("who = :person", {"who": ":nobody"}),
        ),
        impersonal={"what": "a word of ours", "at": "a time"},
    ),
)


@dataclass(frozen=True)
class Notice:
    """One row of `notices`.

    Attributes:
        person: who is to be told.
        what: what happened.
        example_id: the lesson that it happened to; None where it is about no lesson.
        other_id: the lesson that replaces it, or is to replace it.
        who: who did it.
        at: when.
    """

    id: int
    person: str
    what: NoticeKind
    example_id: int | None
    other_id: int | None
    who: str | None
    at: str


class Notices:
    """The `notices` table."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def add(
        self,
        person: str,
        what: NoticeKind,
        example_id: int | None,
        who: str,
        other_id: int | None = None,
    ) -> int:
        """Stores that a person is to be told something, and returns the id of the notice.

        Args:
            person: the id of who is told.
            what: what happened.
            example_id: the lesson that it happened to.
            who: the id of who did it.
            other_id: another lesson that has to do with it.
        """
        row = {"person": person, "what": what, "example_id": example_id, "other_id": other_id}
        with self._connections.write() as db:
            return insert(db, "notices", {**row, "who": who, "at": now(), "told": 0})

    def untold(self, limit: int) -> list[Notice]:
        """Returns what nobody has begun to tell, oldest first, `limit` notices at most."""
        rows = self._connections.db.query(
            "select id, person, what, example_id, other_id, who, at from notices"
            " where told = 0 order by id limit ?",
            [limit],
        )
        return [Notice(**row) for row in rows]

    def claim(self, notice_id: int) -> bool:
        """Returns True to the first caller that is going to tell a notice; then False."""
        with self._connections.write() as db:
            cursor = db.conn.execute(
                "update notices set told = 1 where id = ? and told = 0", [notice_id]
            )
            return cursor.rowcount == 1
