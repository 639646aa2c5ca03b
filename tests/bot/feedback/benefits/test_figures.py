"""What a week brought, beside the week before it."""

from datetime import timedelta

import pytest

from bot.feedback.benefits.figures import benefits, own_figures
from bot.home import Home
from bot.lessons.curation import Curation
from bot.store import Store
from bot.store.replies import NOT_KEPT
from tests.bot.feedback.benefits.week import NOW, asked, stamp, taught
from trainer.adapters.registry import Registry
from trainer.results.deployed import DeployedMarks, DeployedScores
from trainer.results.evaluation import Evaluation, ExamScores, Marks


@pytest.fixture
def registry(home: Home) -> Registry:
    return Registry(home.adapters)


def test_a_week_stands_beside_the_week_before(store: Store, registry: Registry) -> None:
    for days, basis in ((1, "taught"), (2, "model"), (3, "taught"), (4, "none")):
        asked(store, days, basis=basis)  # type: ignore[arg-type]  # sources of answers
    asked(store, 8, basis="taught")
    asked(store, 15, basis="taught")
    told = benefits(store, registry, NOW)
    assert [(w.questions, w.taught, w.share) for w in told.weeks] == [(4, 2, 0.5), (1, 1, 1.0)]
    assert told.week.seconds == 1.0
    assert benefits(store, registry, NOW - timedelta(days=40)).week.share is None


def test_more_weeks_end_where_the_later_ones_begin(store: Store, registry: Registry) -> None:
    asked(store, 14)  # the very moment at which two weeks meet
    told = benefits(store, registry, NOW, 4)
    assert [week.questions for week in told.weeks] == [0, 1, 0, 0]


def test_the_time_to_an_answer_is_the_median(store: Store, registry: Registry) -> None:
    for seconds in (1.0, 2.0, 60.0):
        asked(store, 1, seconds=seconds)
    assert benefits(store, registry, NOW).week.seconds == 2.0


def test_people_are_counted_once_and_whoever_is_not_kept_not_at_all(
    store: Store, registry: Registry
) -> None:
    for person in ("U1", "U1", "U2", NOT_KEPT):
        asked(store, 1, person=person)
    week = benefits(store, registry, NOW).week
    assert (week.questions, week.people) == (4, 2)


def test_comparisons_are_no_questions(store: Store, registry: Registry) -> None:
    sides = [asked(store, 1, basis=None) for _ in range(2)]
    asked(store, 1, basis=None)
    with store.connections.write() as db:
        row = {"prompt": "?", "person": "U1", "base_reply": sides[0], "tuned_reply": sides[1]}
        db.table("comparisons").insert(
            row | {"seconds": 1.0, "created_at": stamp(NOW), "tuned_first": 0}
        )
    assert benefits(store, registry, NOW).week.questions == 1
    assert own_figures(store, "U1", NOW).questions == 1


def test_thumbs_and_lessons_count_in_the_week_in_which_they_were_given(
    store: Store, registry: Registry, curation: Curation
) -> None:
    reply = asked(store, 10)
    store.ratings.set(reply, "U1", 1)
    store.ratings.set(reply, "U2", -1)
    with store.connections.write() as db:
        at = stamp(NOW - timedelta(days=2))
        db.conn.execute("update feedback set created_at = ?", [at])
    ids = []
    for number, days in enumerate((1, 2, 9)):
        made = curation.teach(f"What is code {number}?", f"It is {number}.", "U1")
        assert made.id is not None
        taught(store, made.id, days)
        ids.append(made.id)
    curation.withdraw(ids[0], "U1")
    with store.connections.write() as db:
        db.conn.execute("update changes set at = ?", [stamp(NOW - timedelta(days=8))])
    told = benefits(store, registry, NOW)
    assert (told.week.up, told.week.down, told.before.up) == (1, 1, 0)
    assert [week.lessons for week in told.weeks] == [1, 1]
    assert [week.withdrawn for week in told.weeks] == [0, 1]


def test_ones_own_figures_hold_nobody_elses(store: Store, curation: Curation) -> None:
    asked(store, 1, person="U1")
    asked(store, 1, person="U2")
    asked(store, 9, person="U1")
    made = curation.teach("What is the code?", "It is 4.", "U2")
    assert made.id is not None
    taught(store, made.id, 1)
    assert own_figures(store, "U1", NOW).__dict__ == {"questions": 1, "lessons": 0}
    assert own_figures(store, "U2", NOW).__dict__ == {"questions": 1, "lessons": 1}


def night(store: Store, status: str, evaluation: Evaluation | None) -> int:
    run = store.runs.start(1)
    done = store.runs.finish(run.id, status, "", seconds=1.0, version="v1", evaluation=evaluation)
    return done.id


def test_the_lift_of_each_night_is_that_of_the_bot_as_deployed(
    store: Store, registry: Registry
) -> None:
    base = ExamScores(asked=10, recalled=1, canaries_asked=40, canaries_right=25)
    tuned = ExamScores(
        asked=10, recalled=8, reworded_asked=5, reworded_recalled=4, canaries_asked=40,
        canaries_right=24,
    )  # fmt: skip
    before = DeployedScores(DeployedMarks(taught_right=3, declined=7), DeployedMarks(declined=5))
    after = DeployedScores(
        DeployedMarks(taught_right=10), DeployedMarks(taught_right=4, near_wrong=1)
    )
    night(store, "rejected", Evaluation(base, tuned))
    night(store, "skipped", None)
    night(store, "promoted", Evaluation(base, tuned, deployed=after, deployed_current=before))
    first, second = benefits(store, registry, NOW).nights
    assert (first.promoted, second.promoted) == (False, True)
    assert first.taught == (Marks(1, 10), Marks(8, 10))
    assert second.taught == (Marks(3, 10), Marks(10, 10))
    assert second.reworded == (Marks(0, 5), Marks(4, 5))
    assert second.general == (Marks(25, 40), Marks(24, 40))
