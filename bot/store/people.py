"""The roles of people in Slack, who opted out of being stored, and who is an outsider."""

import hashlib
from dataclasses import dataclass

from sqlite_utils import Database

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
    TableErasure(
        "members",
        (Delete("person = :person", holds=("person", "team")),),
        impersonal={"at": "a time"},
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
    """The `people`, `opted_out` and `members` tables."""

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
            self._rename(db, person)

    def opt_in(self, person: str) -> bool:
        """Takes an opt-out back; returns False where the person had not opted out."""
        with self._connections.write() as db:
            cursor = db.conn.execute("delete from opted_out where digest = ?", [digest(person)])
            self._rename(db, person)
            return cursor.rowcount == 1

    def seen(self, person: str, outsider: bool, team: str | None) -> None:
        """Stores what Slack says of a person, in place of what it said before.

        Of somebody who opted out only this remains, under a digest of their id: an outsider stays
        one, and a member keeps what members may do.

        Args:
            person: their id.
            outsider: whether they are a guest, or belong to another organisation.
            team: the id of their team.
        """
        out = self.opted_out(person)
        row = {"person": digest(person) if out else person, "outsider": int(outsider)}
        with self._connections.write() as db:
            values = {**row, "team": None if out else team, "at": now()}
            db.table("members").insert(values, replace=True)

    def outsider(self, person: str) -> bool | None:
        """Returns whether a person is a guest or of another organisation; None for unknown."""
        rows = list(
            self._connections.db.query(
                "select outsider from members where person in (?, ?) order by at desc limit 1",
                [person, digest(person)],
            )
        )
        return bool(rows[0]["outsider"]) if rows else None

    def team(self, person: str) -> str | None:
        """Returns the id of the team of a person, as far as it is known."""
        rows = list(
            self._connections.db.query("select team from members where person = ?", [person])
        )
        return rows[0]["team"] if rows else None

    def _rename(self, db: Database, person: str) -> None:
        """Stores whether a person is an outsider under the name that they may be kept under."""
        outsider = self.outsider(person)
        db.conn.execute("delete from members where person in (?, ?)", [person, digest(person)])
        if outsider is not None:
            self.seen(person, outsider, None)


def forgotten_key(person: str) -> str:
    """Returns the key in `events` under which the time of a person's erasure stands."""
    return f"forgotten:{digest(person)}"


def digest(person: str) -> str:
    """Returns a SHA-256 digest that is stored in place of an id, as 64 hexadecimal digits.

    The id may be a person's, or that of the channel that only they and the bot have.
    """
    return hashlib.sha256(f"opted out of nightschool: {person}".encode()).hexdigest()
