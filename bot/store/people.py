"""The roles that people were given in Slack, and who opted out of being stored."""

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
            "digest": "no id follows from it, and it must stay: nothing of its owner may be kept",
            "at": "a time",
        },
    ),
)


@dataclass(frozen=True)
class Role:
    """One row of `people`: a role, who gave it and when."""

    person: str
    role: str
    who: str
    at: str


class People:
    """The `people` and `opted_out` tables."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def role(self, person: str) -> str | None:
        """Returns a person's role, one of ROLES, or None."""
        rows = list(
            self._connections.db.query("select role from people where person = ?", [person])
        )
        return str(rows[0]["role"]) if rows else None

    def roles(self) -> list[Role]:
        """Returns everybody with a role: admins first, then those who had it longest."""
        rows = self._connections.db.query(
            "select person, role, who, at from people order by role, at, person"
        )
        return [Role(**row) for row in rows]

    def make(self, person: str, role: str, who: str) -> None:
        """Gives a person a role in place of an earlier one.

        Args:
            person: the id of who gets it.
            role: one of ROLES.
            who: the id of who gives it.

        Raises:
            ValueError: `role` is not one of ROLES.
        """
        if role not in ROLES:
            raise ValueError(role)
        with self._connections.write() as db:
            db.table("people").insert(
                {"person": person, "role": role, "who": who, "at": now()}, replace=True
            )

    def unmake(self, person: str) -> bool:
        """Takes a person's role away; returns False where there was none."""
        with self._connections.write() as db:
            cursor = db.conn.execute("delete from people where person = ?", [person])
            return cursor.rowcount == 1

    def opted_out(self, person: str) -> bool:
        """Returns whether the person opted out, so that nothing of theirs may be stored."""
        rows = self._connections.db.query(
            "select 1 from opted_out where digest = ?", [digest(person)]
        )
        return bool(list(rows))

    def opt_out(self, person: str) -> None:
        """Stores that nothing of this person may be kept, by a digest of their id."""
        with self._connections.write() as db:
            db.table("opted_out").insert({"digest": digest(person), "at": now()}, ignore=True)

    def opt_in(self, person: str) -> bool:
        """Takes an opt-out back; returns False where the person had not opted out."""
        with self._connections.write() as db:
            cursor = db.conn.execute("delete from opted_out where digest = ?", [digest(person)])
            return cursor.rowcount == 1


def forgotten_key(person: str) -> str:
    """Returns the key in `events` under which the time of a person's erasure stands."""
    return f"forgotten:{digest(person)}"


def digest(person: str) -> str:
    """Returns a SHA-256 digest that is stored in place of an id, as 64 hexadecimal digits.

    The id may be a person's, or that of the channel that only they and the bot have.
    """
    return hashlib.sha256(f"opted out of nightschool: {person}".encode()).hexdigest()
