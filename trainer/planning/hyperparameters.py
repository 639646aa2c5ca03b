"""Chooses the hyperparameters of a run from the size of its set. It needs no mlx.

The figures come from measurements with the starter model (docs/log.md).
"""

import math
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from trainer.planning.settings import TrainingSettings

T = TypeVar("T")

FINAL_RATE = 0.0
"""The learning rate at the end, as a share of the highest: to fall to nothing forgets least."""
LEAST_STEPS = 40
"""Three facts are not learned in 20 steps."""
STARTER_WIDTH = 576
STARTER_RATE = 7e-4
"""The learning rate for the starter model at rank 16 and scale 10: measured."""
REPLAY, MOST_REPLAY = 0.15, 0.4
"""Share of the base model's own answers, and in small sets at most."""
LEAST_REPLAYED = 64
"""How many of them a run of automatic length aims at, as far as `MOST_REPLAY` allows."""
CAPABLE_WIDTH = 1024
"""From here on (about 600 million parameters) a model is asked to rewrite questions itself."""
LEAST_PATIENCE = 4
"""Validations in a row that may be clearly worse than the lowest, at least; else half of all."""


@dataclass(frozen=True)
class Plan:
    """The hyperparameters of a run, all of them decided."""

    iters: int
    batch_size: int
    learning_rate: float
    warmup: int
    """Steps over which the learning rate rises."""
    weight_decay: float
    rank: int
    scale: float
    dropout: float
    layers: int
    """The number of blocks from the top that learn; -1 is all."""
    max_seq_length: int
    seed: int
    replay: float
    variants: int
    rewordings: int
    paraphrases: int
    """Wordings that the base model writes itself."""
    talks: int
    """Talks in which a lesson follows another one."""
    validations: int
    patience: int
    grad_checkpoint: bool
    preferences: str = "off"
    """`auto` trains pairs after the lessons where that helps: see `preference_stage`."""

    def as_dict(self) -> dict[str, Any]:
        """Returns the plan as a dictionary for cards and reports."""
        return asdict(self)

    @property
    def steps_per_eval(self) -> int:
        """Steps between two validations."""
        return _between(self.iters, self.validations)


def plan(settings: TrainingSettings, lessons: int, width: int = STARTER_WIDTH) -> Plan:
    """Decides what the settings leave open.

    Args:
        settings: what somebody asked for.
        lessons: how many rows were taught.
        width: of the model's hidden states.
    """
    replay = _or(settings.replay, replay_share(lessons))
    rows = lessons + replayed(lessons, replay)
    batch = min(_or(settings.batch_size, 4), rows)
    if settings.epochs is not None:
        steps = math.ceil(settings.epochs * rows / batch)
    else:
        steps = max(LEAST_STEPS, math.ceil(exposures(lessons) * rows / batch))
    iters = _or(settings.iters, steps)
    # Every half epoch, or seldomer where that is no whole number of steps.
    halves = max(1, round(2 * iters * batch / rows))
    validations = min(_or(settings.validations, halves), iters)
    return Plan(
        iters=iters,
        batch_size=batch,
        learning_rate=_or(settings.learning_rate, learning_rate(width)),
        warmup=round(_or(settings.warmup, 0.1) * iters),
        weight_decay=_or(settings.weight_decay, 0.0),
        rank=_or(settings.rank, 16),
        scale=_or(settings.scale, 10.0),
        dropout=_or(settings.dropout, 0.0),
        layers=_or(settings.layers, -1),
        max_seq_length=_or(settings.max_seq_length, 2048),
        seed=_or(settings.seed, 0),
        replay=replay,
        variants=_or(settings.variants, 4),
        rewordings=_or(settings.rewordings, 48),
        paraphrases=_or(settings.paraphrases, 4 if width >= CAPABLE_WIDTH else 0),
        talks=_or(settings.talks, 3),
        validations=validations,
        patience=_or(
            settings.patience, max(LEAST_PATIENCE, iters // _between(iters, validations) // 2)
        ),
        grad_checkpoint=_or(settings.grad_checkpoint, False),
        preferences=_or(settings.preferences, "off"),
    )


def exposures(lessons: int) -> float:
    """How often each lesson is seen: 22 times in small sets, 4 times in one of 500."""
    return max(1.5, 22 * math.pow(min(1.0, 30 / max(lessons, 1)), 0.6))


def replay_share(lessons: int) -> float:
    """How much of what is trained are the base model's own answers: more in sets below 17."""
    needed = LEAST_REPLAYED / (LEAST_REPLAYED + exposures(lessons) * lessons)
    return min(max(REPLAY, needed), MOST_REPLAY)


def replayed(lessons: int, share: float) -> int:
    """Answers of the base beside so many lessons, to be at least a share (below 1) of all."""
    return math.ceil(round(lessons * share / (1 - share), 9))


def learning_rate(width: int) -> float:
    """The highest rate for a model: smaller for wider ones, and never above the starter model's.

    Only the starter model's was measured. For others it falls with the inverse width, as tensor
    programs V (Yang et al. 2022, arXiv 2203.03466) gives it for Adam on hidden layers. For low-rank
    layers that is a guess, which the exam checks every night and `sweep` can better.
    """
    return STARTER_RATE * min(1.0, STARTER_WIDTH / max(width, 1))


def _between(iters: int, validations: int) -> int:
    return math.ceil(iters / validations)


def _or(value: T | None, automatic: T) -> T:
    return automatic if value is None else value
