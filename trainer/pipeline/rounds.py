"""A training in rounds: the planned one, then rounds of revision for what is not mastered.

After every round all lessons are looked at, not a sample. Rounds go on until everything is
mastered, until two in a row master nothing more, or until the time is up. The weights that have
mastered most are kept. Where several processes train together, the first one looks and decides.
"""

import logging
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx
from mlx.utils import tree_map

from trainer.augmentation.mixture import Curriculum
from trainer.augmentation.revision import Revision
from trainer.errors import TrainingError
from trainer.evaluation.mastery import mastered
from trainer.models.loading import LoadedModel
from trainer.models.tokenization import TokenRow
from trainer.planning.hyperparameters import REVISION_RATE, Plan, batch_size, revision_plan
from trainer.results.losses import LossPoint
from trainer.results.mastery import TIME_UP, Round, read_rounds
from trainer.results.progress import Progress
from trainer.tuning import lora
from trainer.tuning.callback import Supervision, TrainingResult, TrainingStep
from trainer.tuning.checkpoint import Checkpoint, Checkpoints, key_of
from trainer.tuning.distributed import ProcessGroup

NO_STEP = "The time was up before anything was trained: give the night more (night.hours)."
NO_ROUND = "One more round of revision takes longer than a night: give it more (night.hours)."
FRUITLESS = 2
"""Rounds in a row that master nothing more before the training ends."""
EXAM_SHARE = 0.1
"""Share of the time that is left for the exam."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TimeLimit:
    """How long the rounds of a run may take; the rest of its time is for the exam."""

    seconds: float | None = None
    """Of the whole run; None sets no limit."""
    started: float = 0.0
    """When the run began, by `time.monotonic`."""

    def left(self) -> float:
        """Returns the seconds that are left for training; infinity without a limit."""
        if self.seconds is None:
            return math.inf
        return self.seconds * (1 - EXAM_SHARE) - (time.monotonic() - self.started)


@dataclass(frozen=True)
class Learned:
    """The result of all rounds; the weights that were kept are in the model."""

    training: TrainingResult
    """All rounds as one training."""
    known: tuple[bool, ...]
    """For each lesson whether the kept weights have mastered it."""
    rounds: tuple[Round, ...]

    def notes(self) -> list[str]:
        """Returns sentences for people about revision, and about time that was up."""
        notes = []
        first, *later = self.rounds
        if later:
            rounds = "one round" if len(later) == 1 else f"{len(later)} rounds"
            notes.append(
                f"What was not mastered was revised in {rounds}: {first.mastered} of "
                f"{first.lessons} lessons were mastered before, {sum(self.known)} after."
            )
        if self.training.out_of_time and not all(self.known):
            moved = self.training.steps > (self.training.resumed_at or 0)
            # Where not even one more round fits, another night would end the same.
            stuck = NO_ROUND if self.training.steps else NO_STEP
            notes.append(TIME_UP if moved else stuck)
        return notes


def learn(
    group: ProcessGroup,
    loaded: LoadedModel,
    curriculum: Curriculum,
    valid: Sequence[TokenRow],
    plan: Plan,
    checkpoints: Checkpoints,
    limit: TimeLimit,
    report: Callable[[Progress], None],
) -> Learned:
    """Trains the low-rank layers in rounds, and leaves the best weights in the model.

    Args:
        group: the processes that train together.
        loaded: the model, with layers from `lora.add_lora`.
        curriculum: the rows of the first round, of which the later ones take theirs.
        valid: the validation rows of the first round.
        plan: of the first round, with the most rounds of revision.
        checkpoints: of this process; a run that was cut off goes on from its last step in the first
            round, or from the end of its last round.
        limit: the time for all rounds.
        report: called with the progress of the steps, and with every count of mastered lessons.

    Raises:
        TrainingError: there is nothing to train, or the loss is no number in the first round.
    """
    rounds = _Rounds(group, loaded, curriculum, plan, limit, report)
    key = key_of(curriculum, valid, plan, checkpoints.salt)
    saved = checkpoints.read(key)
    if saved is not None and "rounds" in saved.state:
        rounds.resume(saved)
    else:
        rounds.first(valid, checkpoints)
    while rounds.go_on():
        checkpoints.write(key, rounds.checkpoint())
        rounds.revise()
    learned = rounds.finish()
    if len(learned.rounds) > 1:
        checkpoints.write(key, rounds.checkpoint())
    return learned


def look_again(loaded: LoadedModel, curriculum: Curriculum, learned: Learned) -> Learned:
    """Returns the result with what the present weights know, where they were trained further."""
    return replace(learned, known=tuple(_known(loaded, curriculum)))


def _known(loaded: LoadedModel, curriculum: Curriculum) -> list[bool]:
    """Returns for each lesson whether the present weights have mastered it."""
    rows = [wordings[0] for wordings in curriculum.lessons]
    training = loaded.model.training
    loaded.model.eval()
    right = mastered(loaded.model, rows)
    loaded.model.train(training)
    return [one and whole for one, whole in zip(right, _whole(loaded, curriculum), strict=True)]


def _whole(loaded: LoadedModel, curriculum: Curriculum) -> list[bool]:
    """Returns for each lesson whether it was not cut: half an answer is never mastered."""
    ends = set(loaded.tokenizer.eos_token_ids)
    return [wordings[0].tokens[-1] in ends for wordings in curriculum.lessons]


class _Rounds:
    """The state of a training between two rounds."""

    def __init__(
        self,
        group: ProcessGroup,
        loaded: LoadedModel,
        curriculum: Curriculum,
        plan: Plan,
        limit: TimeLimit,
        report: Callable[[Progress], None],
    ) -> None:
        self._group = group
        self._loaded = loaded
        self._model = loaded.model
        self._curriculum = curriculum
        self._plan = plan
        self._limit = limit
        self._report = report
        self._whole = _whole(loaded, curriculum)
        self._done: list[Round] = []
        self._training: TrainingResult | None = None
        self._known: list[bool] = []
        """Of the present weights."""
        self._best: tuple[list[bool], Any] = ([], None)
        """What the best weights know, and the weights."""
        self._fruitless = 0
        self._rate = REVISION_RATE
        self._out_of_time = False

    def first(self, valid: Sequence[TokenRow], checkpoints: Checkpoints) -> None:
        """Trains the round that was planned."""
        self._training = lora.train(
            self._model,
            self._curriculum,
            valid,
            self._plan,
            self._on_step,
            checkpoints,
            self._group,
            Supervision(self._look_at_whole, self._time_is_up),
        )
        self._out_of_time = self._training.out_of_time
        self._known = self._look()
        self._best = (self._known, self._weights())
        self._note(len(self._known), self._training)

    def go_on(self) -> bool:
        """Returns whether another round is wanted and fits into the time."""
        if self._fruitless >= FRUITLESS or len(self._done) > self._plan.rounds:
            return False
        if self._out_of_time or not self._missing():
            return False
        training = self._training_so_far()
        source, plan = self._next()
        rows = training.steps * self._plan.batch_size
        needed = training.seconds / max(rows, 1) * plan.iters * plan.batch_size
        self._out_of_time = self._group.share(lambda: needed > self._limit.left())
        return not self._out_of_time and len(source) > 0

    def revise(self) -> None:
        """Trains a round for what is not mastered, and undoes it where less is mastered then."""
        source, plan = self._next()
        training = self._training_so_far()
        clock = Supervision(time_is_up=self._time_is_up)
        mx.random.seed(plan.seed)  # dropout is the same in a run that goes on here
        try:
            done = lora.train(
                self._model, source, [], plan, self._on_step, None, self._group, clock
            )
        except TrainingError:
            _log.warning("a round of revision broke down", exc_info=True)
            self._put(self._best[1])
            self._fruitless = FRUITLESS
            return
        self._known = self._look()
        gained = sum(self._known) - sum(self._best[0])
        self._note(len(source.missing), done, undone=gained < 0)
        self._training = _joined(training, done)
        if gained > 0:
            self._best, self._fruitless = (self._known, self._weights()), 0
            self._training = replace(self._training, best_step=self._training.steps)
        elif not done.out_of_time:  # a round that was cut says nothing of the next
            self._fruitless += 1
        if gained < 0:
            self._known = self._best[0]
            self._put(self._best[1])
            if not done.out_of_time:
                self._rate *= REVISION_RATE

    def finish(self) -> Learned:
        """Puts the best weights into the model and returns the result of all rounds."""
        self._known, weights = self._best
        self._put(weights)
        training = replace(self._training_so_far(), out_of_time=self._out_of_time)
        return Learned(training, tuple(self._known), tuple(self._done))

    def checkpoint(self) -> Checkpoint:
        """Returns the state between two rounds."""
        training = self._training_so_far()
        random: Any = mx.random.state
        return Checkpoint(
            step=training.steps,
            weights=self._weights(),
            optimizer={},
            random=random[0],
            best=self._best[1],
            state={
                "rounds": [asdict(one) for one in self._done],
                "training": asdict(training),
                "known": [self._known, self._best[0]],
                "fruitless": self._fruitless,
                "rate": self._rate,
            },
        )

    def resume(self, saved: Checkpoint) -> None:
        """Restores the state between two rounds."""
        state = saved.state
        self._done = read_rounds(state["rounds"])
        history = tuple(LossPoint(*point) for point in state["training"]["history"])
        values = state["training"] | {"history": history, "resumed_at": saved.step}
        self._training = TrainingResult(**values | {"out_of_time": False})
        self._known, best = state["known"]
        self._best = (best, saved.best)
        self._fruitless, self._rate = state["fruitless"], state["rate"]
        self._put(saved.weights)
        self._model.eval()
        _log.info("goes on after round %d of a run that was cut off", len(self._done))
        self._report(Progress("train", step=saved.step, steps=saved.step))

    def _next(self) -> tuple[Revision, Plan]:
        """Returns the rows and the plan of the next round."""
        known = [place for place, right in enumerate(self._known) if right]
        source = Revision(self._curriculum, self._missing(), known, len(self._done))
        batch = min(batch_size(len(source)), self._plan.batch_size, max(len(source), 1))
        batch = self._group.whole_batch(batch)
        plan = revision_plan(self._plan, len(source), batch, self._rate)
        return source, replace(plan, seed=self._plan.seed + len(self._done))

    def _missing(self) -> list[int]:
        """Returns the indexes of the lessons that revision may still teach."""
        return [
            place
            for place, (right, whole) in enumerate(zip(self._known, self._whole, strict=True))
            if whole and not right
        ]

    def _look(self) -> list[bool]:
        """Returns for each lesson whether the present weights have mastered it."""
        known: list[bool] = self._group.share(lambda: _known(self._loaded, self._curriculum))
        self._report(Progress("master", step=sum(known), steps=len(known)))
        return known

    def _look_at_whole(self) -> list[bool]:
        """Returns the same without the lessons that were cut, which nothing can teach."""
        return [right for right, whole in zip(self._look(), self._whole, strict=True) if whole]

    def _time_is_up(self) -> bool:
        return bool(self._group.share(lambda: self._limit.left() <= 0))

    def _on_step(self, step: TrainingStep) -> None:
        """Reports a step, counted from the beginning of the first round."""
        before = self._training.steps if self._training else 0
        moved = replace(step, step=step.step + before, steps=step.steps + before)
        self._report(Progress("train", **asdict(moved)))

    def _note(self, lessons: int, done: TrainingResult, *, undone: bool = False) -> None:
        seconds = round(done.seconds, 2)
        self._done.append(Round(lessons, done.steps, sum(self._known), seconds, undone))

    def _training_so_far(self) -> TrainingResult:
        if self._training is None:
            raise TypeError("the first round was not trained")
        return self._training

    def _weights(self) -> Any:
        # mlx arrays are immutable: a tree of references is a copy of the weights.
        return tree_map(lambda array: array, self._model.trainable_parameters())

    def _put(self, weights: Any) -> None:
        self._model.update(weights)
        mx.eval(self._model.parameters())


def _joined(first: TrainingResult, later: TrainingResult) -> TrainingResult:
    """Returns two trainings as one, the second counted from the end of the first."""
    moved = (LossPoint(p.step + first.steps, p.train, p.valid) for p in later.history)
    seconds = first.seconds + later.seconds
    tokens = first.tokens_per_second * first.seconds + later.tokens_per_second * later.seconds
    return replace(
        first,
        steps=first.steps + later.steps,
        train_loss=later.train_loss if later.train_loss is not None else first.train_loss,
        seconds=seconds,
        tokens_per_second=tokens / seconds if seconds else 0.0,
        history=(*first.history, *moved),
    )
