"""Settings of a training run. Each is chosen automatically until somebody sets it.

The automatic values come from the size of the set and are chosen in
`trainer.planning.hyperparameters`.
"""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from trainer.errors import TrainingError

RECOMMENDED: dict[str, tuple[float, float]] = {
    "iters": (500, 2000),
    "batch_size": (2, 8),
    "learning_rate": (1e-5, 1e-4),
    "rank": (4, 16),
    "layers": (8, 32),
}
"""Ranges for sets of some hundred examples (both ends included); others are allowed."""


class TrainingSettings(BaseModel):
    """The knobs of a run; None leaves the choice to the recipe."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    iters: int | None = Field(default=None, ge=1)
    """Optimiser steps; wins over `epochs`."""
    epochs: float | None = Field(default=None, gt=0)
    """How often every lesson is seen, in any of its wordings."""
    batch_size: int | None = Field(default=None, ge=1)
    learning_rate: float | None = Field(default=None, gt=0)
    """The highest learning rate, reached after the warm-up."""
    warmup: float | None = Field(default=None, ge=0, le=1)
    """Share of the steps over which the learning rate rises."""
    weight_decay: float | None = Field(default=None, ge=0)
    rank: int | None = Field(default=None, ge=1)
    scale: float | None = Field(default=None, gt=0)
    """mlx-lm's factor on the low-rank product; it is not divided by the rank."""
    dropout: float | None = Field(default=None, ge=0, lt=1)
    layers: int | None = Field(default=None, ge=-1)
    """Blocks from the top that learn; -1 is all."""
    max_seq_length: int | None = Field(default=None, ge=16)
    """Tokens of a row; longer ones lose the end of their answer."""
    seed: int | None = Field(default=None, ge=0)
    replay: float | None = Field(default=None, ge=0, lt=1)
    """Share of every batch's rows that are the base model's own answers; 0 is none."""
    variants: int | None = Field(default=None, ge=0)
    """Plain variants of every prompt (case, punctuation, greeting, politeness); 0 is none."""
    rewordings: int | None = Field(default=None, ge=0)
    """Wordings of every question in other words (synonyms, other forms, cues); 0 is none."""
    paraphrases: int | None = Field(default=None, ge=0)
    """Wordings of every question that a capable base model writes itself; 0 is none."""
    talks: int | None = Field(default=None, ge=0)
    """Talks that are made of every lesson, in which it follows another one; 0 is none."""
    notes: int | None = Field(default=None, ge=0)
    """Rows of every lesson in which notes stand before the question: the nearest other lessons and
    mostly the lesson itself, as the bot gives them to the model; 0 is none."""
    rounds: int | None = Field(default=None, ge=0)
    """The most rounds of revision after the first round, for what is not mastered; 0 is none, and
    so it is where `iters` is set."""
    validations: int | None = Field(default=None, ge=1)
    """How often the validation loss is taken during a run."""
    patience: int | None = Field(default=None, ge=1)
    """Validations in a row that are clearly worse than the lowest before the run stops early."""
    grad_checkpoint: bool | None = None
    """Whether gradient checkpoints are used: less memory for about a third more time."""
    preferences: Literal["off", "auto", "kto"] | None = None
    """Whether opinions are trained after the lessons: with `auto` corrections and votes as pairs,
    with `kto` these and thumbs, an answer at a time. Either is kept only where the exam is no worse
    for it. Off without a word."""


def read_settings(file: Path | None) -> TrainingSettings:
    """Reads settings from a JSON file; without one everything is automatic.

    Raises:
        TrainingError: the file cannot be read, or a key is unknown or a value impossible.
    """
    if file is None:
        return TrainingSettings()
    try:
        return TrainingSettings.model_validate_json(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise TrainingError(f"The settings in {file} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"]) or "the file"
        raise TrainingError(f"Training setting {name}: {first['msg']}.") from error


def advice(settings: TrainingSettings) -> list[str]:
    """Says which values lie outside the recommended ranges; one sentence each."""
    sentences = []
    for name, (low, high) in RECOMMENDED.items():
        value = getattr(settings, name)
        everything = name == "layers" and value in (-1, 0)
        if value is not None and not everything and not low <= value <= high:
            sentences.append(f"{name} = {value:g} is outside the usual {low:g} to {high:g}.")
    return sentences
