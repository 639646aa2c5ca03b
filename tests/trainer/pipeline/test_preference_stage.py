"""Learning preferences after the lessons: kept where it helps, no trace where it does not."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx

from tests.trainer.tuning.test_dpo import PREFERENCES, planned
from tests.trainer.tuning.test_kto import RATED
from trainer.evaluation.exam import AnswerSheet
from trainer.models.loading import LoadedModel
from trainer.pipeline import preference_stage
from trainer.pipeline.preference_pairs import Preference
from trainer.pipeline.preference_stage import PreferenceResult, second_stage
from trainer.pipeline.rated_answers import RatedAnswer
from trainer.tuning import dpo, kto
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


def of_thumbs(
    learner: LoadedModel,
    run_exam: Callable[[], AnswerSheet],
    rated: list[RatedAnswer] = RATED,
    pairs: list[Preference] | None = None,
    **settings: Any,
) -> PreferenceResult:
    plans = planned(**({"preferences": "kto", "learning_rate": 0.1} | settings))
    return second_stage(learner, pairs or [], "", plans, run_exam, ratings=rated)


def test_thumbs_that_help_are_kept_and_said(learner: LoadedModel) -> None:
    before = learner.model(PROBE)
    found = of_thumbs(learner, exam_giving(FIRST))
    assert found.scores is not None
    assert (found.scores.kept, found.scores.method, found.scores.before) == (True, "kto", 0)
    assert found.notes[0].startswith("Preferences were learned from thumbs: 4 of 4 rated answers")
    assert not mx.allclose(learner.model(PROBE), before, atol=1e-4)


def test_pairs_are_told_from_thumbs_on_the_card(learner: LoadedModel) -> None:
    assert staged(learner, exam_giving(FIRST)).scores.method == "dpo"


def test_thumbs_that_harm_the_exam_leave_no_trace(learner: LoadedModel) -> None:
    before = learner.model(PROBE)
    found = of_thumbs(learner, exam_giving(replace(FIRST, canaries=(True, False))))
    assert found.scores is not None
    assert found.scores.kept is False
    assert "1 instead of 2 general questions right" in found.notes[0]
    assert mx.array_equal(learner.model(PROBE), before)


def test_thumbs_may_cost_no_lesson_that_was_mastered(learner: LoadedModel) -> None:
    before = learner.model(PROBE)
    counts = iter((2, 3))
    plans = planned(preferences="kto", learning_rate=0.1)
    found = second_stage(
        learner, [], "", plans, exam_giving(FIRST), mastered=lambda: next(counts), ratings=RATED
    )
    assert found.notes[0].endswith("2 instead of 3 lessons are mastered with them.")
    assert mx.array_equal(learner.model(PROBE), before)


@pytest.mark.parametrize(("after", "kept"), [(1, False), (2, False), (3, True)])
def test_most_answers_must_have_moved_as_they_were_rated(
    learner: LoadedModel, monkeypatch: pytest.MonkeyPatch, after: int, kept: bool
) -> None:
    done = kto.KtoResult(checked=4, before=0, after=after, steps=8, loss=0.4, seconds=0.1)
    monkeypatch.setattr(preference_stage, "train_kto", lambda *_: done)
    found = of_thumbs(learner, exam_giving(FIRST) if kept else never)
    assert found.scores is not None
    assert found.scores.kept is kept


def test_thumbs_whose_training_breaks_down_leave_no_trace(learner: LoadedModel) -> None:
    before = learner.model(PROBE)
    found = of_thumbs(learner, never, learning_rate=1e30)
    assert found.scores is not None
    assert (found.scores.loss, found.scores.kept) == (None, False)
    assert mx.array_equal(learner.model(PROBE), before)


def test_both_answers_of_a_pair_count_as_rated(learner: LoadedModel) -> None:
    found = of_thumbs(learner, exam_giving(FIRST), [], PREFERENCES)
    assert found.scores is not None
    assert found.scores.checked == 2 * len(PREFERENCES)


@pytest.mark.parametrize("settings", [{"preferences": "off"}, {"preferences": "auto"}])
def test_thumbs_are_trained_only_where_it_is_asked_for(
    learner: LoadedModel, settings: dict[str, Any]
) -> None:
    found = of_thumbs(learner, never, **settings)
    assert (found.notes, found.scores) == ((), None)


def test_one_rated_answer_is_too_few(learner: LoadedModel) -> None:
    """There would be no other answer to tell the divergence with."""
    found = of_thumbs(learner, never, RATED[:1])
    assert found.scores is None
    assert "at least 2 rated answers" in found.notes[0]
    assert of_thumbs(learner, never, []).notes == ()


def test_rated_answers_that_are_too_long_are_told(learner: LoadedModel) -> None:
    some = [
        *RATED[:2],
        RatedAnswer("Why?", "So what? " * 40, liked=False),
        RatedAnswer("Why? " * 60, "Because.", liked=True),
    ]
    found = of_thumbs(learner, exam_giving(FIRST), some, max_seq_length=200)
    assert found.notes[1:] == (
        "Preferences of which an answer was cut off at 200 tokens: 1.",
        "Preferences that were left out as too long for 200 tokens: 1.",
    )
