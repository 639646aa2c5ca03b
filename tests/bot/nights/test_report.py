"""What people read of a night: its facts, its exam, and why its adapter did not become good."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.home import Home
from bot.nights import report
from bot.nights.report import (
    MEASURES,
    OTHER_WORDS,
    counted,
    duration,
    exam_lines,
    further_lines,
    gather_report,
    headline,
    lines,
    plain_reason,
    private_lines,
    why_poor,
)
from bot.slack.nights import report_message
from bot.store import Run, Store
from bot.store.examples.rows import NewExample
from bot.store.examples.scope import Scope
from tests.bot.store.rows import example, reply
from trainer.adapters.registry import CONFIG, WEIGHTS, AdapterCard, Registry, write_card
from trainer.planning.hyperparameters import plan
from trainer.planning.settings import TrainingSettings
from trainer.results.deployed import DeployedMarks, DeployedScores
from trainer.results.evaluation import Evaluation, ExamScores
from trainer.results.losses import Losses
from trainer.results.mastery import CONTRADICTION, Mastery


def test_many_lessons_with_the_usual_steps_give_no_hint() -> None:
    assert why_poor(200, TrainingSettings()) == []


def test_too_few_steps_and_too_few_lessons_are_said() -> None:
    steps, few = why_poor(7, TrainingSettings(iters=3))
    assert steps.startswith("Only 3 steps were trained, where ")
    assert few.startswith("Fewer than 50 lessons (7) are learned nearly word for word: ")


@pytest.mark.parametrize(("lessons", "hints"), [(49, 1), (50, 0)])
def test_fifty_lessons_are_not_few_any_more(lessons: int, hints: int) -> None:
    assert len(why_poor(lessons, TrainingSettings())) == hints


def test_too_few_epochs_are_too_few_steps() -> None:
    (steps,) = why_poor(200, TrainingSettings(epochs=0.5))
    assert "leave training.iters and training.epochs unset" in steps


BASE = ExamScores(
    asked=4, recalled=1, canaries_asked=10, canaries_right=7, similarity=0.1, key_recall=0.2,
    loss=0.3, canary_loss=0.4, mean_length=5.0, unfinished=6, refusals=7, reworded_asked=3,
    reworded_recalled=2,
)  # fmt: skip


def test_the_exam_is_told_before_and_now() -> None:
    exam = Evaluation(BASE, replace(BASE, recalled=4, canaries_right=6))
    assert exam_lines(exam) == [
        "What was taught: 1 of 4 before, 4 of 4 now.",
        "What I knew before: 7 of 10 before, 6 of 10 now.",
    ]


def test_the_bot_as_deployed_and_the_distance_from_the_base_are_told_after_it() -> None:
    tonight = DeployedScores(DeployedMarks(24), DeployedMarks(30, 1, 9, 8))
    evening = DeployedScores(DeployedMarks(23, 1), DeployedMarks(30, 2, 8, 8))
    tuned = replace(BASE, kl=0.0625)
    exam = Evaluation(BASE, tuned, deployed=tonight, deployed_current=evening)
    assert exam_lines(exam)[2:] == further_lines(exam)
    assert further_lines(exam) == [
        "KL divergence from the base model: 0.062 nats a token.",
        (
            "As deployed: 24 of 24 taught, 39 of 48 in other words (this evening 23 and 38), "
            "surely wrong 1 (3)."
        ),
    ]


def test_a_bot_that_was_not_compared_as_deployed_has_no_line_about_it() -> None:
    exam = Evaluation(BASE, BASE, deployed_current=DeployedScores())
    assert further_lines(exam) == []
    assert further_lines(None) == []


@pytest.mark.parametrize("exam", [None, Evaluation(BASE), Evaluation(ExamScores(), BASE)])
def test_where_nothing_can_be_compared_nothing_is_told(exam: Evaluation | None) -> None:
    assert exam_lines(exam) == []


def test_every_measure_tells_its_own_number() -> None:
    values = [measure.value(replace(BASE, kl=0.0625)) for measure in MEASURES]
    assert values == [0.1, 0.2, 0.3, 0.4, 0.0625, 5.0, 6, 7]
    assert str(OTHER_WORDS.marks(BASE)) == "2 of 3"


@pytest.mark.parametrize("steps", [40, 60])
def test_fewer_than_half_of_the_usual_steps_are_too_few(steps: int) -> None:
    usual = plan(TrainingSettings(), 200).iters
    hints = why_poor(200, TrainingSettings(iters=usual * steps // 100))
    assert len(hints) == (1 if steps < 50 else 0)


def test_a_part_without_questions_on_both_sides_is_left_out() -> None:
    fewer = replace(BASE, canaries_asked=0)
    assert len(exam_lines(Evaluation(fewer, BASE))) == 1
    assert len(exam_lines(Evaluation(BASE, fewer))) == 1


def ended(store: Store, status: str, reason: str = "So.", version: str | None = "v0001") -> Run:
    run = store.runs.start(1)
    store.runs.note(run.id, ["It was hot."])
    return store.runs.finish(
        run.id, status, reason, seconds=125.4, version=version, examples=3,
        evaluation=Evaluation(BASE, BASE),
    )  # fmt: skip


@pytest.mark.parametrize("status", ["promoted", "rejected"])
def test_the_facts_of_a_trained_night_in_their_order(store: Store, status: str) -> None:
    assert lines(ended(store, status)) == [
        "So.",
        "Adapter v0001, trained on 3 examples.",
        "What was taught: 1 of 4 before, 1 of 4 now.",
        "What I knew before: 7 of 10 before, 7 of 10 now.",
        "It was hot.",
        "It took 2 min 5 s.",
    ]


def test_a_night_without_a_training_tells_neither_adapter_nor_time(store: Store) -> None:
    facts = lines(ended(store, "failed", version=None))
    assert not any(fact.startswith(("Adapter", "It took")) for fact in facts)
    # A rollback names a version that it did not train.
    assert not any(fact.startswith("Adapter") for fact in lines(ended(store, "reverted")))


def test_every_status_has_a_headline_and_an_unknown_one_is_its_own(store: Store) -> None:
    assert headline(ended(store, "promoted")) == "School report: I learned something."
    assert headline(ended(store, "postponed")) == "postponed"


def test_the_log_of_a_failure_is_not_for_everybody(store: Store) -> None:
    run = ended(store, "failed", "The training ended with code 1; the log /home/x ends with: why")
    assert plain_reason(run) == "The training ended with code 1"


def test_numbers_and_durations_as_people_write_them() -> None:
    assert [counted(number, "lesson") for number in (0, 1, 2)] == [
        "0 lessons",
        "1 lesson",
        "2 lessons",
    ]
    assert [duration(seconds) for seconds in (0.4, 59.6, 125.4)] == [
        "0 s",
        "1 min 0 s",
        "2 min 5 s",
    ]


@pytest.fixture
def registry(home: Home, tmp_path: Path) -> Registry:
    """The adapter v0001, in use, with its losses; lesson 1 is not mastered."""
    registry = Registry(home.adapters)
    staging = tmp_path / "staging"
    staging.mkdir()
    for name in (WEIGHTS, CONFIG):
        (staging / name).write_bytes(b"{}")
    mastery = Mastery(3, 2, missing=(1,), reasons={1: CONTRADICTION})
    card = AdapterCard("v0001", "starter", losses=Losses(best_step=7), mastery=mastery)
    write_card(staging, card)
    registry.add(staging, "v0001")
    registry.promote("v0001")
    return registry


def change(store: Store, status: str, times: int = 1) -> None:
    for _ in range(times):
        store.examples.change(example(store), status, "U0BEN")


def test_a_report_counts_what_changed_since_the_run_before(
    store: Store, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "NAMED", 2)
    change(store, "rejected")
    change(store, "withdrawn")
    with store.connections.write() as db:
        db.conn.execute("update examples set updated_at = '2026-01-01T00:00:00.000+00:00'")
    before = ended(store, "promoted")
    with store.connections.write() as db:
        at = "2026-01-02T00:00:00.000+00:00"
        db.table("runs").update(before.id, {"finished_at": at})
    change(store, "rejected", 2)
    change(store, "quarantined")
    change(store, "withdrawn", 3)
    example(store, status="pending")
    run = ended(store, "promoted")
    store.runs.trained_on(run.id, [1, 2, 3])
    content = gather_report(store, registry, run)
    assert [one.status for one in content.rejected] == ["rejected", "rejected"]
    assert (content.rejected_count, len(content.withdrawn), content.withdrawn_count) == (3, 2, 3)
    assert (len(content.learned), content.learned_count, content.waiting) == (2, 3, 1)
    assert content.meaning == "From now on I answer with what I learned."


def test_a_report_has_the_opinions_of_the_adapter_in_use(store: Store, registry: Registry) -> None:
    base, tuned = reply(store), reply(store, adapter="v0001")
    other = reply(store, adapter="v0002")
    for number, choice in ((tuned, "tuned"), (other, "base")):
        compared = store.comparisons.add("Why?", "U1", base, number, 1.0)
        store.comparisons.vote(compared.id, "U1", choice)
    store.ratings.set(base, "U1", 1)
    content = gather_report(store, registry, ended(store, "promoted"))
    assert (content.adapter, content.votes.tuned, content.votes.base) == ("v0001", 1, 0)
    assert content.thumbs == (1, 0)


@pytest.mark.parametrize(
    ("status", "version", "step"),
    [
        ("promoted", "v0001", 7),
        ("rejected", "v0001", 7),
        ("reverted", "v0001", None),
        ("promoted", "v0009", None),
        ("skipped", None, None),
    ],
)
def test_losses_are_those_of_the_adapter_that_the_run_trained(
    store: Store, registry: Registry, status: str, version: str | None, step: int | None
) -> None:
    told = gather_report(store, registry, ended(store, status, version=version))
    assert (told.losses.best_step if told.losses else None) == step
    assert told.missing_count == (1 if step else 0)


def test_a_report_names_what_the_new_adapter_has_not_mastered(
    store: Store, registry: Registry
) -> None:
    number = example(store, "Who waters the plants?")
    told = gather_report(store, registry, ended(store, "promoted"))
    assert [lesson.id for lesson in told.missing] == [number] == [1]
    assert told.missing[0].why.startswith("another lesson")


def test_a_report_counts_lessons_that_are_not_for_everyone_and_has_none_of_their_words(
    store: Store, registry: Registry
) -> None:
    alone = Scope("person", "U1")
    new = NewExample("Who is zanzibar?", "Zanzibar.", "teach", "U0BEN", scope=alone)
    numbers = [store.examples.add(new).id for _ in range(3)]
    store.examples.change(numbers[0], "withdrawn", "U0BEN")
    run = ended(store, "promoted")
    store.runs.trained_on(run.id, numbers)
    content = gather_report(store, registry, run)
    assert content.private_count == 2
    assert "zanzibar" not in repr(content).lower()
    assert private_lines(content.private_count) == [
        "2 lessons are for one channel or one person: told only there, and not trained."
    ]
    assert private_lines(1)[0].startswith("1 lesson is for one")
    assert private_lines(0) == []


def test_a_report_counts_what_nobody_confirmed(store: Store, registry: Registry) -> None:
    for number in range(3):
        store.examples.add(NewExample(f"What is {number}?", "So.", "teach", "U0BEN"))
    with store.connections.write() as db:
        for number, day in ((1, "2020-01-01"), (2, "2020-01-02"), (3, "9999-01-01")):
            db.table("examples").update(number, {"leaves_on": day})
    told = gather_report(store, registry, ended(store, "promoted"))
    assert told.expired_count == 2
    assert "2 lessons were not confirmed for two intervals" in str(report_message.content(told))
