"""Which lesson took the place of which, or is proposed to, so that it can be decided and undone."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bot.store.database.clock import now
from bot.store.database.connections import Connections
from bot.store.database.personal_data import TAUGHT, Statement, TableErasure, Update

ReplacementStatus = Literal["proposed", "done", "declined", "undone", "gone"]
_AFTER: dict[ReplacementStatus, ReplacementStatus] = {
    "done": "proposed",
    "declined": "proposed",
    "undone": "done",
}
"""The status that a replacement must have before it gets another one."""
ERASURE = (
    TableErasure(
        "replacements",
        (
            Update("who = :person", {"who": ":nobody"}),
            # Nothing can be undone into a lesson that has no words any more.
            Statement(
                "update replacements set status = 'gone'"  # noqa: S608  all of it is ours
                f" where new_id in {TAUGHT} or old_id in {TAUGHT}"
            ),
        ),
        impersonal={"status": "one of five words", "at": "a time"},
    ),
)


@dataclass(frozen=True)
class Replacement:
    """One row of `replacements`.

    Attributes:
        new_id: the example that takes the other's place.
        old_id: the example whose place it takes.
        status: `proposed`, then `done` or `declined`; `undone` after `done`; `gone` once the words
            of either were erased.
        who: who brought it to this status.
        at: when.
    """

    new_id: int
    old_id: int
    status: ReplacementStatus
    who: str | None
    at: str


class Replacements:
    """The `replacements` table."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def propose(self, new_id: int, old_ids: Sequence[int], who: str) -> None:
        """Stores that somebody who may not replace these examples proposes to."""
        self._put(new_id, old_ids, "proposed", who)

    def done(self, new_id: int, old_ids: Sequence[int], who: str) -> None:
        """Stores that an example has taken the place of these."""
        self._put(new_id, old_ids, "done", who)

    def of(self, new_id: int, status: ReplacementStatus | None = None) -> list[Replacement]:
        """Returns what an example replaces or is proposed to, in the order of the old ones' ids."""
        rows = self._connections.db.query(
            "select * from replacements where new_id = :new and :status in (status, '')"
            " order by old_id",
            {"new": new_id, "status": status or ""},
        )
        return [Replacement(**row) for row in rows]

    def undoable(self, new_id: int, since: str) -> list[int]:
        """Returns the ids of the examples that one has replaced at `since` or later, in order.

        Args:
            new_id: the example that took their place.
            since: a time as it stands in the database.
        """
        return [one.old_id for one in self.of(new_id, "done") if one.at >= since]

    def set(self, new_id: int, status: ReplacementStatus, who: str) -> list[int]:
        """Decides what was proposed (`done`, `declined`), or undoes what was done (`undone`).

        Args:
            new_id: the example whose replacements are decided.
            status: what becomes of them.
            who: the id of who decides.

        Returns:
            The ids of the old examples that this was decided for, in order. It is empty for all
            callers, of all processes, but the first.

        Raises:
            ValueError: no replacement comes to this status by a decision.
        """
        if status not in _AFTER:
            raise ValueError(status)
        with self._connections.write() as db:
            decided = [one.old_id for one in self.of(new_id, _AFTER[status])]
            db.conn.execute(
                "update replacements set status = ?, who = ?, at = ? where new_id = ?"
                " and old_id in (select value from json_each(?))",
                [status, who, now(), new_id, json.dumps(decided)],
            )
        return decided

    def _put(
        self, new_id: int, old_ids: Sequence[int], status: ReplacementStatus, who: str
    ) -> None:
        with self._connections.write() as db:
            for old_id in old_ids:
                db.conn.execute(
                    "insert or replace into replacements (new_id, old_id, status, who, at)"
                    " values (?, ?, ?, ?, ?)",
                    [new_id, old_id, status, who, now()],
                )
