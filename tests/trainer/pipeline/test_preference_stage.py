"""Learning preferences after the lessons: kept where it helps, no trace where it does not."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx

from tests.trainer.tuning.test_dpo import PREFERENCES, planned
from trainer.evaluation.exam import AnswerSheet
from trainer.models.loading import LoadedModel
from trainer.pipeline import preference_stage
from trainer.pipeline.preference_pairs import Preference
from trainer.pipeline.preference_stage import second_stage
from trainer.tuning import dpo
from trainer.tuning.lora import add_lora

FIRST = AnswerSheet(
    taught=(True, True, False),
    reworded=(True, False),
    held_out=(True,),
    canaries=(True, True),
    similarities=(1.0, 1.0, 0.2),
    key_recalls=(1.0, 1.0, 0.0),
    unfinished=0,
    refusals=0,
    mean_length=5.0,
    loss=0.1,
    canary_loss=0.2,
)
PROBE = mx.array([[3, 4, 5, 6]])


@pytest.fixture
def learner(tiny: LoadedModel) -> LoadedModel:
    """As after the first stage: with low-rank layers."""
    add_lora(tiny.model, planned())
    return tiny


def never() -> AnswerSheet:
    raise AssertionError("there is no reason for another exam")


def exam_giving(second: AnswerSheet) -> Callable[[], AnswerSheet]:
    """The exam with the new weights, and then with the old ones."""
    sheets = iter((second, FIRST))
    return lambda: next(sheets)


def staged(learner: LoadedModel, run_exam: Callable[[], AnswerSheet], **settings: Any) -> Any:
    plans = planned(**({"preferences": "auto", "learning_rate": 0.1} | settings))
    return second_stage(learner, PREFERENCES, "", plans, run_exam)


def test_what_helps_is_kept_and_said(learner: LoadedModel) -> None:
    before = learner.model(PROBE)
    better = replace(FIRST, taught=(True, True, True))
    found = staged(learner, exam_giving(better))
    assert found.scores.kept is True
    assert found.scores.after > found.scores.before
    assert found.notes[0].startswith("Preferences were learned: ")
    assert not mx.allclose(learner.model(PROBE), before, atol=1e-4)


def test_an_exam_that_is_no_worse_is_enough(learner: LoadedModel) -> None:
    assert staged(learner, exam_giving(FIRST)).scores.kept is True


@pytest.mark.parametrize(("after", "kept"), [(2, False), (3, True), (4, True)])
def test_they_may_cost_no_lesson_that_was_mastered(
    learner: LoadedModel, after: int, kept: bool
) -> None:
    """First the new weights are looked at, and then the old ones, which have mastered three."""
    counts = iter((after, 3))
    plans = planned(preferences="auto", learning_rate=0.1)
    found = second_stage(
        learner, PREFERENCES, "", plans, exam_giving(FIRST), mastered=lambda: next(counts)
    )
    assert found.scores is not None
    assert found.scores.kept == kept
    assert kept or found.notes[0].endswith("2 instead of 3 lessons are mastered with them.")


@pytest.mark.parametrize(
    ("worse", "why"),
    [
        ({"taught": (True, False, False)}, "1 instead of 2 lessons right"),
        ({"reworded": (False, False)}, "0 instead of 1 lessons in other words right"),
        ({"held_out": (False,)}, "0 instead of 1 held-out lessons right"),
        ({"canaries": (True, False)}, "1 instead of 2 general questions right"),
    ],
)
def test_what_harms_the_exam_leaves_no_trace(
    learner: LoadedModel, worse: dict[str, Any], why: str
) -> None:
    before = learner.model(PROBE)
    found = staged(learner, exam_giving(replace(FIRST, **worse)))
    assert found.scores.kept is False
    assert why in found.notes[0]
    assert mx.array_equal(learner.model(PROBE), before)


def test_what_teaches_no_preference_leaves_no_trace_and_costs_no_exam(
    learner: LoadedModel,
) -> None:
    before = learner.model(PROBE)
    found = staged(learner, never, learning_rate=1e-12)
    assert found.scores.kept is False
    assert found.scores.steps > 0
    assert found.notes[0].startswith("Preferences were left out: ")
    assert mx.array_equal(learner.model(PROBE), before)


def test_a_training_that_breaks_down_leaves_no_trace(learner: LoadedModel) -> None:
    before = learner.model(PROBE)
    found = staged(learner, never, learning_rate=1e30)
    assert found.scores.loss is None
    assert mx.array_equal(learner.model(PROBE), before)


def test_short_memory_costs_the_stage_and_not_the_night(
    learner: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_memory(*_: object) -> mx.array:
        raise RuntimeError("[malloc] Unable to allocate 1 bytes.")

    before = learner.model(PROBE)
    monkeypatch.setattr(dpo, "value_and_grad", lambda *_: no_memory)
    found = staged(learner, never)
    assert "memory was too short" in found.notes[0]
    assert mx.array_equal(learner.model(PROBE), before)


@pytest.mark.parametrize("settings", [{"preferences": "off"}, {"preferences": None}])
def test_it_is_off_unless_it_is_asked_for(learner: LoadedModel, settings: dict[str, Any]) -> None:
    found = staged(learner, never, **settings)
    assert (found.notes, found.scores) == ((), None)


def test_a_pair_takes_two_rows_at_once(learner: LoadedModel) -> None:
    """Where memory has room for one row alone, the stage must not be what it runs out for."""
    found = staged(learner, never, batch_size=1)
    assert found.scores is None
    assert "batches of two rows" in found.notes[0]


def test_without_pairs_nothing_happens(learner: LoadedModel) -> None:
    plans = planned(preferences="auto")
    assert second_stage(learner, [], "", plans, never).notes == ()


def test_where_all_pairs_are_right_already_no_exam_is_needed(
    learner: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = dpo.DpoResult(checked=3, before=3, after=3, steps=0, loss=None, seconds=0.1)
    monkeypatch.setattr(preference_stage, "train_dpo", lambda *_: right)
    result = staged(learner, never)
    assert result.scores.kept is False
    assert result.notes == ("Preferences needed no training: all 3 pairs were right already.",)


def test_preferences_that_are_too_long_are_told(learner: LoadedModel) -> None:
    """What is cut in one of its answers, and what has no room for any."""
    some = [
        PREFERENCES[0],
        Preference("Why?", "Because.", "So what? " * 40),
        Preference("Why? " * 60, "Because.", "Never."),
    ]
    plans = planned(preferences="auto", learning_rate=1e-9, max_seq_length=200)
    found = second_stage(learner, some, "", plans, never)
    assert found.notes[1:] == (
        "Preferences of which an answer was cut off at 200 tokens: 1.",
        "Preferences that were left out as too long for 200 tokens: 1.",
    )
