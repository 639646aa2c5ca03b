"""What changed between two nights, for the report of the morning."""

from dataclasses import dataclass

from bot.store.connections import Connections


@dataclass(frozen=True)
class Changed:
    """An example that came to another status. `prompt` is empty where it was forgotten."""

    id: int
    prompt: str
    status: str
    why: str | None


class History:
    """Reads `examples`, `runs` and `run_examples`."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def changed(self, status: str, since: str, limit: int) -> tuple[list[Changed], int]:
        """Examples that came to `status` after `since` and still have it, and how many there are.

        Args:
            status: one of the statuses of examples.
            since: a time as it stands in the database.
            limit: how many are returned, the newest first.
        """
        where = "status = ? and updated_at > ?"
        rows = self._connections.db.query(
            f"select id, prompt, status, reason as why from examples where {where} "  # noqa: S608
            "order by updated_at desc, id desc limit ?",
            [status, since, limit],
        )
        found = [Changed(**row) for row in rows]
        (count,) = self._connections.db.query(
            f"select count(*) n from examples where {where}",  # noqa: S608  our own words
            [status, since],
        )
        return found, int(count["n"])

    def learned(self, run_id: int, limit: int) -> tuple[list[tuple[str, str]], int]:
        """Questions and answers that a run trained on and no promoted one before it, newest first.

        Returns:
            At most `limit` of them, and how many there are.
        """
        rows = list(
            self._connections.db.query(
                "select prompt, completion from examples where id in ("
                " select example_id from run_examples where run_id = :run"
                " except select example_id from run_examples join runs on runs.id = run_id"
                " where run_id < :run and runs.status = 'promoted')"
                " and completion != '' order by id desc",
                {"run": run_id},
            )
        )
        return [(row["prompt"], row["completion"]) for row in rows[:limit]], len(rows)

    def last_finish(self, before: int) -> str:
        """When the run before this one ended; empty where there was none."""
        rows = list(
            self._connections.db.query(
                "select finished_at from runs where id < ? and finished_at is not null "
                "order by id desc limit 1",
                [before],
            )
        )
        return str(rows[0]["finished_at"]) if rows else ""
