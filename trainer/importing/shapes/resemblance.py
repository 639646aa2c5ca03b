"""Words why a row cannot be read: the keys that it has, and the nearest format that we know."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any

from trainer.errors import DatasetError
from trainer.importing.shapes.names import ANSWERS, QUESTIONS, first_of, shown_keys

FORMATS: Mapping[str, tuple[str, ...]] = {
    "prompt and completion": ("prompt", "completion"),
    "OpenAI chat": ("messages",),
    "ShareGPT": ("conversations",),
    "Alpaca": ("instruction", "output"),
    "Dolly": ("instruction", "response"),
    "question and answer": ("question", "answer"),
    "input and output": ("input", "output"),
    "preference pairs": ("prompt", "chosen", "rejected"),
    "ChatML": ("text",),
}
"""The keys that the best known formats cannot do without."""
_MOST_KEYS = 50


def unreadable(row: Mapping[str, Any]) -> DatasetError:
    """Returns the error for a row without a question or without an answer.

    Args:
        row: by the plain names of its keys.
    """
    question, answer = first_of(QUESTIONS, row), first_of(ANSWERS, row)
    if question == answer:
        answer = None
    match question, answer:
        case str(), None:
            missing = f"it has {_named(question)} but no completion"
        case None, str():
            missing = f"it has {_named(answer)} but no prompt"
        case _:
            missing = "it has neither prompt and completion, nor messages, nor text"
    nearest = nearest_format(row)
    near = f", nearest to {nearest}" if nearest else ""
    return DatasetError(
        f"{missing}: its keys are {shown_keys(row)}{near}; say --columns question=KEY,answer=KEY"
    )


def nearest_format(keys: Collection[str]) -> str | None:
    """Returns the format that has most keys in common with these, and what it lacks, in words."""
    some = list(keys)[:_MOST_KEYS]
    best: tuple[float, str] | None = None
    for name, wanted in FORMATS.items():
        lacking = [key for key in wanted if not get_close_matches(key, some, 1, 0.8)]
        share = 1 - len(lacking) / len(wanted)
        if share > 0 and (best is None or share > best[0]):
            without = f" without {' and '.join(lacking)}" if lacking else f" ({', '.join(wanted)})"
            best = share, f"{name}{without}"
    return best[1] if best else None


def _named(key: str) -> str:
    return f"{'an' if key[0] in 'aeio' else 'a'} {key}"
