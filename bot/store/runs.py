"""The nightly runs: their progress, their result and the examples they trained on."""

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
    """One row of `runs`.

    `seconds` and `seconds_left` are durations; `evaluation` is the result of its exam, if it had
    one.
    """

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
    """Answer tokens trained in a second."""
    peak_memory_gb: float | None = None
    """Peak memory of the training in 10^9 bytes."""
    notes: tuple[str, ...] = ()
    """Whatever was out of the ordinary, one sentence each."""
    reported: int | None = None
    """1 where the end of the run was announced."""
    followed_at: str | None = None
    """Channel and time stamp, with a space between, of the message that shows its progress."""


class Runs:
    """The `runs` and `run_examples` tables."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def start(self, pid: int) -> Run:
        """Stores a run that begins now in the process `pid`, and returns it."""
        with self._connections.write() as db:
            row = {"status": "running", "phase": "choose", "pid": pid, "started_at": now()}
            identifier = insert(db, "runs", row)
        return self.get(identifier)

    def progress(self, run_id: int, **values: object) -> None:
        """Stores the progress of a run.

        Args:
            run_id: the run.
            values: by the names in PROGRESS; None and other names are left out.
        """
        kept = {key: values[key] for key in PROGRESS if values.get(key) is not None}
        if kept:
            with self._connections.write() as db:
                db.table("runs").update(run_id, kept)

    def note(self, run_id: int, sentences: Sequence[str]) -> None:
        """Stores what was out of the ordinary in a run, in place of earlier notes."""
        with self._connections.write() as db:
            kept = json.dumps(list(sentences), ensure_ascii=False)
            db.table("runs").update(run_id, {"notes": kept})

    def trained_on(self, run_id: int, example_ids: Sequence[int]) -> None:
        """Stores which examples a run trained on; this is never deleted."""
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
        """Stores the end of a run and returns it.

        Args:
            run_id: the run.
            status: `promoted`, `rejected`, `skipped` or `failed`.
            reason: why, in a sentence for people.
            seconds: how long the run took.
            version: the adapter that it made.
            examples: the number of examples that it trained on.
            evaluation: the result of its exam.
            dataset_hash: the digest of its training set.
        """
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
        """Stores something that happened to an adapter between two nights, and returns it.

        Args:
            status: what happened, in a word.
            reason: why, in a sentence for people.
            version: the adapter.
        """
        with self._connections.write() as db:
            row = {"status": status, "phase": "done", "reason": reason, "version": version}
            identifier = insert(db, "runs", row | {"started_at": now(), "finished_at": now()})
        return self.get(identifier)

    def claim_report(self, run_id: int) -> bool:
        """Returns True to the first caller that is going to announce a run; then False."""
        with self._connections.write() as db:
            cursor = db.conn.execute(
                "update runs set reported = 1 where id = ? and reported is null", [run_id]
            )
            return cursor.rowcount == 1

    def unreported(self) -> list[Run]:
        """Returns the runs that have ended and were not announced, oldest first."""
        return self._select("finished_at is not null and reported is null order by id", [])

    def follow(self, run_id: int, place: str | None) -> None:
        """Stores the message that shows the progress of a run.

        Args:
            run_id: the run.
            place: channel and time stamp, with a space between; None once it shows the end.
        """
        with self._connections.write() as db:
            db.table("runs").update(run_id, {"followed_at": place})

    def followed(self) -> list[Run]:
        """Returns the runs that have ended though a message still shows their progress."""
        return self._select("finished_at is not null and followed_at is not null order by id", [])

    def latest_of(self, version: str, status: str) -> Run | None:
        """Returns the newest run about a version with a status, or None."""
        clause = "version = ? and status = ? order by id desc limit 1"
        return next(iter(self._select(clause, [version, status])), None)

    def get(self, run_id: int) -> Run:
        """Returns one run.

        Raises:
            NotFoundError: there is none with this id.
        """
        runs = self._select("id = ?", [run_id])
        if not runs:
            raise NotFoundError(f"there is no run {run_id}")
        return runs[0]

    def latest(self, *, trained: bool = False) -> Run | None:
        """Returns the newest run, or None; with `trained`, the newest promoted or rejected one."""
        where = "status in ('promoted', 'rejected')" if trained else "1"
        return next(iter(self._select(f"{where} order by id desc limit 1", [])), None)

    def examined(self, limit: int) -> list[Run]:
        """Returns the newest runs whose adapter sat an exam, oldest first, `limit` at most."""
        clause = (
            "status in ('promoted', 'rejected') and evaluation is not null order by id desc limit ?"
        )
        return self._select(clause, [limit])[::-1]

    def running(self) -> list[Run]:
        """Returns the runs that have not ended, oldest first; crashed ones are among them.

        Only the lock of the night says which of them is alive: see `bot.nights.night_lock`.
        """
        return self._select("status = 'running' order by id", [])

    def of_example(self, example_id: int) -> list[Run]:
        """Returns the runs that trained on one example, oldest first."""
        return self._select(
            "id in (select run_id from run_examples where example_id = ?) order by id",
            [example_id],
        )

    def versions_trained_on(self, example_ids: Sequence[int]) -> list[str]:
        """Returns the adapter versions that were trained on any of these examples, in order."""
        rows = self._connections.db.query(
            "select distinct version from runs join run_examples on run_id = runs.id"
            " where version is not null and example_id in (select value from json_each(?))"
            " order by version",
            [json.dumps(list(example_ids))],
        )
        return [str(row["version"]) for row in rows]

    def examples_of(self, version: str, dataset_hash: str) -> tuple[int, ...]:
        """Returns the ids of the examples that a run of this home made a version of, in order.

        Args:
            version: the version's name, which other homes have as well.
            dataset_hash: of its training set, which they have not.
        """
        rows = self._connections.db.query(
            "select distinct example_id from run_examples join runs on run_id = runs.id"
            " where version = ? and dataset_hash = ? order by example_id",
            [version, dataset_hash],
        )
        return tuple(int(row["example_id"]) for row in rows)

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
    """An example whose status was changed. `prompt` is empty where it was erased."""

    id: int
    prompt: str
    status: str
    why: str | None


class History:
    """Reads what changed between two nights from `examples`, `runs` and `run_examples`."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def changed(self, status: str, since: str, limit: int) -> tuple[list[ChangedExample], int]:
        """Returns the examples for everyone that were given `status` after `since` and have it.

        Args:
            status: one of the statuses of examples.
            since: a time as it stands in the database.
            limit: how many examples are returned at most.

        Returns:
            The examples, newest change first, and the number of all of them.
        """
        where = "scope = 'everyone' and status = ? and updated_at > ?"
        rows = self._connections.db.query(
            f"select id, prompt, status, reason as why from examples where {where} "  # noqa: S608  parts of ours
            "order by updated_at desc, id desc limit ?",
            [status, since, limit],
        )
        examples = [ChangedExample(**row) for row in rows]
        (count,) = self._connections.db.query(
            f"select count(*) n from examples where {where}",  # noqa: S608  our own words
            [status, since],
        )
        return examples, int(count["n"])

    def learned(self, run_id: int, limit: int) -> tuple[list[tuple[str, str]], int]:
        """Returns what a run trained on for the first time.

        An example counts as new where no promoted run before this one trained on it. One that has
        become private since is left out.

        Returns:
            At most `limit` pairs of question and answer, newest first, and the number of all.
        """
        rows = list(
            self._connections.db.query(
                "select prompt, completion from examples where id in ("
                " select example_id from run_examples where run_id = :run"
                " except select example_id from run_examples join runs on runs.id = run_id"
                " where run_id < :run and runs.status = 'promoted')"
                " and completion != '' and scope = 'everyone' order by id desc",
                {"run": run_id},
            )
        )
        return [(row["prompt"], row["completion"]) for row in rows[:limit]], len(rows)

    def last_finish(self, before: int) -> str:
        """Returns when the last run before run `before` ended; empty where there was none."""
        rows = list(
            self._connections.db.query(
                "select finished_at from runs where id < ? and finished_at is not null "
                "order by id desc limit 1",
                [before],
            )
        )
        return str(rows[0]["finished_at"]) if rows else ""
