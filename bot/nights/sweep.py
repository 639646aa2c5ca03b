"""Tries a grid of settings on what is taught, within a time budget; changes nothing by itself."""

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
from trainer.pipeline.sweep import Point, Trial, broken, fits, grid, ranked, trial
from trainer.planning.hyperparameters import plan
from trainer.planning.memory import shape_of
from trainer.planning.settings import TrainingSettings
from trainer.results.progress import Progress


@dataclass(frozen=True)
class Axes:
    """What is tried of each setting; empty is the usual grid."""

    rates: Sequence[float] = ()
    ranks: Sequence[int] = ()
    layers: Sequence[int] = ()


@dataclass(frozen=True)
class Swept:
    """The trials, the best first, and what there was no time for."""

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
    """Trains and examines one combination after the other on all that is approved.

    Args:
        home: the picture and logs go to data/sweep.
        settings: the model, and the training settings that are not tried.
        store: where the lessons are.
        minutes: that it may take; what began is ended.
        axes: what is tried.
        on_progress: called with the combination and every line of the trainer's progress.

    Raises:
        NightschoolError: there is nothing to train, or a training failed.
    """
    from trainer.pipeline.sweep import draw  # noqa: PLC0415  other commands need not wait for it

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
        shutil.rmtree(data, ignore_errors=True)  # the lessons, in full
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
    """Trains one combination; where that fails, the others are tried all the same."""
    began = time.monotonic()
    try:
        return trial(point, train(training, on_progress))
    except TrainingError as error:
        return broken(point, str(error), round(time.monotonic() - began, 1))
