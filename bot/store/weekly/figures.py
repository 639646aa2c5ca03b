"""Counts what happened in a span of time. Numbers alone are read: nobody's words, and no ids."""

from dataclasses import dataclass
from statistics import median

from bot.store.database.connections import Connections
from bot.store.database.personal_data import NOBODY
from bot.store.replies import NOT_KEPT, TOLD

MOST_WEEKS = 60
"""So many weeks are counted at most."""
_NO_COMPARISON = (
    "id not in (select base_reply from comparisons union select tuned_reply from comparisons)"  # noqa: S608  ours
    f" and coalesce(finish_reason, '') != '{TOLD}'"
)
"""A comparison answers one question twice, to compare: it is not counted. Nor is what was told
later to whoever waited: their question is counted already."""


@dataclass(frozen=True)
class Asked:
    """What was asked in a span of time.

    Attributes:
        questions: how many were answered or declined.
        people: how many people asked them; whoever may not be kept is not counted.
        taught: of the questions, those answered from what was taught.
        seconds: the median of the seconds that an answer took; None where nothing was asked.
    """

    questions: int
    people: int
    taught: int
    seconds: float | None


class Figures:
    """Reads replies, thumbs, lessons and requests; `start` counts and `end` does not."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def asked(self, start: str, end: str) -> Asked:
        """Counts the questions between two times of the database."""
        rows = list(
            self._connections.db.query(
                "select person, basis, seconds from replies"  # noqa: S608  the term is ours
                f" where created_at >= ? and created_at < ? and {_NO_COMPARISON}",
                [start, end],
            )
        )
        people = {row["person"] for row in rows} - {"", NOBODY, NOT_KEPT}
        seconds = [float(row["seconds"]) for row in rows if row["seconds"] is not None]
        taught = sum(row["basis"] == "taught" for row in rows)
        return Asked(len(rows), len(people), taught, median(seconds) if seconds else None)

    def asked_by(self, person: str, start: str, end: str) -> int:
        """Counts the questions of one person."""
        return self._number(
            "select count(*) number from replies where created_at >= ? and created_at < ?"  # noqa: S608  ours
            f" and person = ? and {_NO_COMPARISON}",
            [start, end, person],
        )

    def thumbs(self, start: str, end: str) -> tuple[int, int]:
        """Counts thumbs up and down that were given then and not taken back."""
        rows = self._connections.db.query(
            "select value, count(*) number from feedback"
            " where created_at >= ? and created_at < ? group by value",
            [start, end],
        )
        count = {row["value"]: int(row["number"]) for row in rows}
        return count.get(1, 0), count.get(-1, 0)

    def taught(self, start: str, end: str) -> int:
        """Counts the lessons that were taught then and are in force, or wait for approval."""
        return self._number(
            "select count(*) number from examples where created_at >= ? and created_at < ?"
            " and status in ('approved', 'pending')",
            [start, end],
        )

    def taught_by(self, person: str, start: str, end: str) -> int:
        """Counts likewise the lessons of one person."""
        return self._number(
            "select count(*) number from examples where created_at >= ? and created_at < ?"
            " and status in ('approved', 'pending') and author = ?",
            [start, end, person],
        )

    def withdrawn(self, start: str, end: str) -> int:
        """Counts the lessons that were withdrawn then and still are."""
        return self._number(
            "select count(distinct example_id) number from changes"
            " join examples on examples.id = example_id and status = 'withdrawn'"
            " where at >= ? and at < ? and after = 'withdrawn'",
            [start, end],
        )

    def expert_hours(self, start: str, end: str) -> float | None:
        """Returns the median of the hours until an asked person answered; None where none did.

        Args:
            start: the time of the database from which answers count.
            end: that up to which they do.
        """
        rows = self._connections.db.query(
            "select 24 * (julianday(examples.created_at) - julianday(expert_requests.at)) hours"
            " from expert_requests join examples on examples.id = lesson_id"
            " where answered_by is not null and examples.created_at >= ?"
            " and examples.created_at < ?",
            [start, end],
        )
        hours = [float(row["hours"]) for row in rows]
        return median(hours) if hours else None

    def questions_taught(self, limit: int) -> list[str]:
        """Returns the questions of the newest lessons in force that are for everyone."""
        rows = self._connections.db.query(
            "select prompt from examples where status = 'approved' and scope = 'everyone'"
            " order by id desc limit ?",
            [limit],
        )
        return [str(row["prompt"]) for row in rows]

    def _number(self, query: str, parameters: list[str]) -> int:
        (row,) = self._connections.db.query(query, parameters)
        return int(row["number"])
