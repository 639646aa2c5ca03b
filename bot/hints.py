"""What may be the reason where an adapter did not become good, as a sentence each. Pure."""

from trainer.schedule import plan
from trainer.settings import TrainingSettings

FEW = 50
"""Fewer lessons than this are learned nearly word for word."""
_ENOUGH = 0.5
"""Share of the usual steps below which a run was too short."""


def why_poor(lessons: int, settings: TrainingSettings) -> list[str]:
    """What to change after a night whose adapter was not promoted.

    Args:
        lessons: that were trained.
        settings: that they were trained with.
    """
    found = []
    usual = plan(settings.model_copy(update={"iters": None, "epochs": None}), lessons).iters
    steps = plan(settings, lessons).iters
    if steps < _ENOUGH * usual:
        found.append(
            f"Only {steps} steps were trained, where {usual} are usual for so many lessons: leave "
            "training.iters and training.epochs unset."
        )
    if lessons < FEW:
        found.append(
            f"Fewer than {FEW} lessons ({lessons}) are learned nearly word for word: teach each "
            "question in the words in which people ask it, and the important ones in several."
        )
    return found
