"""The second stage of a run learns what people preferred, unless that costs what was learned.

After the lessons come the pairs (`trainer.tuning.dpo`). The new weights are kept only if they
prefer the better answer more often, in wordings that were not trained, and the same exam is no
worse.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx
from mlx.utils import tree_map

from trainer.evaluation.exam import AnswerSheet
from trainer.models.loading import LoadedModel
from trainer.pipeline.preference_pairs import Preference, pairs_of
from trainer.planning.hyperparameters import Plan
from trainer.planning.memory import out_of_memory
from trainer.results.losses import PreferenceScores
from trainer.tuning.dpo import DpoResult, course, prefer

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PreferenceResult:
    """What the second stage did; the model holds its weights only if they were kept."""

    notes: tuple[str, ...] = ()
    """For people, a sentence each."""
    scores: PreferenceScores | None = None
    """For the card; None where no pair was trained."""


def second_stage(
    loaded: LoadedModel,
    preferences: Sequence[Preference],
    system: str,
    plans: Plan,
    sit: Callable[[], AnswerSheet],
    on_step: Callable[[int, int, float], None] = lambda _step, _steps, _loss: None,
) -> PreferenceResult:
    """Learns preferences and takes that back where it does not help.

    Args:
        loaded: with low-rank layers from the first stage.
        preferences: oldest first.
        system: the system prompt that the bot answers under.
        plans: of the first stage; nothing happens unless its `preferences` are `auto`.
        sit: holds the exam with the weights that the model has now.
        on_step: called after each step with its number, how many there are, and its loss.
    """
    if plans.preferences != "auto" or not preferences:
        return PreferenceResult()
    if plans.batch_size == 1:
        # Maybe because more does not fit into memory; a pair is two rows.
        return PreferenceResult(("Preferences were not trained: that takes batches of two rows.",))
    pairs, checked = pairs_of(loaded.tokenizer, preferences, system, plans)
    if not pairs:
        return PreferenceResult(("Preferences were not trained: no pair is short enough.",))
    how = course(plans, len(pairs))
    model = loaded.model
    # Arrays are never changed in place: to hold them is to keep them.
    kept = tree_map(lambda array: array, model.trainable_parameters())
    try:
        done = prefer(model, pairs, checked, how, lambda step, loss: on_step(step, how.steps, loss))
    except (RuntimeError, MemoryError) as error:
        if not out_of_memory(error):
            raise
        _log.warning("no memory for preferences", exc_info=True)
        _put_back(model, kept)
        return PreferenceResult(("Preferences were not trained: memory was too short for them.",))
    reason = _against(done)
    if not reason:
        preferring = tree_map(lambda array: array, model.trainable_parameters())
        second = sit()
        _put_back(model, kept)
        reason = _worse(sit(), second)
        _put_back(model, preferring)
    scores = PreferenceScores(**asdict(done), kept=not reason)
    if reason:
        _put_back(model, kept)
        return PreferenceResult((reason,), scores)
    better = f"{done.after} of {done.checked} pairs, {done.before} before"
    note = f"Preferences were learned: the better answer is the likelier one in {better}."
    return PreferenceResult((note,), scores)


def _against(done: DpoResult) -> str:
    """Why the second stage is not worth an exam, as a sentence; empty if it is."""
    if done.before == done.checked:
        return f"Preferences needed no training: all {done.checked} pairs were right already."
    if done.after <= done.before:
        return (
            "Preferences were left out: the better answer is the likelier one in "
            f"{done.after} of {done.checked} pairs, {done.before} before."
        )
    return ""


def _worse(first: AnswerSheet, second: AnswerSheet) -> str:
    """What the exam found worse after the second stage, as a sentence; empty if nothing."""
    for name, before, after in _marks(first, second):
        if after < before:
            found = f"{after} instead of {before} {name} right"
            return f"Preferences were left out: the exam found {found} with them."
    return ""


def _marks(first: AnswerSheet, second: AnswerSheet) -> list[tuple[str, int, int]]:
    return [
        ("lessons", sum(first.taught), sum(second.taught)),
        ("lessons in other words", sum(first.reworded), sum(second.reworded)),
        ("held-out lessons", sum(first.held_out), sum(second.held_out)),
        ("general questions", sum(first.canaries), sum(second.canaries)),
    ]


def _put_back(model: Any, weights: Any) -> None:
    model.update(weights)
    mx.eval(model.parameters())
