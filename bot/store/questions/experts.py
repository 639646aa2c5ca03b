"""Who knows about what, as admins have set it up in Slack; see `bot.feedback.experts`."""

from dataclasses import dataclass

from bot.store.database.clock import now
from bot.store.database.connections import Connections
from bot.store.database.personal_data import Delete, TableErasure, Update

ERASURE = (
    TableErasure(
        "experts",
        (
            Delete("target = :person", holds=("target", "about")),
            Update("who = :person", {"who": ":nobody"}),
        ),
        impersonal={"at": "a time"},
    ),
)


@dataclass(frozen=True)
class Expert:
    """A person or a channel that may be asked.

    Attributes:
        target: the id of a person (U...) or of a channel (C...).
        about: the topics in a few words; `*` for whatever nobody else knows.
    """

    target: str
    about: str

    @property
    def channel(self) -> bool:
        """Whether it is a channel of many people."""
        return self.target[:1] in ("C", "G")


class Experts:
    """The `experts` table."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def all(self) -> list[Expert]:
        """Returns the experts, those that were set up first at the front."""
        rows = self._connections.db.query("select target, about from experts order by at, target")
        return [Expert(row["target"], row["about"]) for row in rows]

    def set(self, target: str, about: str, who: str) -> None:
        """Stores what a person or a channel knows about, in place of what was stored before."""
        with self._connections.write() as db:
            row = {"target": target, "about": about, "who": who, "at": now()}
            db.table("experts").insert(row, replace=True)

    def remove(self, target: str) -> bool:
        """Deletes an expert; returns False where there was none."""
        with self._connections.write() as db:
            cursor = db.conn.execute("delete from experts where target = ?", [target])
            return cursor.rowcount == 1
