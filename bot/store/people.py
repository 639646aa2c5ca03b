"""Who may do what besides the settings, and who does not want to be kept."""

import hashlib
from dataclasses import dataclass

from bot.store.database.clock import now
from bot.store.database.connections import Connections
from bot.store.database.personal_data import Delete, TableErasure, Update

ROLES = ("teacher", "admin")
ERASURE = (
    TableErasure(
        "people",
        (
            Delete("person = :person", holds=("person", "role")),
            Update("who = :person", {"who": ":nobody"}),
        ),
        impersonal={"at": "a time"},
    ),
    TableErasure(
        "opted_out",
        impersonal={
            "digest": "no id is found by it, and it must stay: nothing of its owner may be kept",
            "at": "a time",
        },
    ),
)


@dataclass(frozen=True)
class Role:
    """What one person was made, by whom and when."""

    person: str
    role: str
    who: str
    at: str


class People:
    """The `people` and `opted_out` tables."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def role(self, person: str) -> str | None:
        """`teacher`, `admin` or None."""
        rows = list(
            self._connections.db.query("select role from people where person = ?", [person])
        )
        return str(rows[0]["role"]) if rows else None

    def roles(self) -> list[Role]:
        """Everybody with a role, admins first."""
        rows = self._connections.db.query(
            "select person, role, who, at from people order by role, at, person"
        )
        return [Role(**row) for row in rows]

    def make(self, person: str, role: str, who: str) -> None:
        """Gives a person one of ROLES in place of what they had."""
        if role not in ROLES:
            raise ValueError(role)
        with self._connections.write() as db:
            db.table("people").insert(
                {"person": person, "role": role, "who": who, "at": now()}, replace=True
            )

    def unmake(self, person: str) -> bool:
        """Takes the role away; False where there was none."""
        with self._connections.write() as db:
            cursor = db.conn.execute("delete from people where person = ?", [person])
            return cursor.rowcount == 1

    def opted_out(self, person: str) -> bool:
        """Whether nothing of this person may be kept."""
        rows = self._connections.db.query(
            "select 1 from opted_out where digest = ?", [digest(person)]
        )
        return bool(list(rows))

    def opt_out(self, person: str) -> None:
        """Notes that nothing of this person may be kept, without their id."""
        with self._connections.write() as db:
            db.table("opted_out").insert({"digest": digest(person), "at": now()}, ignore=True)

    def opt_in(self, person: str) -> bool:
        """Takes that back; False where they had not opted out."""
        with self._connections.write() as db:
            cursor = db.conn.execute("delete from opted_out where digest = ?", [digest(person)])
            return cursor.rowcount == 1


def forgotten_key(person: str) -> str:
    """The key in `events` of when somebody was forgotten, without their id."""
    return f"forgotten:{digest(person)}"


def digest(person: str) -> str:
    """What is kept of an id in its stead: nobody is found in the file by it.

    The id may be a person's, or that of the channel that only they and the bot have.
    """
    return hashlib.sha256(f"opted out of nightschool: {person}".encode()).hexdigest()
