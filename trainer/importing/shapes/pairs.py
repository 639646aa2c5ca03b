"""Finds a preferred and a disliked answer to one question in a row of preference data."""

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from trainer.errors import DatasetError
from trainer.importing.shapes.messages import turns_of, words_of
from trainer.importing.shapes.names import QUESTIONS, first_of
from trainer.importing.shapes.questions import Turns, asked_of, conversation_of, with_system
from trainer.reasoning import without_reasoning

_NAMES = (
    ("chosen", "rejected"),
    ("preferred_output", "non_preferred_output"),
    ("preferred", "rejected"),
    ("preferred", "dispreferred"),
    ("chosen_response", "rejected_response"),
    ("response_chosen", "response_rejected"),
    ("chosen_answer", "rejected_answer"),
    ("better", "worse"),
)
_ALL_NAMES = frozenset(name for names in _NAMES for name in names)
_SCORES = (
    ("score_chosen", "score_rejected"),
    ("chosen_score", "rejected_score"),
    ("chosen_rating", "rejected_rating"),
    ("rating_chosen", "rating_rejected"),
)
_TRANSCRIPT = re.compile(r"\b(Human|Assistant):")


Pair: TypeAlias = tuple[str, str, str]


def pair_of(row: Mapping[str, Any]) -> tuple[Pair, tuple[str, ...]] | None:
    """Returns a pair and what of its row it does not keep; None of a row of another kind.

    A pair is the question, the preferred and the disliked answer; it has no system message.

    The answers may be texts, messages, or whole conversations that differ in their last message.

    Args:
        row: by the plain names of its keys.

    Raises:
        DatasetError: it is a pair that cannot be used; the text says why.
    """
    if _ALL_NAMES.isdisjoint(row):
        return None
    names = next(((a, b) for a, b in _NAMES if _answers(row, a) and _answers(row, b)), None)
    if names is None:
        return None
    _check_scores(row)
    prompt = _prompt(row)
    chosen, rejected = (_turns(row[name], name) for name in names)
    before, preferred = _split([*prompt, *chosen], names[0])
    also_before, disliked = _split([*prompt, *rejected], names[1])
    if before != also_before:
        raise DatasetError(f"its {names[0]} and {names[1]} do not answer the same question")
    asked = [turn["content"] for turn in before if turn["role"] != "system"]
    if not asked:
        raise DatasetError(f"it has {names[0]} and {names[1]} but no prompt")
    if len(asked) > 1:
        raise DatasetError("a pair with earlier turns cannot be kept: only its first question can")
    left_out = ("system",) if len(before) > len(asked) else ()
    return checked_pair(asked[0], preferred, disliked), left_out


def checked_pair(prompt: str, chosen: str, rejected: str) -> Pair:
    """Returns a pair without the reasoning of its answers.

    Raises:
        DatasetError: a part of it is empty, or both answers are the same.
    """
    chosen, rejected = without_reasoning(chosen), without_reasoning(rejected)
    if not (prompt.strip() and chosen.strip() and rejected.strip()):
        raise DatasetError("a part of its pair is empty")
    if chosen.split() == rejected.split():
        raise DatasetError("its two answers are the same: it prefers neither")
    return prompt, chosen, rejected


def _answers(row: Mapping[str, Any], name: str) -> bool:
    value = row.get(name)
    return isinstance(value, (str, list, Mapping)) and bool(value)


def _prompt(row: Mapping[str, Any]) -> Turns:
    if (messages := conversation_of(row)) is not None:
        return with_system(row, turns_of(messages))
    if first_of(QUESTIONS, row) is None:
        return []
    return asked_of(row)


def _turns(value: Any, name: str) -> Turns:
    if isinstance(value, Mapping):
        return turns_of([value])
    if isinstance(value, list):
        return turns_of(value)
    text = words_of(value, name)
    # A whole talk as text, as the data of "Training a Helpful and Harmless Assistant" has it.
    parts = _TRANSCRIPT.split(text) if text.lstrip().startswith("Human:") else []
    if len(parts) > 2:  # noqa: PLR2004  what stands before, a name and what it says
        said = zip(parts[1::2], parts[2::2], strict=True)
        return turns_of([{"role": who, "content": words.strip()} for who, words in said])
    return [{"role": "assistant", "content": text}]


def _split(turns: Turns, name: str) -> tuple[Turns, str]:
    """What stands before the last answer, each turn once, and the answer."""
    if not turns or turns[-1]["role"] != "assistant":
        raise DatasetError(f"its {name} does not end with an answer")
    before = turns[:-1]
    # Some sets repeat the prompt in both answers.
    half = len(before) // 2
    if half and len(before) % 2 == 0 and before[:half] == before[half:]:
        before = before[:half]
    return before, turns[-1]["content"]


def _check_scores(row: Mapping[str, Any]) -> None:
    for chosen, rejected in _SCORES:
        high, low = row.get(chosen), row.get(rejected)
        numbers = (int, float)
        if isinstance(high, numbers) and isinstance(low, numbers) and high <= low:
            raise DatasetError(f"its {chosen} is not above its {rejected}: it prefers neither")
