"""A grid of settings around a training that ends at once."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import TrainingError
from bot.home import Home
from bot.lessons.curation import Curation
from bot.nights import sweep as module
from bot.nights.sweep import Axes, Swept, sweep
from bot.nights.training import Training
from bot.settings import Settings
from bot.store import Store
from tests.bot.instant_training import InstantTraining
from trainer.pipeline.sweep import Point
from trainer.planning.hyperparameters import STARTER_RATE, STARTER_WIDTH
from trainer.planning.memory import shape_of
from trainer.planning.settings import TrainingSettings
from trainer.results.progress import Progress
from trainer.results.run import RunResult

AXES = Axes(rates=(1e-4, 1e-3), ranks=(8,), layers=(4,))
Sweeping = Callable[[float], Swept]


@pytest.fixture
def training(monkeypatch: pytest.MonkeyPatch) -> InstantTraining:
    instant = InstantTraining()
    monkeypatch.setattr(module, "train", instant)
    return instant


@pytest.fixture
def sweeping(
    home: Home, store: Store, settings: Settings, curation: Curation, training: InstantTraining
) -> Sweeping:
    """Sweeps so many minutes over one lesson."""
    assert training.given == []
    curation.teach("When is lunch?", "At noon.", "U0BEN")
    return lambda minutes: sweep(home, settings, store, minutes, AXES, lambda *_: None)


def test_every_combination_is_trained_on_the_same_lessons_with_its_own_settings(
    sweeping: Sweeping, home: Home, settings: Settings, training: InstantTraining
) -> None:
    result = sweeping(60)
    assert [one.settings.learning_rate for one in training.given] == [1e-4, 1e-3]
    assert {(one.settings.rank, one.settings.layers) for one in training.given} == {(8, 4)}
    assert {one.settings.replay for one in training.given} == {settings.training.replay}
    assert {one.data for one in training.given} == {home.sweep / "data"}
    assert (len(result.trials), result.left_out) == (2, ())
    assert result.picture.read_bytes().startswith(b"\x89PNG")


def test_what_is_not_tried_stays_as_it_is_set_and_the_usual_values_are_the_models(
    home: Home,
    store: Store,
    curation: Curation,
    training: InstantTraining,
    tiny_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A model twice as wide as the starter is trained at half its rate."""
    shape = shape_of(tiny_folder)
    monkeypatch.setattr(module, "shape_of", lambda _: replace(shape, hidden=2 * STARTER_WIDTH))
    curation.teach("When is lunch?", "At noon.", "U0BEN")
    settings = Settings(
        model=str(tiny_folder), training=TrainingSettings(dropout=0.1, layers=2, iters=7)
    )
    heard: list[tuple[Point, str]] = []
    result = sweep(
        home, settings, store, 60, Axes(ranks=(8,), layers=(2,)),
        lambda point, line: heard.append((point, line.phase)),
    )  # fmt: skip
    rate = STARTER_RATE / 2
    points = [Point(each, 8, 2) for each in (rate, rate / 2, rate * 2)]
    assert heard == [(point, "train") for point in points]
    assert {one.point for one in result.trials} == set(points)
    assert {(one.settings.dropout, one.settings.iters) for one in training.given} == {(0.1, 7)}
    assert {one.model for one in training.given} == {str(tiny_folder)}
    assert {one.lock for one in training.given} == {home.training_lock}


def test_the_usual_values_are_those_of_the_settings(
    home: Home, store: Store, curation: Curation, training: InstantTraining, tiny_folder: Path
) -> None:
    curation.teach("When is lunch?", "At noon.", "U0BEN")
    usual = TrainingSettings(learning_rate=3e-5, rank=12, layers=2)
    settings = Settings(model=str(tiny_folder), training=usual)
    sweep(home, settings, store, 0, Axes(), lambda *_: None)
    (first,) = training.given
    assert first.settings == usual


def test_neither_lessons_nor_weights_stay_nor_what_an_earlier_sweep_left(
    sweeping: Sweeping, home: Home, training: InstantTraining
) -> None:
    earlier = home.sweep / "07" / "trainer.log"
    earlier.parent.mkdir(parents=True)
    earlier.write_text("earlier")
    sweeping(60)
    assert not earlier.exists()
    assert not (home.sweep / "data").exists()
    assert not any(one.out.exists() for one in training.given)


def test_one_combination_is_tried_without_time_and_the_others_are_named(
    sweeping: Sweeping, training: InstantTraining
) -> None:
    result = sweeping(0)
    assert len(training.given) == len(result.trials) == 1
    assert [point.learning_rate for point in result.left_out] == [1e-3]


@pytest.mark.parametrize(("minutes", "trials"), [(60, 2), (10, 1)])
def test_another_combination_begins_only_where_its_time_is_left(
    sweeping: Sweeping, training: InstantTraining, minutes: float, trials: int
) -> None:
    training.seconds = 1000.0
    assert len(sweeping(minutes).trials) == trials


class FailingTraining(InstantTraining):
    """Fails at its first calls."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self._times = times

    def __call__(
        self, training: Training, on_progress: Callable[[Progress], None], *_: object
    ) -> RunResult:
        result = super().__call__(training, on_progress)
        if len(self.given) <= self._times:
            raise TrainingError("The loss is no number.")
        return replace(result, seconds=0.0)


def test_a_combination_that_fails_is_the_last_of_the_trials(
    sweeping: Sweeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "train", FailingTraining(1))
    worked, failed = sweeping(60).trials
    assert (worked.asked, worked.point.learning_rate) == (1, 1e-3)
    assert (failed.asked, failed.reason) == (0, "The loss is no number.")


def test_where_every_combination_fails_the_first_reason_is_raised(
    sweeping: Sweeping, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "train", FailingTraining(2))
    with pytest.raises(TrainingError, match=r"No combination .* The loss is no number"):
        sweeping(60)
    assert not (home.sweep / "data").exists()
