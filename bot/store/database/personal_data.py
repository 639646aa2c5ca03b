"""How tables are cleared of a person: the declarations that stand beside each table group.

A declaration names every text column of a table: either a statement erases what it holds, or
there is a reason why it holds nothing of a person. `bot.store.Store.erase` carries them out. A test
walks the schema, so that no column is left without a declaration.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlite_utils import Database

from bot.store.database.clock import now

NOBODY = "forgotten"
"""What stands where the id of an erased person stood."""
REASON = "its author asked to be forgotten"
"""The reason of an example that was erased; by it the row is recognised."""
ASKED = "(select value from json_each(:asked))"
TOUCHED = "(select value from json_each(:touched))"
TAUGHT = "(select value from json_each(:taught))"
DIRECT = "(select value from json_each(:direct))"


@dataclass(frozen=True)
class PersonalRows:
    """A person who is erased, and the keys of the rows that their words stand in.

    Statements know each field as a named parameter, a list as JSON, and besides `:nobody`,
    `:reason` and `:now`.
    """

    person: str
    asked: Sequence[int] = ()
    """Replies to the person's own questions."""
    touched: Sequence[int] = ()
    """Replies to others in which the person's words stand."""
    taught: Sequence[int] = ()
    """Examples in which the person's words stand."""
    direct: Sequence[str] = ()
    """Channels that only the person and the bot have."""

    def parameters(self) -> dict[str, object]:
        """The values of all named parameters."""
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
    """Rows that match `where` are deleted, and with them what is in the columns `holds`."""

    where: str
    holds: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns whose words are gone afterwards."""
        return self.holds

    def sql(self, table: str) -> str:
        """The statement for a table."""
        return f"delete from [{table}] where {self.where}"  # noqa: S608  both are ours


@dataclass(frozen=True)
class Update:
    """In rows that match `where`, each of `values` gets the value of an SQL expression."""

    where: str
    values: Mapping[str, str]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns whose words are gone afterwards."""
        return tuple(self.values)

    def sql(self, table: str) -> str:
        """The statement for a table."""
        values = ", ".join(f"{column} = {value}" for column, value in self.values.items())
        return f"update [{table}] set {values} where {self.where}"  # noqa: S608  all of it is ours


@dataclass(frozen=True)
class Statement:
    """A statement of another kind, after which nothing is left in the columns `holds`."""

    statement: str
    holds: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns whose words are gone afterwards."""
        return self.holds

    def sql(self, _: str) -> str:
        """The statement as it is."""
        return self.statement


@dataclass(frozen=True)
class TableErasure:
    """What erasing a person does to one table.

    Attributes:
        table: its name.
        steps: what is done, in this order.
        impersonal: why the other text columns hold nothing of a person, by their names.
        kept_by_sqlite: tables in which SQLite keeps the content of this one once more.
    """

    table: str
    steps: tuple[Delete | Update | Statement, ...] = ()
    impersonal: Mapping[str, str] = field(default_factory=dict)
    kept_by_sqlite: tuple[str, ...] = ()

    def erased(self) -> set[str]:
        """The columns that some step clears."""
        return {column for step in self.steps for column in step.columns}


def erase(db: Database, tables: Sequence[TableErasure], rows: PersonalRows) -> None:
    """Carries out the declarations, table by table in their order, inside a transaction."""
    parameters = rows.parameters()
    for table in tables:
        for step in table.steps:
            db.conn.execute(step.sql(table.table), parameters)
