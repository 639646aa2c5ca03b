"""Trains and examines a grid of settings within a time budget; it promotes nothing."""

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bot.errors import TrainingError
from bot.home import Home
from bot.lessons.exporting import export_approved, trained_ids
from bot.nights.training import Training, train
from bot.settings import Settings
from bot.store import Store
from trainer.models.loading import resolve
from trainer.pipeline.sweep import Point, Trial, broken, draw, fits, grid, ranked, trial
from trainer.planning.hyperparameters import plan
from trainer.planning.memory import shape_of
from trainer.planning.settings import TrainingSettings
from trainer.results.progress import Progress


@dataclass(frozen=True)
class Axes:
    """The values that are tried of each setting; the usual ones where empty."""

    rates: Sequence[float] = ()
    ranks: Sequence[int] = ()
    layers: Sequence[int] = ()


@dataclass(frozen=True)
class Swept:
    """Result of a sweep.

    Attributes:
        trials: the combinations that were tried, the best first.
        left_out: the combinations that there was no time for.
        picture: the PNG file with the comparison of the trials.
        seconds: how long the sweep took.
    """

    trials: tuple[Trial, ...]
    left_out: tuple[Point, ...]
    picture: Path
    seconds: float


def sweep(
    home: Home,
    settings: Settings,
    store: Store,
    minutes: float,
    axes: Axes,
    on_progress: Callable[[Point, Progress], None],
) -> Swept:
    """Trains and examines one combination after the other on all approved examples.

    Args:
        home: picture and logs are written to its folder data/sweep, which is emptied first.
        settings: the model, and the training settings that are not tried.
        store: the database with the examples.
        minutes: how long it may take; a training that began within them is finished.
        axes: the values that are tried.
        on_progress: called with the combination and every line of the trainer's progress.

    Raises:
        NightschoolError: there is nothing to train, or every combination failed.
    """
    began = time.monotonic()
    folder = home.sweep
    shutil.rmtree(folder, ignore_errors=True)
    data = folder / "data"
    trials: list[Trial] = []
    try:
        exported = export_approved(store, settings, data)
        width = shape_of(resolve(settings.model)).hidden
        usual = plan(settings.training, len(trained_ids(exported)), width)
        points = grid(usual, axes.rates, axes.ranks, axes.layers)
        for turn, point in enumerate(points):
            if not fits(minutes * 60 - (time.monotonic() - began), trials):
                break
            values = settings.training.model_dump() | point.settings()
            training = Training(
                data=data,
                out=folder / f"{turn:02d}" / "adapter",
                model=settings.model,
                settings=TrainingSettings.model_validate(values),
                folder=folder / f"{turn:02d}",
                lock=home.training_lock,
            )
            trials.append(_tried(point, training, partial(on_progress, point)))
            shutil.rmtree(training.out, ignore_errors=True)
    finally:
        shutil.rmtree(data, ignore_errors=True)  # people's words do not stay here
    if not any(one.asked for one in trials):
        raise TrainingError(f"No combination could be trained. {trials[0].reason}")
    best = ranked(trials)
    return Swept(
        trials=tuple(best),
        left_out=tuple(points[len(trials) :]),
        picture=draw(best, folder / "sweep.png"),
        seconds=round(time.monotonic() - began, 1),
    )


def _tried(point: Point, training: Training, on_progress: Callable[[Progress], None]) -> Trial:
    """Trains and examines one combination; a failure is a trial too, so that the others run."""
    began = time.monotonic()
    try:
        return trial(point, train(training, on_progress))
    except TrainingError as error:
        return broken(point, str(error), round(time.monotonic() - began, 1))
