"""The result of an exam in the table of runs: stored as ever, and read from older rows."""

import json

import pytest

from bot.store import Store
from trainer.results.evaluation import Evaluation, ExamScores

EVALUATION = Evaluation(ExamScores(asked=2), ExamScores(asked=2, recalled=1))


def finished(store: Store, evaluation: Evaluation | None) -> int:
    run = store.runs.start(1)
    store.runs.finish(run.id, "rejected", "Why.", seconds=1.0, evaluation=evaluation)
    return run.id


def stored(store: Store, run: int) -> str | None:
    (row,) = store.connections.db.query("select evaluation from runs where id = ?", [run])
    text: str | None = row["evaluation"]
    return text


def test_an_evaluation_is_stored_as_json_and_read_again(store: Store) -> None:
    run = finished(store, EVALUATION)
    assert json.loads(stored(store, run) or "") == EVALUATION.to_json()
    assert store.runs.get(run).evaluation == EVALUATION


def test_a_run_without_an_exam_has_none(store: Store) -> None:
    run = finished(store, None)
    assert stored(store, run) is None
    assert store.runs.get(run).evaluation is None


@pytest.mark.parametrize(
    ("text", "recalled"),
    [
        ('{"base": {"asked": 3}, "candidate": {"asked": 3, "recalled": 2, "speed": 1}}', 2),
        ('{"base": {"asked": 3, "recalled": 0}}', None),
        ("{}", None),
        ("null", None),
    ],
)
def test_older_rows_are_read(store: Store, text: str, recalled: int | None) -> None:
    run = finished(store, EVALUATION)
    with store.connections.write() as db:
        db.table("runs").update(run, {"evaluation": text})
    found = store.runs.get(run).evaluation
    tuned = found.candidate if found else None
    assert (tuned.recalled if tuned else None) == recalled
