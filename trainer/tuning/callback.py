"""The callback of the training loop: it reports progress, keeps good weights and stops early."""

import logging
import math
import time
from collections.abc import Callable, Sequence
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

TOLERATED_SHARE, TOLERATED_LOSS = 0.1, 0.05
"""How much higher than its lowest point the validation loss of newer weights may be for them to
replace older ones: a share of its fall so far, or this many nats a token, whichever is more. A few
rows are a noisy measure: chosen by the lowest point alone, a run now and then kept weights of its
first third, which knew less of everything (docs/log.md)."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainingStep:
    """Progress of a training after some steps."""

    step: int
    steps: int
    loss: float | None
    """Mean cross-entropy of the answers since the last report, in nats a token; None where this
    reports a validation, or that a run goes on."""
    val_loss: float | None
    """Validation loss, in nats a token; None where this reports training, or that a run goes on."""
    tokens_per_second: float | None
    """Answer tokens a second; the tokens of questions are not counted."""
    peak_memory_gb: float
    seconds_left: float | None


@dataclass(frozen=True)
class TrainingResult:
    """Losses and pace of a finished training; all losses are in nats a token."""

    steps: int
    """Steps that were done, maybe fewer than planned."""
    best_step: int
    """The step whose weights were kept: see `TOLERATED_SHARE`."""
    train_loss: float | None
    """The last reported training loss."""
    val_loss_before: float | None
    """The validation loss before the first step."""
    val_loss: float | None
    """The validation loss of the kept weights."""
    seconds: float
    tokens_per_second: float
    """Answer tokens a second, over the whole training."""
    history: tuple[LossPoint, ...]
    """All losses in the order in which they were computed."""
    resumed_at: int | None = None
    """The step from which an interrupted run was resumed; None if it was not."""
    out_of_time: bool = False
    """Whether it ended before its last step because its time was up."""

    def losses(self) -> Losses:
        """Returns the losses for the adapter's card and the report."""
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


@dataclass(frozen=True)
class Supervision:
    """What a training asks beside its losses. All processes of a group must hear the same."""

    known: Callable[[], Sequence[bool]] | None = None
    """Says for each lesson whether the present weights have mastered it; None where nobody looks.

    Validation rows are few: while lessons are not mastered, a validation loss that rises is no
    reason to stop, and of two sets of weights the one that has mastered more is kept."""
    time_is_up: Callable[[], bool] = lambda: False
    """Asked before every step."""


@dataclass
class TrainingMonitor(TrainingCallback):
    """Follows the training loop: reports steps, keeps good weights, and stops early."""

    model: Any
    optimizer: Optimizer
    plan: Plan
    on_step: Callable[[TrainingStep], None]
    checkpoints: Checkpoints
    supervision: Supervision = field(default_factory=Supervision)
    key: str = ""
    resumed_at: int | None = None
    earlier_tokens: int = 0
    """Answer tokens of the part of the run before it was interrupted."""
    step: int = 0
    best: tuple[int, float, Any] | None = None
    """Step, validation loss and weights of the newest ones that are about as good as any."""
    lowest: float = math.inf
    first: float | None = None
    worse: int = 0
    out_of_time: bool = False
    tokens: int = 0
    rate: float = 0.0
    train_loss: float | None = None
    history: list[LossPoint] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    @property
    def start(self) -> int:
        """Number of steps that an interrupted run has done."""
        return self.resumed_at or 0

    def on_train_loss_report(self, train_info: dict[str, Any]) -> None:
        """Notes a report of mlx-lm's loop after some steps.

        Raises:
            TrainingError: the loss is not a number.
        """
        self.step = self.start + int(train_info["iteration"])
        self.train_loss = float(train_info["train_loss"])
        self.tokens = self.earlier_tokens + int(train_info["trained_tokens"])
        self.rate = float(train_info["tokens_per_second"])
        if self.train_loss != self.train_loss:
            raise TrainingError(
                "The training broke down (its loss is no number): lower the learning rate."
            )
        self.history.append(LossPoint(self.step, self.train_loss, None))
        self._report_step(self.train_loss, None)

    def validated(self, step: int, value: float) -> None:
        """Notes a validation of the present weights, and keeps them if they are about the best.

        Args:
            step: the number of steps done.
            value: the validation loss, in nats a token.

        Raises:
            StopTrainingError: there was no improvement for `plan.patience` validations, and every
                lesson is mastered.
        """
        self.history.append(LossPoint(step, None, value))
        if self.first is None:
            self.first = value
        self.lowest = min(self.lowest, value)
        if value <= self.lowest + max(TOLERATED_SHARE * (self.first - self.lowest), TOLERATED_LOSS):
            # mlx arrays are immutable: a tree of references is a copy of the weights.
            self.best = (step, value, tree_map(lambda x: x, self.model.trainable_parameters()))
            self.worse = 0
        else:
            self.worse += 1
        self._report_step(None, value)
        if self.worse >= self.plan.patience and step < self.plan.iters:
            if self.supervision.known is not None and not all(self.supervision.known()):
                self.worse = 0
                return
            raise StopTrainingError

    def save_checkpoint(self, done: int) -> None:
        """Writes a checkpoint after so many steps, if one is due."""
        if done in (0, self.resumed_at) or not self.checkpoints.due():
            return
        random: Any = mx.random.state
        state = {
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
            state=state,
        )
        self.checkpoints.write(self.key, saved)

    def resume_from(self, saved: Checkpoint) -> None:
        """Restores the state of an interrupted run, its weights and optimiser included."""
        restore(saved, self.model, self.optimizer)
        state = saved.state
        self.step = self.resumed_at = saved.step
        self.first, self.worse = state["first"], state["worse"]
        self.tokens = self.earlier_tokens = state["tokens"]
        self.train_loss = state["train_loss"]
        self.history = [LossPoint(*point) for point in state["history"]]
        self.started -= state["seconds"]
        if state["best"]:
            step, value = state["best"]
            self.best, self.lowest = (step, value, saved.best), state.get("lowest", value)
        _log.info("goes on from step %d of a run that was cut off", saved.step)
        self._report_step(None, None)

    def result(self) -> TrainingResult:
        """Puts the kept weights back into the model and returns the result of the training."""
        kept = self.best
        if kept is not None:
            last = (self.step, self._last_valid(kept[1]), self.model.trainable_parameters())
            self._put(kept[2])
            if kept[0] != self.step and self._knows_more(last[2], kept[2]):
                kept = last
                self._put(kept[2])
        self.model.eval()
        seconds = time.monotonic() - self.started
        return TrainingResult(
            steps=self.step,
            best_step=kept[0] if kept else self.step,
            train_loss=self.train_loss,
            val_loss_before=self.first,
            val_loss=kept[1] if kept else None,
            seconds=seconds,
            tokens_per_second=self.tokens / seconds,
            history=tuple(self.history),
            resumed_at=self.resumed_at,
            out_of_time=self.out_of_time,
        )

    def _put(self, weights: Any) -> None:
        self.model.update(weights)
        mx.eval(self.model.parameters())

    def _knows_more(self, last: Any, kept: Any) -> bool:
        """Returns whether the last weights have mastered more lessons; the kept ones stay in."""
        if self.supervision.known is None:
            return False
        before = sum(self.supervision.known())
        self._put(last)
        after = sum(self.supervision.known())
        self._put(kept)
        return after > before

    def _last_valid(self, default: float) -> float:
        return next((p.valid for p in reversed(self.history) if p.valid is not None), default)

    def _report_step(self, loss: float | None, val_loss: float | None) -> None:
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
