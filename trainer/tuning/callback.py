"""The callback of the training loop: it reports progress, keeps good weights and stops early."""

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import trainer.hardware.device

# isort: split
import mlx.core as mx
from mlx.optimizers import Optimizer
from mlx.utils import tree_map
from mlx_lm.tuner.callbacks import TrainingCallback

from trainer.errors import TrainingError
from trainer.planning.hyperparameters import Plan
from trainer.results.losses import Losses, LossPoint
from trainer.tuning.checkpoint import Checkpoint, Checkpoints, restore

LOST, SLIGHT = 0.1, 0.05
"""Share of what the validation loss has fallen by, and nats a token, that newer weights may have
lost again and still win over the lowest point. A few rows say little: chosen by the lowest point
alone, a run now and then kept weights of its first third, which knew less of everything
(docs/log.md)."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainingStep:
    """How far a training is, after some steps."""

    step: int
    steps: int
    loss: float | None
    """Mean cross-entropy of the answers since the last report, in nats a token."""
    val_loss: float | None
    tokens_per_second: float | None
    """Answer tokens; questions are read as well and not counted."""
    peak_memory_gb: float
    seconds_left: float | None


@dataclass(frozen=True)
class TrainingResult:
    """Losses and pace of a training, whose model holds the weights that were kept: see `LOST`."""

    steps: int
    """Done, maybe fewer than planned."""
    best_step: int
    train_loss: float | None
    val_loss_before: float | None
    val_loss: float | None
    """Of the kept weights."""
    seconds: float
    tokens_per_second: float
    history: tuple[LossPoint, ...]
    """In the order in which the losses were taken."""
    resumed_at: int | None = None
    """The step from which a run that was cut off went on."""

    def losses(self) -> Losses:
        """The losses, for the adapter's card and the report."""
        return Losses(
            train=self.train_loss,
            valid_before=self.val_loss_before,
            valid=self.val_loss,
            best_step=self.best_step,
            steps=self.steps,
            history=self.history,
        )


class StopTrainingError(Exception):
    """Ends mlx-lm's loop from within its callback."""


@dataclass
class TrainingMonitor(TrainingCallback):
    """Hears of every report of the loop; keeps good weights and knows when to stop."""

    model: Any
    optimizer: Optimizer
    plan: Plan
    on_step: Callable[[TrainingStep], None]
    checkpoints: Checkpoints
    key: str = ""
    resumed_at: int | None = None
    earlier_tokens: int = 0
    """Of the part of the run before it was cut off."""
    step: int = 0
    best: tuple[int, float, Any] | None = None
    """Step, validation loss and weights of the newest ones that are about as good as any."""
    lowest: float = math.inf
    first: float | None = None
    worse: int = 0
    tokens: int = 0
    rate: float = 0.0
    train_loss: float | None = None
    history: list[LossPoint] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    @property
    def start(self) -> int:
        """Steps that an earlier run has done."""
        return self.resumed_at or 0

    def on_train_loss_report(self, train_info: dict[str, Any]) -> None:
        """A report of the loop after some steps."""
        self.step = self.start + int(train_info["iteration"])
        self.train_loss = float(train_info["train_loss"])
        self.tokens = self.earlier_tokens + int(train_info["trained_tokens"])
        self.rate = float(train_info["tokens_per_second"])
        if self.train_loss != self.train_loss:
            raise TrainingError(
                "The training broke down (its loss is no number): lower the learning rate."
            )
        self.history.append(LossPoint(self.step, self.train_loss, None))
        self._tell(self.train_loss, None)

    def validated(self, step: int, value: float) -> None:
        """Takes note of a validation of the present weights."""
        self.history.append(LossPoint(step, None, value))
        if self.first is None:
            self.first = value
        self.lowest = min(self.lowest, value)
        if value <= self.lowest + max(LOST * (self.first - self.lowest), SLIGHT):
            # Arrays are never changed in place: to hold them is to keep them.
            self.best = (step, value, tree_map(lambda x: x, self.model.trainable_parameters()))
            self.worse = 0
        else:
            self.worse += 1
        self._tell(None, value)
        if self.worse >= self.plan.patience and step < self.plan.iters:
            raise StopTrainingError

    def keep(self, done: int) -> None:
        """Leaves a checkpoint after so many steps, if it is time for one."""
        if done in (0, self.resumed_at) or not self.checkpoints.due():
            return
        random: Any = mx.random.state
        story = {
            "best": self.best[:2] if self.best else None,
            "lowest": self.lowest,
            "first": self.first,
            "worse": self.worse,
            "tokens": self.tokens,
            "train_loss": self.train_loss,
            "history": self.history,
            "seconds": time.monotonic() - self.started,
        }
        saved = Checkpoint(
            step=done,
            weights=self.model.trainable_parameters(),
            optimizer=self.optimizer.state,
            random=random[0],
            best=self.best[2] if self.best else None,
            story=story,
        )
        self.checkpoints.write(self.key, saved)

    def go_on_from(self, saved: Checkpoint) -> None:
        """Takes over the state of a run that was cut off, its weights and optimiser included."""
        restore(saved, self.model, self.optimizer)
        story = saved.story
        self.step = self.resumed_at = saved.step
        self.first, self.worse = story["first"], story["worse"]
        self.tokens = self.earlier_tokens = story["tokens"]
        self.train_loss = story["train_loss"]
        self.history = [LossPoint(*point) for point in story["history"]]
        self.started -= story["seconds"]
        if story["best"]:
            step, value = story["best"]
            self.best, self.lowest = (step, value, saved.best), story.get("lowest", value)
        _log.info("goes on from step %d of a run that was cut off", saved.step)
        self._tell(None, None)

    def result(self) -> TrainingResult:
        """The result of the training; puts the kept weights back into the model."""
        best_step = self.step
        if self.best is not None:
            best_step, _, weights = self.best
            self.model.update(weights)
            mx.eval(self.model.parameters())
        self.model.eval()
        seconds = time.monotonic() - self.started
        return TrainingResult(
            steps=self.step,
            best_step=best_step,
            train_loss=self.train_loss,
            val_loss_before=self.first,
            val_loss=self.best[1] if self.best else None,
            seconds=seconds,
            tokens_per_second=self.tokens / seconds,
            history=tuple(self.history),
            resumed_at=self.resumed_at,
        )

    def _tell(self, loss: float | None, val_loss: float | None) -> None:
        elapsed = time.monotonic() - self.started
        left = elapsed / self.step * (self.plan.iters - self.step) if self.step else None
        self.on_step(
            TrainingStep(
                step=self.step,
                steps=self.plan.iters,
                loss=loss,
                val_loss=val_loss,
                tokens_per_second=self.rate or None,
                peak_memory_gb=trainer.hardware.device.peak_memory_gb(),
                seconds_left=left,
            )
        )
