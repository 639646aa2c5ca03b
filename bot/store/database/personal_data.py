"""How tables are cleared of a person: the declarations that stand beside each table group.

A declaration names every text column of a table: either a statement erases its content, or there is
a reason why it holds nothing of a person. `bot.store.Store.erase` carries them out. A test walks
the schema, so that no column is left without a declaration.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlite_utils import Database

from bot.store.database.clock import now

NOBODY = "forgotten"
"""Replaces the id of a person who was erased."""
REASON = "its author asked to be forgotten"
"""The reason of an example that was erased; the row is recognised by it."""
ASKED = "(select value from json_each(:asked))"
TOUCHED = "(select value from json_each(:touched))"
TAUGHT = "(select value from json_each(:taught))"
DIRECT = "(select value from json_each(:direct))"


@dataclass(frozen=True)
class PersonalRows:
    """A person who is erased, and the keys of the rows that their words stand in.

    In SQL each field is a named parameter, a list as JSON; `:nobody`, `:reason` and `:now` are
    there as well.
    """

    person: str
    asked: Sequence[int] = ()
    """Replies to the person's own questions."""
    touched: Sequence[int] = ()
    """Replies to others in which the person's words stand."""
    taught: Sequence[int] = ()
    """Examples in which the person's words stand, whoever taught them."""
    direct: Sequence[str] = ()
    """Channels of the person's direct messages with the bot."""

    def parameters(self) -> dict[str, object]:
        """Returns the values of all named parameters."""
        return {
            "person": self.person,
            "asked": json.dumps(list(self.asked)),
            "touched": json.dumps(list(self.touched)),
            "taught": json.dumps(list(self.taught)),
            "direct": json.dumps(list(self.direct)),
            "nobody": NOBODY,
            "reason": REASON,
            "now": now(),
        }


@dataclass(frozen=True)
class Delete:
    """Deletes the rows that match `where`; their personal data stands in the columns `holds`."""

    where: str
    holds: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns whose words are gone afterwards."""
        return self.holds

    def sql(self, table: str) -> str:
        """Returns the statement for a table."""
        return f"delete from [{table}] where {self.where}"  # noqa: S608  both are ours


@dataclass(frozen=True)
class Update:
    """Sets columns, by their names, to SQL expressions in the rows that match `where`."""

    where: str
    values: Mapping[str, str]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns whose words are gone afterwards."""
        return tuple(self.values)

    def sql(self, table: str) -> str:
        """Returns the statement for a table."""
        values = ", ".join(f"{column} = {value}" for column, value in self.values.items())
        return f"update [{table}] set {values} where {self.where}"  # noqa: S608  all of it is ours


@dataclass(frozen=True)
class Statement:
    """Any other SQL statement; it leaves nothing personal in the columns `holds`."""

    statement: str
    holds: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns whose words are gone afterwards."""
        return self.holds

    def sql(self, _: str) -> str:
        """Returns the statement, which names its table itself."""
        return self.statement


@dataclass(frozen=True)
class TableErasure:
    """Declares how a person is erased from one table.

    Attributes:
        table: the table's name.
        steps: the statements, in the order in which they run.
        impersonal: for each other text column, why it holds nothing of a person.
        kept_by_sqlite: tables of SQLite's own with a copy of this one's content.
    """

    table: str
    steps: tuple[Delete | Update | Statement, ...] = ()
    impersonal: Mapping[str, str] = field(default_factory=dict)
    kept_by_sqlite: tuple[str, ...] = ()

    def erased(self) -> set[str]:
        """Returns the columns that some step clears."""
        return {column for step in self.steps for column in step.columns}


def erase(db: Database, tables: Sequence[TableErasure], rows: PersonalRows) -> None:
    """Carries out the declarations, in their order.

    Args:
        db: a connection inside a transaction.
        tables: the declarations.
        rows: the person and the keys of their rows.
    """
    parameters = rows.parameters()
    for table in tables:
        for step in table.steps:
            db.conn.execute(step.sql(table.table), parameters)
