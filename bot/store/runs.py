"""Each night: how far it is, what came out, and what it trained on."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.errors import NotFoundError
from bot.store.database.clock import now
from bot.store.database.connections import Connections, insert
from bot.store.database.personal_data import TableErasure, Update
from trainer.results.evaluation import Evaluation

PROGRESS = (
    "phase",
    "step",
    "steps",
    "loss",
    "tokens_per_second",
    "peak_memory_gb",
    "seconds_left",
)
ERASURE = (
    TableErasure(
        "runs",
        # Who follows a run does so in their direct messages.
        (
            Update(
                "exists (select 1 from json_each(:direct) where followed_at like value || ' %')",
                {"followed_at": "null"},
            ),
        ),
        impersonal={
            "status": "one of a few words",
            "phase": "one of a few words",
            "version": "an adapter's version",
            "reason": "a sentence of ours, without words of a lesson",
            "evaluation": "figures of an exam, without its questions and answers",
            "dataset_hash": "a digest of a whole training set",
            "notes": "sentences of ours, without words of a lesson",
            "started_at": "a time",
            "finished_at": "a time",
        },
    ),
    TableErasure("run_examples"),
)


@dataclass(frozen=True)
class Run:
    """One row. Times in seconds; `evaluation` is the result of its exam, if there was one."""

    id: int
    status: str
    phase: str | None
    step: int | None
    steps: int | None
    loss: float | None
    seconds_left: float | None
    version: str | None
    reason: str | None
    examples: int | None
    seconds: float | None
    evaluation: Evaluation | None
    dataset_hash: str | None
    pid: int | None
    started_at: str
    finished_at: str | None
    tokens_per_second: float | None = None
    """Answer tokens."""
    peak_memory_gb: float | None = None
    """In 10^9 bytes."""
    notes: tuple[str, ...] = ()
    """What was out of the ordinary, a sentence each."""
    reported: int | None = None
    """1 where everybody was told how it ended."""
    followed_at: str | None = None
    """Channel and time stamp of the message that shows how far it is."""


class Runs:
    """The `runs` and `run_examples` tables."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def start(self, pid: int) -> Run:
        """Opens a run."""
        with self._connections.write() as db:
            row = {"status": "running", "phase": "choose", "pid": pid, "started_at": now()}
            identifier = insert(db, "runs", row)
        return self.get(identifier)

    def progress(self, run_id: int, **values: object) -> None:
        """Notes how far a run is; keys are those of PROGRESS."""
        kept = {key: values[key] for key in PROGRESS if values.get(key) is not None}
        if kept:
            with self._connections.write() as db:
                db.table("runs").update(run_id, kept)

    def note(self, run_id: int, sentences: Sequence[str]) -> None:
        """Keeps what was out of the ordinary."""
        with self._connections.write() as db:
            kept = json.dumps(list(sentences), ensure_ascii=False)
            db.table("runs").update(run_id, {"notes": kept})

    def trained_on(self, run_id: int, example_ids: Sequence[int]) -> None:
        """Keeps for ever which examples a run trained on."""
        with self._connections.write() as db:
            db.table("run_examples").insert_all(
                ({"run_id": run_id, "example_id": example} for example in example_ids), ignore=True
            )

    def finish(
        self,
        run_id: int,
        status: str,
        reason: str,
        *,
        seconds: float,
        version: str | None = None,
        examples: int | None = None,
        evaluation: Evaluation | None = None,
        dataset_hash: str | None = None,
    ) -> Run:
        """Closes a run as promoted, rejected, skipped or failed."""
        with self._connections.write() as db:
            db.table("runs").update(
                run_id,
                {
                    "status": status,
                    "phase": "done",
                    "reason": reason,
                    "version": version,
                    "examples": examples,
                    "seconds": seconds,
                    "evaluation": None if evaluation is None else json.dumps(evaluation.to_json()),
                    "dataset_hash": dataset_hash,
                    "finished_at": now(),
                },
            )
        return self.get(run_id)

    def record(self, status: str, reason: str, version: str) -> Run:
        """Keeps something that happened to an adapter between two nights."""
        with self._connections.write() as db:
            row = {"status": status, "phase": "done", "reason": reason, "version": version}
            identifier = insert(db, "runs", row | {"started_at": now(), "finished_at": now()})
        return self.get(identifier)

    def claim_report(self, run_id: int) -> bool:
        """True for the first who is going to report a run, and False ever after."""
        with self._connections.write() as db:
            cursor = db.conn.execute(
                "update runs set reported = 1 where id = ? and reported is null", [run_id]
            )
            return cursor.rowcount == 1

    def unreported(self) -> list[Run]:
        """Runs that have ended, and of which nobody was told."""
        return self._select("finished_at is not null and reported is null order by id", [])

    def follow(self, run_id: int, place: str | None) -> None:
        """Notes where it is to be seen how far a run is; None when its end is to be seen there."""
        with self._connections.write() as db:
            db.table("runs").update(run_id, {"followed_at": place})

    def followed(self) -> list[Run]:
        """Runs that have ended, which a message somewhere still shows under way."""
        return self._select("finished_at is not null and followed_at is not null order by id", [])

    def latest_of(self, version: str, status: str) -> Run | None:
        """The newest run about a version that ended in some way."""
        clause = "version = ? and status = ? order by id desc limit 1"
        found = self._select(clause, [version, status])
        return found[0] if found else None

    def get(self, run_id: int) -> Run:
        """One run.

        Raises:
            NotFoundError: there is none with this id.
        """
        found = self._select("id = ?", [run_id])
        if not found:
            raise NotFoundError(f"there is no run {run_id}")
        return found[0]

    def latest(self, *, trained: bool = False) -> Run | None:
        """The newest run; with `trained`, the newest that came to a verdict."""
        where = "status in ('promoted', 'rejected')" if trained else "1"
        found = self._select(f"{where} order by id desc limit 1", [])
        return found[0] if found else None

    def running(self) -> list[Run]:
        """Runs that have not ended, oldest first, those that crashed among them.

        Which of them lives is known by the night's lock: see `bot.nights.night_lock`.
        """
        return self._select("status = 'running' order by id", [])

    def of_example(self, example_id: int) -> list[Run]:
        """The runs that trained on one example, oldest first."""
        return self._select(
            "id in (select run_id from run_examples where example_id = ?) order by id",
            [example_id],
        )

    def versions_trained_on(self, example_ids: Sequence[int]) -> list[str]:
        """The adapter versions that were trained on any of these examples, in order."""
        rows = self._connections.db.query(
            "select distinct version from runs join run_examples on run_id = runs.id"
            " where version is not null and example_id in (select value from json_each(?))"
            " order by version",
            [json.dumps(list(example_ids))],
        )
        return [str(row["version"]) for row in rows]

    def _select(self, clause: str, parameters: Sequence[object]) -> list[Run]:
        query = f"select * from runs where {clause}"  # noqa: S608  `clause` is ours
        return [_run(row) for row in self._connections.db.query(query, parameters)]


def _run(row: dict[str, Any]) -> Run:
    read = {
        "evaluation": Evaluation.from_json(json.loads(row["evaluation"] or "null")),
        "notes": tuple(json.loads(row["notes"] or "[]")),
    }
    return Run(**row | read)


@dataclass(frozen=True)
class ChangedExample:
    """An example that came to another status. `prompt` is empty where it was forgotten."""

    id: int
    prompt: str
    status: str
    why: str | None


class History:
    """Reads `examples`, `runs` and `run_examples`."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def changed(self, status: str, since: str, limit: int) -> tuple[list[ChangedExample], int]:
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
        found = [ChangedExample(**row) for row in rows]
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
