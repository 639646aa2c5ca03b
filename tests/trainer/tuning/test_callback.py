"""The training callback: its reports, the weights that it keeps, and when it stops early."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx
from mlx.nn.layers.linear import Linear
from mlx.optimizers import SGD

from tests.trainer.tuning.test_lora import planned
from trainer.errors import TrainingError
from trainer.tuning import callback
from trainer.tuning.callback import (
    StopTrainingError,
    Supervision,
    TrainingMonitor,
    TrainingStep,
)
from trainer.tuning.checkpoint import Checkpoints


class Clock:
    """Seconds that only pass when a test says so."""

    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(callback, "time", SimpleNamespace(monotonic=clock.monotonic))
    return clock


def make_monitor(
    steps: list[TrainingStep] | None = None,
    checkpoints: Checkpoints | None = None,
    supervision: Supervision | None = None,
    **plans: Any,
) -> TrainingMonitor:
    steps = [] if steps is None else steps
    return TrainingMonitor(
        Linear(1, 1, bias=False),
        SGD(0.1),
        planned(**{"iters": 10, "patience": 2, **plans}),
        steps.append,
        checkpoints or Checkpoints(),
        supervision or Supervision(),
        started=Clock.now,
    )


def weigh(monitor: TrainingMonitor, value: float) -> None:
    """Gives the model other weights, as a step does."""
    monitor.model.update({"weight": mx.array([[value]])})


def report(iteration: int, loss: float = 1.0, tokens: int = 50) -> dict[str, Any]:
    return {
        "iteration": iteration,
        "train_loss": loss,
        "trained_tokens": tokens,
        "tokens_per_second": 25.0,
    }


def validate(monitor: TrainingMonitor, *values: float) -> None:
    """Validates after steps 0, 1, and so on, whose weights are their number."""
    for step, value in enumerate(values):
        weigh(monitor, step)
        monitor.step = step
        monitor.validated(step, value)


def test_a_report_says_how_far_the_run_is_and_how_long_it_takes(clock: Clock) -> None:
    steps: list[TrainingStep] = []
    monitor = make_monitor(steps)
    clock.now += 8
    monitor.on_train_loss_report(report(4, 1.5))
    (step,) = steps
    assert (step.step, step.steps, step.loss, step.val_loss) == (4, 10, 1.5, None)
    assert step.tokens_per_second == 25
    assert step.seconds_left == 12
    assert monitor.history == [(4, 1.5, None)]


def test_before_the_first_step_nothing_is_known_of_speed() -> None:
    steps: list[TrainingStep] = []
    make_monitor(steps).validated(0, 2.0)
    (step,) = steps
    assert (step.val_loss, step.tokens_per_second, step.seconds_left) == (2.0, None, None)


def test_a_loss_that_is_no_number_ends_the_run() -> None:
    with pytest.raises(TrainingError, match="lower the learning rate"):
        make_monitor().on_train_loss_report(report(1, float("nan")))


@pytest.mark.parametrize(
    ("losses", "kept"),
    [
        ([4.0, 2.0, 1.0], 2),
        ([4.0, 1.0, 1.04], 2),  # newer weights may have lost 0.05 nats again
        ([1.3, 1.0, 1.06], 1),
        ([4.0, 1.0, 1.29], 2),  # or a tenth of what the loss has fallen by
        ([4.0, 1.0, 1.31], 1),
    ],
)
def test_the_newest_weights_that_are_about_as_good_as_any_are_kept(
    losses: list[float], kept: int
) -> None:
    monitor = make_monitor(patience=9)
    validate(monitor, *losses)
    weigh(monitor, 7)
    result = monitor.result()
    assert monitor.model.weight.item() == kept
    assert (result.best_step, result.val_loss) == (kept, losses[kept])
    assert result.val_loss_before == losses[0]
    assert result.history == tuple((step, None, value) for step, value in enumerate(losses))


def test_enough_validations_in_a_row_that_are_clearly_worse_end_the_run() -> None:
    monitor = make_monitor()
    validate(monitor, 2.0, 1.0, 3.0, 1.0, 3.0)
    with pytest.raises(StopTrainingError):
        monitor.validated(5, 3.0)


def test_a_run_goes_on_while_lessons_are_not_mastered() -> None:
    """A few validation rows rise before all facts are learned."""
    known, looks = [True, False], list[int]()

    def look() -> list[bool]:
        looks.append(monitor.step)
        return known

    monitor = make_monitor(supervision=Supervision(look))
    validate(monitor, 2.0, 1.0, 3.0, 3.0, 3.0)
    assert looks == [3]  # patience begins anew, so that not every validation costs a look
    known[1] = True
    with pytest.raises(StopTrainingError):
        monitor.validated(5, 3.0)


@pytest.mark.parametrize(("last", "kept"), [(4, 3), (3, 1), (2, 1)])
def test_the_last_weights_win_only_if_they_have_mastered_more(last: int, kept: int) -> None:
    """The second ones have the lowest loss, and have mastered three."""

    def known() -> list[bool]:
        count = {1: 3, 3: last}[int(monitor.model.weight.item())]
        return [place < count for place in range(5)]

    monitor = make_monitor(patience=9, supervision=Supervision(known))
    validate(monitor, 4.0, 1.0, 2.0, 3.0)
    result = monitor.result()
    assert monitor.model.weight.item() == kept
    assert (result.best_step, result.val_loss) == (kept, {1: 1.0, 3: 3.0}[kept])


def test_the_last_validation_ends_nothing() -> None:
    monitor = make_monitor()
    validate(monitor, 2.0, 1.0, 3.0)
    monitor.validated(10, 3.0)


def test_without_a_validation_the_last_weights_stay(clock: Clock) -> None:
    monitor = make_monitor()
    monitor.on_train_loss_report(report(3, 1.5, 60))
    weigh(monitor, 3)
    clock.now += 4
    result = monitor.result()
    assert monitor.model.weight.item() == 3
    assert not monitor.model.training
    assert (result.steps, result.best_step, result.val_loss) == (3, 3, None)
    assert (result.seconds, result.tokens_per_second) == (4, 15)
    assert result.losses().to_json() == {
        "train": 1.5,
        "valid_before": None,
        "valid": None,
        "best_step": 3,
        "steps": 3,
        "history": [[3, 1.5, None]],
    }


def test_a_checkpoint_is_left_when_it_is_time_and_something_was_done(tmp_path: Path) -> None:
    place = tmp_path / "checkpoint.safetensors"
    monitor = make_monitor(checkpoints=Checkpoints(place, seconds=0))
    monitor.save_checkpoint(0)
    monitor.resumed_at = 4
    monitor.save_checkpoint(4)
    assert not place.exists()
    monitor.save_checkpoint(5)
    assert place.exists()
    late = tmp_path / "late.safetensors"
    make_monitor(checkpoints=Checkpoints(late, seconds=60)).save_checkpoint(5)
    assert not late.exists()


def test_a_run_that_goes_on_knows_what_the_earlier_one_knew(tmp_path: Path, clock: Clock) -> None:
    checkpoints = Checkpoints(tmp_path / "checkpoint.safetensors", seconds=0)
    first = make_monitor(checkpoints=checkpoints, patience=3)
    first.on_train_loss_report(report(2, 1.5, 60))
    validate(first, 2.0, 1.0, 1.04, 3.0)
    clock.now += 6
    first.save_checkpoint(4)
    saved = checkpoints.read("")
    assert saved is not None
    clock.now = 1000.0
    steps: list[TrainingStep] = []
    second = make_monitor(steps, patience=3)
    second.started = clock.now
    second.resume_from(saved)
    assert (second.step, second.start, second.resumed_at) == (4, 4, 4)
    assert second.model.weight.item() == 3
    assert (second.first, second.lowest, second.worse) == (2.0, 1.0, 1)
    assert second.history == first.history
    assert steps[0].step == 4
    clock.now += 2
    second.on_train_loss_report(report(1, 1.2, 40))
    assert second.step == 5
    result = second.result()
    assert second.model.weight.item() == 2
    assert (result.best_step, result.resumed_at) == (2, 4)
    assert (result.seconds, result.tokens_per_second) == (8, 100 / 8)
