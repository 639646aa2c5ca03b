"""The exam runner: several models answer the questions of an exam, greedily, and get marks.

The base, the candidate and the adapter in use answer together: one batch on one copy of the
base's weights, each row with its own adapter. Adapters that are more than low-rank products on
plain layers sit one after the other.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
from trainer.adapters.loading import check_card, read_adapter
from trainer.augmentation.replay import LENGTH, base_answers
from trainer.canaries import canaries, conversation
from trainer.evaluation import key_recall, matches, recalled, refuses, similarity
from trainer.evaluation.exam import AnswerSheet, Exam
from trainer.evaluation.perplexity import mean_loss
from trainer.inference.generation import AdapterPerRow, GeneratedText, OnAnswer, answers, unheard
from trainer.inference.multi_lora import (
    NO_ADAPTER,
    Bank,
    NotBatchableError,
    unwrap_linears,
    wrap_linears,
)
from trainer.models.loading import LoadedModel, sharing_copy, with_adapter
from trainer.models.tokenization import make_row, prompt_tokens
from trainer.tuning.lora import take_off

ROOM = 4096
"""Tokens of a row whose loss is taken, at most."""
MARGIN = 16
"""Tokens that an answer may be longer than the one that was taught."""
LONGEST = 1024
"""Tokens of an answer at most: a model that finds no end shall not write for ever."""
_log = logging.getLogger(__name__)


def sit_together(
    exam: Exam,
    loaded: LoadedModel,
    adapters: Mapping[str, Path | None],
    on_answer: OnAnswer = unheard,
) -> dict[str, AnswerSheet]:
    """Asks several models that share a base all questions, in one batch if they can.

    Args:
        exam: from `with_own_answers`.
        loaded: the base model; low-rank layers that are on it are taken off.
        adapters: their folders, by the names to return them by; None is the base itself.
        on_answer: called with how many of how many answers are written.

    Returns:
        The answer sheets by the same names.

    Raises:
        AdapterError: one cannot be read, or was made for another model.
    """
    take_off(loaded.model)
    for given in adapters.values():
        if given is not None:
            check_card(given, loaded)
    bank = Bank()
    try:
        slots = {name: _seated(loaded, folder, bank) for name, folder in adapters.items()}
        return _sit_by_row(exam, loaded, bank, slots, on_answer)
    except NotBatchableError as error:
        _log.info("the exam is taken one after the other: %s", error)
    finally:
        unwrap_linears(loaded.model)
    sheets = {}
    for name, folder in adapters.items():
        model = sharing_copy(loaded.model)
        alone = replace(loaded, model=with_adapter(model, folder) if folder else model)
        sheets[name] = sit(exam, alone, base=folder is None, on_answer=on_answer)
    return sheets


def sit(
    exam: Exam,
    loaded: LoadedModel,
    *,
    base: bool = False,
    on_answer: OnAnswer = unheard,
) -> AnswerSheet:
    """Asks one model all questions and marks its answers.

    Args:
        exam: from `set_exam`.
        loaded: the model, with whatever adapter is on it.
        base: no adapter is on it: its answers to the general questions may come from the cache.
        on_answer: called with how many of how many answers are written.
    """
    asked = [*exam.taught, *exam.reworded, *exam.held_out]
    prompts = [prompt_tokens(loaded.tokenizer, q.messages) for q in asked]
    limits = [_room(loaded.tokenizer, q.expected) for q in asked]
    general = [c.prompt for c in canaries()]
    if base:
        knows = base_answers(loaded, general, exam.system)
    else:
        prompts += [prompt_tokens(loaded.tokenizer, conversation(p, exam.system)) for p in general]
        limits += [LENGTH] * len(general)
    said = answers(loaded.model, loaded.tokenizer, prompts, limits, on_answer)
    if not base:
        said, knows = said[: len(asked)], said[len(asked) :]
    return _marked(exam, said, knows, _losses(exam, loaded))


def _seated(loaded: LoadedModel, folder: Path | None, bank: Bank) -> int:
    """Makes an adapter ready to answer by row; returns its slot."""
    if folder is None:
        return NO_ADAPTER
    adapter = read_adapter(folder, loaded)
    wrap_linears(loaded.model, list(adapter.parts), bank)
    return bank.put(adapter)


def _sit_by_row(
    exam: Exam, loaded: LoadedModel, bank: Bank, slots: Mapping[str, int], on_answer: OnAnswer
) -> dict[str, AnswerSheet]:
    asked = [*exam.taught, *exam.reworded, *exam.held_out]
    general = [canary.prompt for canary in canaries()]
    tuned = [slot for slot in slots.values() if slot != NO_ADAPTER]
    prompts = [prompt_tokens(loaded.tokenizer, question.messages) for question in asked]
    prompts += [prompt_tokens(loaded.tokenizer, conversation(p, exam.system)) for p in general]
    limits = [_room(loaded.tokenizer, q.expected) for q in asked] + [LENGTH] * len(general)
    # A question goes to all of them side by side, so that a batch has little padding. What the
    # base says to the general questions is known already.
    seats = [
        (place, slot)
        for place in range(len(prompts))
        for slot in (slots.values() if place < len(asked) else tuned)
    ]
    said = answers(
        loaded.model,
        loaded.tokenizer,
        [prompts[place] for place, _ in seats],
        [limits[place] for place, _ in seats],
        on_answer,
        by_row=AdapterPerRow(bank, [slot for _, slot in seats]),
    )
    by_slot: dict[int, list[GeneratedText]] = {slot: [] for slot in slots.values()}
    for (_, slot), answer in zip(seats, said, strict=True):
        by_slot[slot].append(answer)
    if NO_ADAPTER in by_slot:
        by_slot[NO_ADAPTER] += base_answers(loaded, general, exam.system)
    sheets = {}
    for name, slot in slots.items():
        with bank.rows((slot,)):
            losses = _losses(exam, loaded)
        found = by_slot[slot]
        sheets[name] = _marked(exam, found[: len(asked)], found[len(asked) :], losses)
    return sheets


def _losses(exam: Exam, loaded: LoadedModel) -> tuple[float | None, float | None]:
    """The mean losses of answers that were taught or held out, and of the base model's own."""
    others = [
        make_row(
            loaded.tokenizer, [*q.messages, {"role": "assistant", "content": q.expected}], ROOM
        )
        for q in (*exam.reworded, *exam.held_out)
    ]
    return (
        mean_loss(loaded.model, others) if others else None,
        mean_loss(loaded.model, exam.own) if exam.own else None,
    )


def _marked(
    exam: Exam,
    said: Sequence[GeneratedText],
    knows: Sequence[GeneratedText],
    losses: tuple[float | None, float | None],
) -> AnswerSheet:
    asked = [*exam.taught, *exam.reworded, *exam.held_out]
    right = [recalled(q.expected, a.text, q.prompt) for q, a in zip(asked, said, strict=True)]
    first, second = len(exam.taught), len(exam.taught) + len(exam.reworded)
    return AnswerSheet(
        taught=tuple(right[:first]),
        reworded=tuple(right[first:second]),
        held_out=tuple(right[second:]),
        canaries=tuple(matches(c.pattern, a.text) for c, a in zip(canaries(), knows, strict=True)),
        similarities=tuple(
            similarity(q.expected, a.text) for q, a in zip(exam.taught, said, strict=False)
        ),
        key_recalls=tuple(
            key_recall(q.expected, a.text, q.prompt)
            for q, a in zip(exam.taught, said, strict=False)
        ),
        unfinished=sum(not a.finished for a in said),
        refusals=sum(refuses(a.text) for a in said),
        mean_length=fmean(len(a.tokens) for a in said[:first]),
        loss=losses[0],
        canary_loss=losses[1],
    )


def _room(tokenizer: Any, expected: str) -> int:
    return min(LONGEST, len(tokenizer.encode(expected, add_special_tokens=False)) + MARGIN)
