"""The second stage of a run learns what people preferred, unless that costs what was learned.

After the lessons come pairs (`trainer.tuning.dpo`), or rated answers (`trainer.tuning.kto`). The
new weights are kept only if they follow people's opinions more often, in wordings that were not
trained, and the same exam is no worse.
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
from trainer.models.tokenization import TokenRow
from trainer.pipeline.preference_pairs import Preference, pairs_of
from trainer.pipeline.rated_answers import RatedAnswer, rows_of, with_pairs
from trainer.planning.hyperparameters import Plan
from trainer.planning.memory import out_of_memory
from trainer.results.losses import PreferenceScores
from trainer.tuning.dpo import DpoResult, plan_dpo, train_dpo
from trainer.tuning.kto import MIN_RATINGS, KtoResult, plan_kto, train_kto

_log = logging.getLogger(__name__)

OnStep = Callable[[int, int, float], None]
"""Called after each step with its number, the number of steps and its loss."""


@dataclass(frozen=True)
class PreferenceResult:
    """Result of the second stage, whose weights are in the model only if they were kept."""

    notes: tuple[str, ...] = ()
    """Sentences for people that say what was done and why."""
    scores: PreferenceScores | None = None
    """What it learned and cost, for the card; None where nothing was trained."""


@dataclass(frozen=True)
class _Method:
    """One way to learn opinions, ready to be trained."""

    name: str
    """`dpo` or `kto`, for the card."""
    train: Callable[[], DpoResult | KtoResult]
    reason_against: Callable[[DpoResult | KtoResult], str]
    """Says why the result is not worth an exam, as a sentence; empty if it is."""
    learned: Callable[[DpoResult | KtoResult], str]
    """Says what was learned, as a sentence."""
    too_long: tuple[str, ...]
    """Sentences about opinions that are longer than is trained."""


def second_stage(
    loaded: LoadedModel,
    preferences: Sequence[Preference],
    system: str,
    plan: Plan,
    run_exam: Callable[[], AnswerSheet],
    on_step: OnStep = lambda _step, _steps, _loss: None,
    mastered: Callable[[], int] = lambda: 0,
    ratings: Sequence[RatedAnswer] = (),
) -> PreferenceResult:
    """Trains what people preferred and restores the earlier weights where that does not help.

    Args:
        loaded: the model with low-rank layers from the first stage; its weights are changed.
        preferences: pairs, oldest first.
        system: the system prompt that the bot answers under.
        plan: the plan of the first stage. With its `preferences` set to `auto` the pairs are
            trained, with `kto` both answers of each pair and the rated ones, else nothing.
        run_exam: examines the model with the weights that it has when called.
        on_step: called after each step.
        mastered: counts the lessons that the model has mastered with those weights.
        ratings: answers that people liked or disliked, oldest first.

    Returns:
        Notes for people, and the scores for the card.

    Raises:
        RuntimeError: mlx failed for another reason than too little memory.
    """
    rated = with_pairs(ratings, preferences) if plan.preferences == "kto" else []
    if not (preferences if plan.preferences == "auto" else rated):
        return PreferenceResult()
    if plan.batch_size == 1:
        # Maybe because more does not fit into memory; a pair is two rows.
        return PreferenceResult(("Preferences were not trained: that takes batches of two rows.",))
    if plan.preferences == "auto":
        method = _of_pairs(loaded, preferences, system, plan, on_step)
    else:
        method = _of_ratings(loaded, rated, system, plan, on_step)
    if isinstance(method, str):
        return PreferenceResult((method,))
    model = loaded.model
    # mlx arrays are immutable: a tree of references is a copy of the weights.
    kept = tree_map(lambda array: array, model.trainable_parameters())
    try:
        done = method.train()
    except (RuntimeError, MemoryError) as error:
        if not out_of_memory(error):
            raise
        _log.warning("no memory for preferences", exc_info=True)
        _restore_weights(model, kept)
        return PreferenceResult(("Preferences were not trained: memory was too short for them.",))
    reason = method.reason_against(done) or _cost(model, kept, run_exam, mastered)
    scores = PreferenceScores(**asdict(done), kept=not reason, method=method.name)
    if reason:
        _restore_weights(model, kept)
    return PreferenceResult((reason or method.learned(done), *method.too_long), scores)


def _of_pairs(
    loaded: LoadedModel,
    preferences: Sequence[Preference],
    system: str,
    plan: Plan,
    on_step: OnStep,
) -> _Method | str:
    """Returns how pairs are learned, or why they cannot be, as a sentence."""
    pairs, checked = pairs_of(loaded.tokenizer, preferences, system, plan)
    if not pairs:
        return "Preferences were not trained: no pair is short enough."
    stage = plan_dpo(plan, len(pairs))

    def train() -> DpoResult:
        return train_dpo(
            loaded.model, pairs, checked, stage, lambda step, loss: on_step(step, stage.steps, loss)
        )

    rows = [(some[0].chosen, some[0].rejected) for some in pairs]
    too_long = _too_long(loaded.tokenizer, len(preferences), rows, plan.max_seq_length)
    return _Method("dpo", train, _reason_against_pairs, _pairs_learned, too_long)


def _of_ratings(
    loaded: LoadedModel,
    ratings: Sequence[RatedAnswer],
    system: str,
    plan: Plan,
    on_step: OnStep,
) -> _Method | str:
    """Returns how rated answers are learned, or why they cannot be, as a sentence."""
    rated, checked = rows_of(loaded.tokenizer, ratings, system, plan)
    if len(rated) < MIN_RATINGS:
        least = f"it takes at least {MIN_RATINGS} rated answers that are short enough"
        return f"Preferences were not trained: {least}."
    liked = sum(some[0].liked for some in rated)
    stage = plan_kto(plan, liked, len(rated) - liked)

    def train() -> KtoResult:
        return train_kto(
            loaded.model, rated, checked, stage, lambda step, loss: on_step(step, stage.steps, loss)
        )

    rows = [(some[0].row,) for some in rated]
    too_long = _too_long(loaded.tokenizer, len(ratings), rows, plan.max_seq_length)
    return _Method("kto", train, _reason_against_ratings, _ratings_learned, too_long)


def _too_long(
    tokenizer: Any, given: int, trained: Sequence[Sequence[TokenRow]], limit: int
) -> tuple[str, ...]:
    """Says how many opinions are longer than is trained: cut, or left out altogether.

    Args:
        tokenizer: the model's, which ends each whole answer with one of its end tokens.
        given: how many opinions there were.
        trained: the rows of each one that is trained: of both answers of a pair, or of one.
        limit: tokens of a row that are trained.
    """
    ends = set(tokenizer.eos_token_ids)
    cut = sum(any(row.tokens[-1] not in ends for row in rows) for rows in trained)
    notes = []
    if cut:
        notes.append(f"Preferences of which an answer was cut off at {limit} tokens: {cut}.")
    if left_out := given - len(trained):
        notes.append(f"Preferences that were left out as too long for {limit} tokens: {left_out}.")
    return tuple(notes)


def _reason_against_pairs(done: DpoResult | KtoResult) -> str:
    if done.before == done.checked:
        return f"Preferences needed no training: all {done.checked} pairs were right already."
    if done.after <= done.before:
        return (
            "Preferences were left out: the better answer is the likelier one in "
            f"{done.after} of {done.checked} pairs, {done.before} before."
        )
    return ""


def _pairs_learned(done: DpoResult | KtoResult) -> str:
    better = f"{done.after} of {done.checked} pairs, {done.before} before"
    return f"Preferences were learned: the better answer is the likelier one in {better}."


def _reason_against_ratings(done: DpoResult | KtoResult) -> str:
    """Most answers must have moved as they were rated: by chance half of them do."""
    if done.loss is not None and 2 * done.after > done.checked:
        return ""
    return f"Preferences were left out: {_moved(done)}."


def _ratings_learned(done: DpoResult | KtoResult) -> str:
    return f"Preferences were learned from thumbs: {_moved(done)}."


def _moved(done: DpoResult | KtoResult) -> str:
    moved = f"{done.after} of {done.checked} rated answers"
    return f"{moved} became likelier where people liked them, or else less likely"


def _cost(
    model: Any, before: Any, run_exam: Callable[[], AnswerSheet], mastered: Callable[[], int]
) -> str:
    """Returns what the new weights cost, as a sentence; empty where it is nothing.

    Args:
        model: with the new weights, which it has afterwards too.
        before: its weights after the first stage.
        run_exam: examines the model with the weights that it has when called.
        mastered: counts the lessons that are mastered with those weights.
    """
    preferring = tree_map(lambda array: array, model.trainable_parameters())
    second, known = run_exam(), mastered()
    _restore_weights(model, before)
    reason = _worse(run_exam(), second) or _less_mastered(mastered(), known)
    _restore_weights(model, preferring)
    return reason


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
