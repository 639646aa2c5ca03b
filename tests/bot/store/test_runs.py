"""Runs from their start to their report, and what adapters were trained on."""

import json

import pytest

from bot.errors import NotFoundError
from bot.store import Store
from bot.store.database.personal_data import PersonalRows
from bot.store.examples.scope import Scope
from tests.bot.store.rows import example
from trainer.results.evaluation import Evaluation, ExamScores


def ended(store: Store, status: str, version: str | None = None) -> int:
    run = store.runs.start(1)
    store.runs.finish(run.id, status, "for the test", seconds=2.0, version=version)
    return run.id


def test_a_run_comes_back_as_it_went(store: Store) -> None:
    evaluation = Evaluation(ExamScores(asked=2))
    run = store.runs.start(42)
    assert (run.status, run.phase, run.pid) == ("running", "choose", 42)
    store.runs.progress(run.id, phase="train", step=3, loss=None, whatever=1)
    store.runs.note(run.id, ["It was hot."])
    done = store.runs.finish(
        run.id, "promoted", "good", seconds=3.5, version="v0001", examples=2, evaluation=evaluation
    )
    assert (done.step, done.loss, done.notes) == (3, None, ("It was hot.",))
    assert (done.phase, done.version, done.evaluation) == ("done", "v0001", evaluation)
    assert done.finished_at is not None
    assert store.runs.get(run.id) == done


def test_a_run_that_there_is_not_is_named(store: Store) -> None:
    with pytest.raises(NotFoundError, match="no run 7"):
        store.runs.get(7)


def test_the_latest_run_and_the_latest_that_came_to_a_verdict(store: Store) -> None:
    assert store.runs.latest() is None
    trained = ended(store, "rejected", "v0001")
    skipped = ended(store, "skipped")
    newest, judged = store.runs.latest(), store.runs.latest(trained=True)
    assert newest is not None
    assert judged is not None
    assert (newest.id, judged.id) == (skipped, trained)


def test_only_unfinished_runs_are_running(store: Store) -> None:
    ended(store, "failed")
    run = store.runs.start(1)
    assert [one.id for one in store.runs.running()] == [run.id]


def test_a_report_is_claimed_once(store: Store) -> None:
    run = ended(store, "skipped")
    store.runs.start(1)
    assert [one.id for one in store.runs.unreported()] == [run]
    assert store.runs.claim_report(run)
    assert not store.runs.claim_report(run)
    assert store.runs.unreported() == []


def test_a_followed_run_is_found_after_its_end(store: Store) -> None:
    run = store.runs.start(1)
    store.runs.follow(run.id, "D1 1.5")
    assert store.runs.followed() == []
    store.runs.finish(run.id, "skipped", "", seconds=0.0)
    assert [one.followed_at for one in store.runs.followed()] == ["D1 1.5"]
    store.runs.follow(run.id, None)
    assert store.runs.followed() == []


def test_what_happened_to_an_adapter_between_nights_is_a_run_of_its_own(store: Store) -> None:
    ended(store, "promoted", "v0001")
    kept = store.runs.record("rolled back", "votes", "v0001")
    found = store.runs.latest_of("v0001", "rolled back")
    assert found == kept
    assert kept.finished_at is not None
    assert store.runs.latest_of("v0002", "rolled back") is None


def test_versions_and_runs_are_found_by_what_they_trained_on(store: Store) -> None:
    one, other = example(store), example(store, "When?")
    first, failed, second = (
        ended(store, "promoted", "v0001"),
        ended(store, "failed"),
        ended(store, "promoted", "v0002"),
    )
    store.runs.trained_on(first, [one])
    store.runs.trained_on(failed, [one])
    store.runs.trained_on(second, [one, other])
    store.runs.trained_on(second, [one])
    assert [run.id for run in store.runs.of_example(one)] == [first, failed, second]
    assert store.runs.versions_trained_on([one]) == ["v0001", "v0002"]
    assert store.runs.versions_trained_on([other]) == ["v0002"]
    assert store.runs.versions_trained_on([]) == []


def test_the_examples_of_a_version_are_those_of_its_run_and_of_no_other_homes(store: Store) -> None:
    one, other = example(store), example(store, "When?")
    run = store.runs.start(1).id
    store.runs.trained_on(run, [other, one])
    store.runs.finish(run, "promoted", "", seconds=1, version="v0001", dataset_hash="abc")
    assert store.runs.examples_of("v0001", "abc") == (one, other)
    assert store.runs.examples_of("v0001", "of another home") == ()
    assert store.runs.examples_of("v0002", "abc") == ()


def test_what_a_run_learned_is_new_since_the_promoted_ones_before(store: Store) -> None:
    one, other = example(store), example(store, "When?")
    for status, taught in (("rejected", [one, other]), ("promoted", [one])):
        store.runs.trained_on(ended(store, status, "v0001"), taught)
    last = ended(store, "promoted", "v0002")
    store.runs.trained_on(last, [one, other])
    assert store.history.learned(last, 5) == ([("When?", "There.")], 1)
    assert store.history.learned(last, 0) == ([], 1)
    store.erase(PersonalRows("U9", taught=[other]))
    assert store.history.learned(last, 5) == ([], 0)


def test_examples_that_came_to_a_status_since_a_time(store: Store) -> None:
    early, late = example(store), example(store, "When?")
    assert store.history.changed("approved", "", 1)[1] == 2
    assert [one.id for one in store.history.changed("approved", "", 1)[0]] == [late]
    store.examples.change(early, "withdrawn", "U0BEN", "sold")
    (changed,), count = store.history.changed("withdrawn", "", 5)
    assert (changed.id, changed.why, count) == (early, "sold", 1)
    assert store.history.changed("withdrawn", "9999", 5) == ([], 0)


def test_when_the_run_before_ended(store: Store) -> None:
    first = ended(store, "skipped")
    store.runs.start(1)
    assert store.history.last_finish(first) == ""
    assert store.history.last_finish(first + 2) == store.runs.get(first).finished_at


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


def test_what_a_night_tells_has_nothing_of_lessons_for_others(store: Store) -> None:
    public, private = example(store, "When is lunch?"), example(store, "Who bakes?")
    run = ended(store, "promoted", "v0001")
    store.runs.trained_on(run, [public, private])
    store.examples.set_scope(private, Scope("channel", "C1"), "U0BEN")
    learned, count = store.history.learned(run, 9)
    assert ([prompt for prompt, _ in learned], count) == (["When is lunch?"], 1)
    for number in (public, private):
        store.examples.change(number, "withdrawn", "U0BEN")
    withdrawn, count = store.history.changed("withdrawn", "", 9)
    assert ([one.id for one in withdrawn], count) == ([public], 1)
