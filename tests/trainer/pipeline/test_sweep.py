"""A grid of settings: what is tried first, what wins, and the picture."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from trainer.pipeline.sweep import Point, Trial, draw, fits, grid, ranked, trial
from trainer.planning.hyperparameters import plan
from trainer.planning.settings import TrainingSettings
from trainer.results.evaluation import Evaluation, ExamComparison, ExamScores, Match
from trainer.results.losses import Losses
from trainer.results.run import RunResult


def tried(seconds: float = 60.0, *, passes: bool = True, **right: int) -> Trial:
    values: dict[str, Any] = {"recalled": 20, "reworded_recalled": 10, "canaries_right": 14}
    values |= {"asked": 24, "reworded_asked": 24, "canaries_asked": 20} | right
    return Trial(
        Point(1e-4, 8, -1),
        val_loss=0.5,
        promoted=passes,
        reason="",
        seconds=seconds,
        peak_memory_gb=1.0,
        **values,
    )


def test_the_usual_settings_come_first_then_what_differs_in_one() -> None:
    usual = plan(TrainingSettings(learning_rate=1e-4, rank=8), 30)
    points = grid(usual)
    assert points[0] == Point(1e-4, 8, -1)
    assert set(points[1:5]) == {
        Point(5e-5, 8, -1),
        Point(2e-4, 8, -1),
        Point(1e-4, 2, -1),
        Point(1e-4, 8, 8),
    }
    assert len(points) == len(set(points)) == 12


def test_a_grid_of_one_s_own() -> None:
    usual = plan(TrainingSettings(), 30)
    assert grid(usual, rates=[1e-5], ranks=[4, 16], layers=[2]) == [
        Point(1e-5, 4, 2),
        Point(1e-5, 16, 2),
    ]


def test_what_forgets_too_much_never_wins_and_of_equals_the_quicker() -> None:
    forgets = tried(recalled=24, passes=False)
    slow, quick, better = tried(90), tried(30), tried(95, reworded_recalled=11)
    assert ranked([forgets, slow, quick, better]) == [better, quick, slow, forgets]


def test_what_broke_down_is_the_last_however_quick_it_was() -> None:
    nothing = replace(tried(60), recalled=0, reworded_recalled=0, canaries_right=0, promoted=False)
    broken = replace(
        nothing, seconds=1.0, asked=0, reworded_asked=0, canaries_asked=0, reason="It broke down."
    )
    assert ranked([broken, nothing]) == [nothing, broken]


def test_the_first_is_always_tried_and_none_that_would_not_end_in_time() -> None:
    assert fits(0, [])
    assert fits(60, [tried(60), tried(50)])
    assert not fits(54, [tried(60), tried(50)])


def test_a_trial_has_the_marks_of_the_exam_and_the_verdict_of_the_gate() -> None:
    ours = ExamScores(
        asked=4, recalled=4, similarity=1.0, reworded_asked=4, reworded_recalled=2,
        canaries_asked=10, canaries_right=5,
    )  # fmt: skip
    base = replace(ours, recalled=0, similarity=0.0)
    won = Match(won=4)
    done = RunResult(
        out="",
        evaluation=Evaluation(base, ours, against_base=ExamComparison(won, won, won)),
        losses=Losses(valid=0.3),
        seconds=12.0,
        training_seconds=10.0,
        tokens_per_second=100.0,
        peak_memory_gb=1.1,
    )
    found = trial(Point(1e-4, 8, -1), done)
    assert found.promoted
    assert (found.recalled, found.reworded_recalled, found.canaries_right) == (4, 2, 5)
    assert (found.asked, found.reworded_asked, found.canaries_asked) == (4, 4, 10)
    assert (found.val_loss, found.seconds, found.peak_memory_gb) == (0.3, 12.0, 1.1)
    assert found.score == (1 + 0.5 + 0.5) / 3
    refused = replace(done, evaluation=Evaluation(ours, base))
    assert not trial(Point(1e-4, 8, -1), refused).promoted


def test_the_picture_is_a_png(tmp_path: Path) -> None:
    file = draw([tried(), tried(recalled=3)], tmp_path / "sweep.png")
    assert file.read_bytes().startswith(b"\x89PNG")
