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
from trainer.tuning.dpo import DpoResult, Pair, plan_dpo, train_dpo

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PreferenceResult:
    """Result of the second stage, whose weights are in the model only if they were kept."""

    notes: tuple[str, ...] = ()
    """Sentences for people that say what was done and why."""
    scores: PreferenceScores | None = None
    """Pairs ranked correctly and steps, for the card; None where no pair was trained."""


def second_stage(
    loaded: LoadedModel,
    preferences: Sequence[Preference],
    system: str,
    plan: Plan,
    run_exam: Callable[[], AnswerSheet],
    on_step: Callable[[int, int, float], None] = lambda _step, _steps, _loss: None,
    mastered: Callable[[], int] = lambda: 0,
) -> PreferenceResult:
    """Trains preference pairs and restores the earlier weights where that does not help.

    Args:
        loaded: the model with low-rank layers from the first stage; its weights are changed.
        preferences: oldest first.
        system: the system prompt that the bot answers under.
        plan: the plan of the first stage; nothing happens unless its `preferences` are `auto`.
        run_exam: examines the model with the weights that it has when called.
        on_step: called after each step with its number, the number of steps and its loss (nats).
        mastered: counts the lessons that the model has mastered with those weights.

    Returns:
        Notes for people, and the scores for the card.

    Raises:
        RuntimeError: mlx failed for another reason than too little memory.
    """
    if plan.preferences != "auto" or not preferences:
        return PreferenceResult()
    if plan.batch_size == 1:
        # Maybe because more does not fit into memory; a pair is two rows.
        return PreferenceResult(("Preferences were not trained: that takes batches of two rows.",))
    pairs, checked = pairs_of(loaded.tokenizer, preferences, system, plan)
    if not pairs:
        return PreferenceResult(("Preferences were not trained: no pair is short enough.",))
    too_long = _too_long(loaded.tokenizer, len(preferences), pairs, plan.max_seq_length)
    dpo_plan = plan_dpo(plan, len(pairs))
    model = loaded.model
    # mlx arrays are immutable: a tree of references is a copy of the weights.
    kept = tree_map(lambda array: array, model.trainable_parameters())
    try:
        done = train_dpo(
            model, pairs, checked, dpo_plan, lambda step, loss: on_step(step, dpo_plan.steps, loss)
        )
    except (RuntimeError, MemoryError) as error:
        if not out_of_memory(error):
            raise
        _log.warning("no memory for preferences", exc_info=True)
        _restore_weights(model, kept)
        return PreferenceResult(("Preferences were not trained: memory was too short for them.",))
    reason = _reason_against(done)
    if not reason:
        preferring = tree_map(lambda array: array, model.trainable_parameters())
        second, known = run_exam(), mastered()
        _restore_weights(model, kept)
        reason = _worse(run_exam(), second) or _less_mastered(mastered(), known)
        _restore_weights(model, preferring)
    scores = PreferenceScores(**asdict(done), kept=not reason)
    if reason:
        _restore_weights(model, kept)
        return PreferenceResult((reason, *too_long), scores)
    better = f"{done.after} of {done.checked} pairs, {done.before} before"
    note = f"Preferences were learned: the better answer is the likelier one in {better}."
    return PreferenceResult((note, *too_long), scores)


def _too_long(
    tokenizer: Any, given: int, pairs: Sequence[Sequence[Pair]], limit: int
) -> tuple[str, ...]:
    """Says how many preferences are longer than is trained: cut, or left out altogether.

    Args:
        tokenizer: the model's, which ends each whole answer with one of its end tokens.
        given: how many preferences there were.
        pairs: of those that are trained, in each wording.
        limit: tokens of a row that are trained.
    """
    ends = set(tokenizer.eos_token_ids)
    cut = sum(
        any(row.tokens[-1] not in ends for row in (wording.chosen, wording.rejected))
        for wording, *_ in pairs
    )
    notes = []
    if cut:
        notes.append(f"Preferences of which an answer was cut off at {limit} tokens: {cut}.")
    if left_out := given - len(pairs):
        notes.append(f"Preferences that were left out as too long for {limit} tokens: {left_out}.")
    return tuple(notes)


def _reason_against(done: DpoResult) -> str:
    """Returns why the second stage is not worth an exam, as a sentence; empty if it is."""
    if done.before == done.checked:
        return f"Preferences needed no training: all {done.checked} pairs were right already."
    if done.after <= done.before:
        return (
            "Preferences were left out: the better answer is the likelier one in "
            f"{done.after} of {done.checked} pairs, {done.before} before."
        )
    return ""


def _worse(first: AnswerSheet, second: AnswerSheet) -> str:
    """Returns what the exam found worse after the second stage; empty if nothing is."""
    for name, before, after in _marks(first, second):
        if after < before:
            marks = f"{after} instead of {before} {name} right"
            return f"Preferences were left out: the exam found {marks} with them."
    return ""


def _less_mastered(before: int, after: int) -> str:
    """Returns that lessons were lost, for which the adapter might not be promoted; else empty."""
    if after >= before:
        return ""
    return f"Preferences were left out: {after} instead of {before} lessons are mastered with them."


def _marks(first: AnswerSheet, second: AnswerSheet) -> list[tuple[str, int, int]]:
    return [
        ("lessons", sum(first.taught), sum(second.taught)),
        ("lessons in other words", sum(first.reworded), sum(second.reworded)),
        ("held-out lessons", sum(first.held_out), sum(second.held_out)),
        ("general questions", sum(first.canaries), sum(second.canaries)),
    ]


def _restore_weights(model: Any, weights: Any) -> None:
    model.update(weights)
    mx.eval(model.parameters())
