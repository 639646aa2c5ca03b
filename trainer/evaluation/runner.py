"""The exam runner: several models answer the questions of an exam greedily, and are marked.

The base, the candidate and the adapter in use answer in one batch on one copy of the base's
weights, each row with its own adapter. Where an adapter is more than low-rank products on plain
linear layers, the models are examined one after the other.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx

from trainer.adapters.loading import check_card, read_adapter
from trainer.augmentation.replay import LENGTH, base_answers
from trainer.canaries import canaries, conversation
from trainer.evaluation import key_recall, matches, recalled, refuses, similarity
from trainer.evaluation.divergence import divergence
from trainer.evaluation.exam import AnswerSheet, Exam
from trainer.evaluation.perplexity import mean_loss
from trainer.inference.generation import (
    AdapterPerRow,
    GeneratedText,
    OnAnswer,
    answers,
    ignore_progress,
)
from trainer.inference.multi_lora import (
    NO_ADAPTER,
    Bank,
    NotBatchableError,
    unwrap_linears,
    wrap_linears,
)
from trainer.models.loading import LoadedModel, sharing_copy, with_adapter
from trainer.models.tokenization import make_row, prompt_tokens
from trainer.tuning.lora import remove_lora

MAX_ROW_TOKENS = 4096
"""Most tokens of a row whose loss is computed."""
EXTRA_TOKENS = 16
"""Tokens by which an answer may be longer than the one that was taught."""
MAX_ANSWER_TOKENS = 1024
"""Most tokens of an answer, as a model may find no end."""
_log = logging.getLogger(__name__)


def run_exams(
    exam: Exam,
    loaded: LoadedModel,
    adapters: Mapping[str, Path | None],
    on_answer: OnAnswer = ignore_progress,
) -> dict[str, AnswerSheet]:
    """Runs an exam on several models that share a base, in one batch if possible.

    Args:
        exam: from `with_own_answers`.
        loaded: the base model; low-rank layers on it are removed.
        adapters: the adapters' folders by name; None is the base itself.
        on_answer: called with the number of answers done and the number of all answers.

    Returns:
        The answer sheets by the same names.

    Raises:
        AdapterError: an adapter cannot be read, or was made for another model.
    """
    remove_lora(loaded.model)
    for given in adapters.values():
        if given is not None:
            check_card(given, loaded)
    bank = Bank()
    try:
        slots = {name: _bank_slot(loaded, folder, bank) for name, folder in adapters.items()}
        return _run_in_one_batch(exam, loaded, bank, slots, on_answer)
    except NotBatchableError as error:
        _log.info("the exam is taken one after the other: %s", error)
    finally:
        unwrap_linears(loaded.model)
    sheets = {}
    for name, folder in adapters.items():
        model = sharing_copy(loaded.model)
        alone = replace(loaded, model=with_adapter(model, folder) if folder else model)
        sheet = run_exam(exam, alone, base=folder is None, on_answer=on_answer)
        if folder and exam.own:
            sheet = replace(sheet, kl=divergence(loaded.model, alone.model, exam.own))
        sheets[name] = sheet
    return sheets


def run_exam(
    exam: Exam,
    loaded: LoadedModel,
    *,
    base: bool = False,
    on_answer: OnAnswer = ignore_progress,
) -> AnswerSheet:
    """Runs an exam on one model.

    Args:
        exam: from `make_exam`.
        loaded: the model, with an adapter or without.
        base: whether it has none, so that its answers to the general questions may be cached ones.
        on_answer: called with the number of answers done and the number of all answers.

    Returns:
        The marks of the model's answers.
    """
    asked = [*exam.taught, *exam.reworded, *exam.held_out]
    prompts = [prompt_tokens(loaded.tokenizer, q.messages) for q in asked]
    limits = [answer_limit(loaded.tokenizer, q.expected) for q in asked]
    general = [c.prompt for c in canaries()]
    if base:
        general_answers = base_answers(loaded, general, exam.system)
    else:
        prompts += [prompt_tokens(loaded.tokenizer, conversation(p, exam.system)) for p in general]
        limits += [LENGTH] * len(general)
    generated = answers(loaded.model, loaded.tokenizer, prompts, limits, on_answer)
    if not base:
        generated, general_answers = generated[: len(asked)], generated[len(asked) :]
    return _answer_sheet(exam, generated, general_answers, _losses(exam, loaded))


def _bank_slot(loaded: LoadedModel, folder: Path | None, bank: Bank) -> int:
    """Loads an adapter into the bank and returns its slot; None is the base itself."""
    if folder is None:
        return NO_ADAPTER
    adapter = read_adapter(folder, loaded)
    wrap_linears(loaded.model, list(adapter.parts), bank)
    return bank.put(adapter)


def _run_in_one_batch(
    exam: Exam, loaded: LoadedModel, bank: Bank, slots: Mapping[str, int], on_answer: OnAnswer
) -> dict[str, AnswerSheet]:
    asked = [*exam.taught, *exam.reworded, *exam.held_out]
    general = [canary.prompt for canary in canaries()]
    tuned = [slot for slot in slots.values() if slot != NO_ADAPTER]
    prompts = [prompt_tokens(loaded.tokenizer, question.messages) for question in asked]
    prompts += [prompt_tokens(loaded.tokenizer, conversation(p, exam.system)) for p in general]
    limits = [answer_limit(loaded.tokenizer, q.expected) for q in asked] + [LENGTH] * len(general)
    # All models answer a question side by side, so that a batch has little padding. The base's
    # answers to the general questions are cached.
    rows = [
        (place, slot)
        for place in range(len(prompts))
        for slot in (slots.values() if place < len(asked) else tuned)
    ]
    generated = answers(
        loaded.model,
        loaded.tokenizer,
        [prompts[place] for place, _ in rows],
        [limits[place] for place, _ in rows],
        on_answer,
        by_row=AdapterPerRow(bank, [slot for _, slot in rows]),
    )
    by_slot: dict[int, list[GeneratedText]] = {slot: [] for slot in slots.values()}
    for (_, slot), answer in zip(rows, generated, strict=True):
        by_slot[slot].append(answer)
    if NO_ADAPTER in by_slot:
        by_slot[NO_ADAPTER] += base_answers(loaded, general, exam.system)
    sheets = {}
    for name, slot in slots.items():
        with bank.rows((slot,)):
            losses = _losses(exam, loaded)
        texts = by_slot[slot]
        sheet = _answer_sheet(exam, texts[: len(asked)], texts[len(asked) :], losses)
        sheets[name] = replace(sheet, kl=_divergence(exam, loaded, bank, slot))
    return sheets


def _divergence(exam: Exam, loaded: LoadedModel, bank: Bank, slot: int) -> float | None:
    """Returns the KL divergence of an adapter in the bank from the base; None of the base."""
    if slot == NO_ADAPTER or not exam.own:
        return None

    def tuned(tokens: mx.array) -> mx.array:
        with bank.rows((slot,)):
            logits: mx.array = loaded.model(tokens)
        return logits

    return divergence(loaded.model, tuned, exam.own)


def _losses(exam: Exam, loaded: LoadedModel) -> tuple[float | None, float | None]:
    """Returns the mean losses of taught or held-out answers, and of the base model's own."""
    others = [
        make_row(loaded.tokenizer, q.answered(), MAX_ROW_TOKENS)
        for q in (*exam.reworded, *exam.held_out)
    ]
    return (
        mean_loss(loaded.model, others) if others else None,
        mean_loss(loaded.model, exam.own) if exam.own else None,
    )


def _answer_sheet(
    exam: Exam,
    generated: Sequence[GeneratedText],
    general_answers: Sequence[GeneratedText],
    losses: tuple[float | None, float | None],
) -> AnswerSheet:
    asked = [*exam.taught, *exam.reworded, *exam.held_out]
    right = [recalled(q.expected, a.text, q.prompt) for q, a in zip(asked, generated, strict=True)]
    first, second = len(exam.taught), len(exam.taught) + len(exam.reworded)
    return AnswerSheet(
        taught=tuple(right[:first]),
        reworded=tuple(right[first:second]),
        held_out=tuple(right[second:]),
        canaries=tuple(
            matches(c.pattern, a.text) for c, a in zip(canaries(), general_answers, strict=True)
        ),
        similarities=tuple(
            similarity(q.expected, a.text) for q, a in zip(exam.taught, generated, strict=False)
        ),
        key_recalls=tuple(
            key_recall(q.expected, a.text, q.prompt)
            for q, a in zip(exam.taught, generated, strict=False)
        ),
        unfinished=sum(not a.finished for a in generated),
        refusals=sum(refuses(a.text) for a in generated),
        mean_length=fmean(len(a.tokens) for a in generated[:first]),
        loss=losses[0],
        canary_loss=losses[1],
    )


def answer_limit(tokenizer: Any, expected: str) -> int:
    """Returns how many tokens an answer may have, by the one that was taught."""
    return min(
        MAX_ANSWER_TOKENS, len(tokenizer.encode(expected, add_special_tokens=False)) + EXTRA_TOKENS
    )
