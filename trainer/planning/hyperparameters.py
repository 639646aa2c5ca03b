"""Chooses the hyperparameters of a run from the size of its set. It needs no mlx.

The figures come from measurements with the starter model (docs/log.md).
"""

import math
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeVar

from trainer.planning.settings import TrainingSettings

T = TypeVar("T")

FINAL_RATE = 0.0
"""The learning rate at the end, as a share of the highest: to fall to nothing forgets least."""
LEAST_STEPS = 40
"""Three facts are not learned in 20 steps."""
STARTER_WIDTH = 576
STARTER_RATE = 7e-4
"""The learning rate for the starter model at rank 16 and scale 10, in batches of four: measured."""
SMALL_BATCH = 4
"""The batch size of small sets; larger sets have larger batches: see `batch_size`."""
EXPOSURES, LEAST_EXPOSURES = 22, 12
"""How often each lesson is seen, and in sets beyond `EXPOSED` at least. With 14 instead of 22,
53 of 150 lessons were not mastered in batches of 16 (docs/log.md)."""
EXPOSED = 2000
"""Up to so many lessons each is seen `EXPOSURES` times."""
MOST_VALIDATIONS = 10
"""Of a run, unless settings say otherwise: every half epoch they took a tenth of its time."""
MOST_ROUNDS = 12
"""Rounds after the first one, in which what is not mastered is revised."""
NOTES = 2
"""Rows of every lesson that have notes before the question, for a capable model: about one in ten.
A smaller one reads notes badly, and pays for such rows: with two of them 32 instead of 37 of 48
other words were answered, and 22 instead of 27 general questions (docs/log.md)."""
NOTES_SHOWN = 3
"""The number of notes in such a row."""
REVISIONS = 8
"""How often a round of revision shows what is not mastered."""
REVISION_RATE = 0.7
"""Learning rate of a round of revision, as a share of the first round's."""
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
    notes: int = 0
    """Rows of every lesson in which notes stand before the question."""
    rounds: int = 0
    """The most rounds of revision after the first round."""
    preferences: str = "off"
    """`auto` trains pairs after the lessons where that helps, `kto` thumbs too: see
    `preference_stage`."""

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
    batch = min(_or(settings.batch_size, batch_size(lessons)), rows)
    if settings.epochs is not None:
        steps = math.ceil(settings.epochs * rows / batch)
    else:
        steps = max(LEAST_STEPS, math.ceil(exposures(lessons) * rows / batch))
    iters = _or(settings.iters, steps)
    # Every half epoch, or seldomer where that is too often or no whole number of steps.
    halves = min(max(1, round(2 * iters * batch / rows)), MOST_VALIDATIONS)
    validations = min(_or(settings.validations, halves), iters)
    return Plan(
        iters=iters,
        batch_size=batch,
        learning_rate=_or(settings.learning_rate, learning_rate(width, batch)),
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
        notes=_or(settings.notes, NOTES if width >= CAPABLE_WIDTH else 0),
        # Whoever sets the number of steps wants that many.
        rounds=_or(settings.rounds, 0 if settings.iters else MOST_ROUNDS),
        preferences=_or(settings.preferences, "off"),
    )


def revision_plan(first: Plan, rows: int, batch: int, share: float = REVISION_RATE) -> Plan:
    """Returns the plan of a round of revision: few steps at a lower rate, and no validation.

    Args:
        first: the plan of the first round.
        rows: how many rows an epoch of the round has.
        batch: the rows of a batch.
        share: the learning rate for a batch of this size is multiplied by it.
    """
    iters = math.ceil(REVISIONS * rows / batch)
    rate = first.learning_rate * batch_factor(batch) / batch_factor(first.batch_size)
    return replace(
        first,
        iters=iters,
        batch_size=batch,
        learning_rate=rate * share,
        warmup=max(1, round(0.1 * iters)),
        validations=1,
        rounds=0,
    )


def exposures(lessons: int) -> float:
    """How often each lesson is seen in the first round, in any of its wordings.

    That is the same for all sizes that were measured; beyond them it falls with the square root.
    """
    return max(LEAST_EXPOSURES, EXPOSURES * math.sqrt(min(1.0, EXPOSED / max(lessons, 1))))


def batch_size(lessons: int) -> int:
    """The rows of a batch: small sets want small batches, 150 lessons are learned in 16 as well.

    Then a third of the time is enough, and more is kept of what the base knew. Of 100 facts that
    overlap, 96 were mastered in batches of 8, and 88 in batches of 16 (docs/log.md).
    """
    return SMALL_BATCH if lessons < 60 else 8 if lessons < 150 else 16  # noqa: PLR2004  measured


def batch_factor(batch: int) -> float:
    """What a learning rate for batches of four is multiplied by for larger ones: fourth root.

    That gives the 8e-4 and 1e-3 that were measured with batches of 8 and 16. The square root, which
    is usual for Adam, would give 1.4e-3 at 16.
    """
    return float((max(batch, SMALL_BATCH) / SMALL_BATCH) ** 0.25)


def replay_share(lessons: int) -> float:
    """How much of what is trained are the base model's own answers: more in sets below 17."""
    needed = LEAST_REPLAYED / (LEAST_REPLAYED + exposures(lessons) * lessons)
    return min(max(REPLAY, needed), MOST_REPLAY)


def replayed(lessons: int, share: float) -> int:
    """Answers of the base beside so many lessons, to be at least a share (below 1) of all."""
    return math.ceil(round(lessons * share / (1 - share), 9))


def learning_rate(width: int, batch: int = SMALL_BATCH) -> float:
    """The highest rate for a model: smaller for wider ones, larger for larger batches.

    It is never above the starter model's, the only one that was measured. For others it falls with
    the inverse width, as tensor programs V (Yang et al. 2022, arXiv 2203.03466) gives it for Adam
    on hidden layers. For low-rank layers that is a guess, which the exam checks every night and
    `sweep` can better.
    """
    return STARTER_RATE * batch_factor(batch) * min(1.0, STARTER_WIDTH / max(width, 1))


def _between(iters: int, validations: int) -> int:
    return math.ceil(iters / validations)


def _or(value: T | None, automatic: T) -> T:
    return automatic if value is None else value
