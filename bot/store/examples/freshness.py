"""Which approved examples are due to be confirmed, who owns them, and until when they are trained.

An example is due once its interval has passed since it was last confirmed. The day on which it
leaves the nights is an interval after it was first seen to be due, and stands in its row: so
nothing leaves at once where an interval is set for lessons that are old already.
"""

from collections.abc import Mapping
from datetime import date, timedelta

from bot.errors import NotFoundError
from bot.store.database.clock import now
from bot.store.database.connections import Connections, insert
from bot.store.examples.rows import Example, example_from_row
from bot.store.examples.scope import VISIBLE, Audience, parameters

CONFIRMED, HANDED_OVER, OTHER_INTERVAL = "still true", "handed over", "another interval"
"""What the history of an example says of each of these, which leave its status as it is."""
_DAYS = "coalesce(review_days, :days, 0)"
_SINCE = "coalesce(confirmed_at, created_at)"
# Each part names its index, so that what is due is found without reading what is not: SQLite
# itself would take that of `status`, which nearly all lessons have in common.
_DUE = (
    "status = 'approved' and (expires_on is null or expires_on >= :on) and examples.id in ("  # noqa: S608  ours
    "select id from examples indexed by idx_examples_confirmed"
    " where status = 'approved' and review_days is null"
    f" and date({_SINCE}) <= :before"
    " union all select id from examples indexed by idx_examples_interval"
    " where status = 'approved' and review_days > 0"
    f" and date({_SINCE}, '+' || review_days || ' days') <= :on)"
)


class Freshness:
    """The columns of `examples` that say who owns one and when it was confirmed.

    In all methods `on` is an ISO date (UTC), and `days` the interval of lessons without their own;
    None or 0 stands for no interval.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def due(
        self,
        on: str,
        days: int | None,
        *,
        audience: Audience | None = None,
        owner: str | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> list[Example]:
        """Returns the examples that are due, those that were not confirmed for longest first.

        Args:
            on: the day.
            days: the interval of the setting.
            audience: who reads them; None stands for maintenance, which sees every scope.
            owner: only those that this person owns.
            limit: how many are returned at most.
            offset: how many of the first are left out.
        """
        where, given = _chosen(on, days, audience, owner)
        rows = self._connections.db.query(
            f"select * from examples where {where} order by {_SINCE}, id"  # noqa: S608  ours
            " limit :limit offset :offset",
            given | {"limit": limit, "offset": offset},
        )
        return [example_from_row(row) for row in rows]

    def count_due(
        self,
        on: str,
        days: int | None,
        *,
        audience: Audience | None = None,
        owner: str | None = None,
    ) -> int:
        """Returns how many `due` returns in all."""
        where, given = _chosen(on, days, audience, owner)
        (row,) = self._connections.db.query(
            f"select count(*) number from examples where {where}",  # noqa: S608  ours
            given,
        )
        return int(row["number"])

    def owners(self, on: str, days: int | None) -> list[str]:
        """Returns the ids of everybody who owns a due example, in order."""
        where, given = _chosen(on, days, None, None)
        rows = self._connections.db.query(
            f"select distinct coalesce(owner, author) who from examples where {where} order by who",  # noqa: S608  ours
            given,
        )
        return [str(row["who"]) for row in rows]

    def look(self, on: str, days: int | None) -> None:
        """Notes of each example that has become due, or is due no more, when it leaves the nights.

        Where nothing has changed nothing is written.
        """
        columns = f"select id, {_DAYS} days, leaves_on from examples"  # noqa: S608  ours
        changed = self._connections.db.query(
            f"{columns} where leaves_on is null and {_DUE}"
            f" union all {columns} where leaves_on > '' and not ({_DUE})",
            _on(on, days),
        )
        days_left = {
            int(row["id"]): None if row["leaves_on"] else _later(on, row["days"]) for row in changed
        }
        if not days_left:
            return
        with self._connections.write() as db:
            for example_id, leaves_on in days_left.items():
                db.conn.execute(
                    "update examples set leaves_on = ? where id = ?", [leaves_on, example_id]
                )

    def expired_count(self, on: str) -> int:
        """Returns how many examples for everyone no night trains on, as nobody confirmed them."""
        (row,) = self._connections.db.query(
            "select count(*) number from examples where leaves_on <= ? and leaves_on > ''"
            " and status = 'approved' and scope = 'everyone'"
            " and (expires_on is null or expires_on >= ?)",
            [on, on],
        )
        return int(row["number"])

    def confirm(self, example_id: int, who: str) -> bool:
        """Stores that somebody says that an example still holds; False where it is not in use."""
        return self._note(example_id, who, CONFIRMED, {"confirmed_at": now(), "leaves_on": None})

    def hand_over(self, example_id: int, person: str, who: str) -> bool:
        """Gives an example to another owner; False where it is not in use.

        Args:
            example_id: its id.
            person: the id of the new owner.
            who: the id of who hands it over.
        """
        example = self._example(example_id)
        owner = None if person == example.author else person
        if owner == example.owner and example.status == "approved":
            return True
        return self._note(example_id, who, HANDED_OVER, {"owner": owner})

    def set_interval(self, example_id: int, days: int | None, who: str) -> bool:
        """Gives an example its own interval, 0 for none; False where it is not in use."""
        # The next look finds out whether it is due by the new one.
        values = {"review_days": days, "leaves_on": None}
        return self._note(example_id, who, OTHER_INTERVAL, values)

    def _note(self, example_id: int, who: str, why: str, values: Mapping[str, object]) -> bool:
        """Changes columns of an approved example, and adds that to its history."""
        with self._connections.write() as db:
            example = self._example(example_id)
            if example.status != "approved":
                return False
            columns = ", ".join(f"{column} = :{column}" for column in values)
            db.conn.execute(
                f"update examples set {columns} where id = :id",  # noqa: S608  the columns are ours
                {**values, "id": example_id},
            )
            row = {"example_id": example_id, "before": "approved", "after": "approved"}
            insert(db, "changes", {**row, "who": who, "why": why, "at": now()})
        return True

    def _example(self, example_id: int) -> Example:
        query = "select * from examples where id = ?"
        for row in self._connections.db.query(query, [example_id]):
            return example_from_row(row)
        raise NotFoundError(f"there is no example {example_id}")


def _chosen(
    on: str, days: int | None, audience: Audience | None, owner: str | None
) -> tuple[str, dict[str, object]]:
    where = [_DUE]
    given = _on(on, days) | {"owner": owner}
    if owner is not None:
        where.append("coalesce(owner, author) = :owner")
    if audience is not None:
        where.append(VISIBLE)
        given |= parameters(audience)
    return " and ".join(where), given


def _on(on: str, days: int | None) -> dict[str, object]:
    """Returns the values of the named parameters in _DUE and _DAYS."""
    before = _later(on, -days) if days else None
    return {"on": on, "days": days, "before": before}


def _later(on: str, days: int) -> str:
    return (date.fromisoformat(on) + timedelta(days=days)).isoformat()
