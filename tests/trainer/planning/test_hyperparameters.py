"""A plan from the size of the set; whatever is set by hand wins."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.planning.hyperparameters import (
    MOST_ROUNDS,
    exposures,
    learning_rate,
    plan,
    replay_share,
    replayed,
    revision_plan,
)
from trainer.planning.settings import TrainingSettings


@given(st.integers(1, 100_000))
def test_every_set_gets_a_plan_that_can_run(lessons: int) -> None:
    found = plan(TrainingSettings(), lessons)
    assert found.iters >= 1
    assert 1 <= found.batch_size <= 16
    assert 0 <= found.warmup < found.iters
    assert 1 <= found.steps_per_eval <= found.iters


def test_every_lesson_is_seen_as_often_whatever_the_size_of_the_set() -> None:
    """14 instead of 22 lost 35 of 150 lessons."""
    assert {exposures(lessons) for lessons in (1, 24, 150, 500, 2000)} == {22}
    assert 22 > exposures(4000) > exposures(100_000) == 12


def test_small_sets_have_small_batches_and_large_ones_large_ones_at_a_higher_rate() -> None:
    sizes = [
        plan(TrainingSettings(), lessons).batch_size for lessons in (24, 59, 60, 149, 150, 2000)
    ]
    assert sizes == [4, 4, 8, 8, 16, 16]
    rates = [learning_rate(576, batch) for batch in (1, 4, 8, 16)]
    assert rates == pytest.approx([7e-4, 7e-4, 8.3e-4, 9.9e-4], rel=0.01)
    assert plan(TrainingSettings(), 150).learning_rate == rates[-1]
    assert plan(TrainingSettings(batch_size=4), 150).learning_rate == rates[1]
    assert plan(TrainingSettings(), 150).iters == 244


def test_the_number_of_steps_by_hand_is_the_number_of_all_steps() -> None:
    assert plan(TrainingSettings(), 24).rounds == MOST_ROUNDS
    assert plan(TrainingSettings(iters=9), 24).rounds == 0
    assert plan(TrainingSettings(iters=9, rounds=3), 24).rounds == 3
    assert plan(TrainingSettings(rounds=0), 24).rounds == 0


def test_a_round_of_revision_is_short_and_careful() -> None:
    first = plan(TrainingSettings(), 150)
    found = revision_plan(first, rows=20, batch=4, share=0.5)
    assert (found.iters, found.batch_size, found.warmup) == (40, 4, 4)
    assert found.learning_rate == pytest.approx(0.5 * 7e-4)
    by_hand = plan(TrainingSettings(learning_rate=1e-4, batch_size=4), 150)
    assert revision_plan(by_hand, 20, 4, 0.5).learning_rate == pytest.approx(0.5e-4)


def test_small_sets_are_reminded_more_of_what_the_base_knew() -> None:
    shares = [replay_share(lessons) for lessons in (1, 3, 8, 16, 17, 100, 2000)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] == shares[1] == 0.4
    assert shares[3] > shares[4] == shares[-1] == 0.15
    for lessons in (4, 8, 16):
        found = plan(TrainingSettings(), lessons)
        assert found.iters * found.batch_size * found.replay >= 64


def test_a_share_of_replay_is_exact_where_it_can_be() -> None:
    """3 * 0.4 / 0.6 is a little more than 2 in floating point."""
    assert [replayed(lessons, 0.4) for lessons in (1, 2, 3, 6)] == [1, 2, 2, 4]
    assert replayed(24, 0.2) == 6
    assert replayed(5, 0.0) == 0


def test_a_wider_model_learns_at_a_lower_rate_and_none_at_a_higher_one() -> None:
    rates = [plan(TrainingSettings(), 50, width).learning_rate for width in (64, 576, 1024, 4096)]
    assert rates[0] == rates[1] > rates[2] > rates[3] > 0
    assert plan(TrainingSettings(), 50, 1152).learning_rate == pytest.approx(rates[1] / 2)


def test_only_a_capable_model_is_asked_to_rewrite_questions() -> None:
    asked = [plan(TrainingSettings(), 50, width).paraphrases for width in (576, 896, 1024, 4096)]
    assert asked == [0, 0, 4, 4]


def test_a_capable_model_gets_rows_with_notes_and_a_small_one_none() -> None:
    notes = [plan(TrainingSettings(), 50, width).notes for width in (576, 896, 1024, 4096)]
    assert notes == [0, 0, 2, 2]


def test_validation_is_taken_every_half_epoch_and_ten_times_at_most() -> None:
    found = plan(TrainingSettings(epochs=3, replay=0.0, batch_size=4), 400)
    assert (found.iters, found.validations, found.steps_per_eval) == (300, 6, 50)
    found = plan(TrainingSettings(), 24)
    assert (found.iters, found.validations, found.steps_per_eval) == (160, 10, 16)
    assert found.patience == 5
    assert plan(TrainingSettings(iters=5), 1).steps_per_eval == 1


def test_more_lessons_take_more_steps() -> None:
    steps = [plan(TrainingSettings(), lessons).iters for lessons in (8, 16, 50, 250, 1000)]
    assert steps == sorted(steps)
    assert len(set(steps)) == 5


@pytest.mark.parametrize(
    "setting",
    [
        {"iters": 7},
        {"batch_size": 3},
        {"learning_rate": 3e-5},
        {"rank": 5},
        {"scale": 2.0},
        {"dropout": 0.1},
        {"layers": 9},
        {"max_seq_length": 99},
        {"seed": 5},
        {"replay": 0.0},
        {"variants": 0},
        {"rewordings": 3},
        {"patience": 9},
        {"notes": 0},
        {"rounds": 5},
        {"weight_decay": 0.01},
        {"grad_checkpoint": True},
    ],
)
def test_what_is_set_by_hand_is_taken(setting: dict[str, float]) -> None:
    found = plan(TrainingSettings.model_validate(setting), 50).as_dict()
    assert {name: found[name] for name in setting} == setting


def test_epochs_by_hand_decide_the_steps_unless_steps_do() -> None:
    settings = {"epochs": 3.0, "replay": 0.0, "batch_size": 4}
    assert plan(TrainingSettings.model_validate(settings), 100).iters == 75
    assert plan(TrainingSettings.model_validate(settings | {"iters": 5}), 100).iters == 5


def test_a_batch_is_never_larger_than_the_set() -> None:
    assert plan(TrainingSettings(batch_size=8, replay=0.0), 3).batch_size == 3
