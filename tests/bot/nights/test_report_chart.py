"""The picture of a night: its losses beside its exam, as far as there are any."""

from dataclasses import replace
from typing import Any

import pytest
from matplotlib.axes import Axes

from bot.nights.report_chart import draw
from trainer.results.evaluation import Evaluation, ExamScores
from trainer.results.losses import Losses, LossPoint

BASE = ExamScores(
    asked=12, reworded_asked=10, reworded_recalled=1, canaries_asked=20, canaries_right=14
)
EVALUATION = Evaluation(BASE, replace(BASE, recalled=11, reworded_recalled=8))
HISTORY = (
    LossPoint(0, None, 3.9),
    LossPoint(10, 2.1, 1.9),
    LossPoint(20, 0.9, 0.8),
    LossPoint(30, 0.4, 0.7),
    LossPoint(40, 0.2, 0.75),
)
TWO_OF_THREE = Evaluation(ExamScores(asked=3, recalled=1), ExamScores(asked=3, recalled=2))


@pytest.mark.parametrize(
    ("evaluation", "losses"),
    [
        (None, Losses(history=HISTORY)),
        (EVALUATION, None),
        (TWO_OF_THREE, None),
        (EVALUATION, Losses(best_step=7, history=(LossPoint(1, None, None),))),
        (None, Losses(history=(LossPoint(1, 2.0, None),))),
    ],
)
def test_a_picture_shows_whatever_there_is(
    evaluation: Evaluation | None, losses: Losses | None
) -> None:
    image = draw(evaluation, losses, "A <night> $of$ trials")
    assert image is not None
    assert image.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "evaluation", [None, Evaluation(ExamScores()), Evaluation(ExamScores(), ExamScores())]
)
def test_there_is_no_picture_of_nothing(evaluation: Evaluation | None) -> None:
    assert draw(evaluation, Losses(), "Nothing") is None


@pytest.fixture
def texts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What stands beside bars and lines of a picture."""
    written: list[str] = []
    real_text, real_plot = Axes.text, Axes.plot

    def text(self: Axes, x: float, y: float, s: str, **more: object) -> object:
        written.append(s)
        return real_text(self, x, y, s, **more)  # type: ignore[arg-type]  # passed on as given

    def plot(self: Axes, *values: object, label: str, **more: object) -> object:
        written.append(label)
        return real_plot(self, *values, label=label, **more)  # type: ignore[arg-type]  # passed on as given

    monkeypatch.setattr(Axes, "text", text)
    monkeypatch.setattr(Axes, "plot", plot)
    return written


def test_every_part_of_the_exam_has_its_marks_before_and_after(texts: list[str]) -> None:
    draw(EVALUATION, None, "Exam")
    assert texts == ["0/12", "1/10", "14/20", "11/12", "8/10", "14/20"]


def test_a_part_that_only_one_of_the_two_was_asked_has_no_bars(texts: list[str]) -> None:
    draw(Evaluation(BASE, replace(BASE, reworded_asked=0)), None, "Exam")
    assert texts == ["0/12", "14/20", "0/12", "14/20"]


def test_a_bar_is_as_high_as_the_share_that_was_right(monkeypatch: pytest.MonkeyPatch) -> None:
    heights: list[list[float]] = []
    bar = Axes.bar

    def drawn(self: Axes, places: Any, height: list[float], *rest: Any, **more: Any) -> object:
        heights.append(height)
        return bar(self, places, height, *rest, **more)

    monkeypatch.setattr(Axes, "bar", drawn)
    draw(TWO_OF_THREE, None, "Exam")
    assert heights == [[pytest.approx(1 / 3)], [pytest.approx(2 / 3)]]


def test_both_losses_are_drawn_and_the_step_that_was_kept(texts: list[str]) -> None:
    draw(None, Losses(best_step=30, history=HISTORY), "Losses")
    assert texts == ["in training", "on other wordings", "kept: step 30"]


def test_a_kept_step_that_has_no_point_is_not_marked(texts: list[str]) -> None:
    draw(None, Losses(best_step=7, history=HISTORY), "Losses")
    assert texts == ["in training", "on other wordings"]
