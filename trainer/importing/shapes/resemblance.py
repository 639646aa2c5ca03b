"""Words why a row cannot be read: the keys that it has, and the nearest format that we know."""

from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from trainer.errors import DatasetError
from trainer.importing.shapes.names import ANSWERS, QUESTIONS, first_of, shown_keys

FORMATS: Mapping[str, tuple[str, ...]] = {
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
_NEAR = 0.5
"""Part of the keys of a format that a near one has."""


class UnreadableError(DatasetError):
    """A row has no question or no answer that we know; `unreadable` words it."""


def unreadable(row: Mapping[str, Any], names: Iterable[str]) -> str:
    """Words why a row has no question or no answer, and how to go on.

    Args:
        row: by the plain names of its keys.
        names: its keys as they stand in the file.
    """
    question, answer = first_of(QUESTIONS, row), first_of(ANSWERS, row)
    if "text" in row and not (question or answer):
        missing = "its text has no question and answer in ChatML"
    elif question and answer in (None, question):
        missing = f"it has {_named(question)} but no completion"
    elif answer and not question:
        missing = f"it has {_named(answer)} but no prompt"
    else:
        missing = "it has neither prompt and completion, nor messages, nor text"
    near = nearest_format([key for key in row if key != "text"])
    return (
        f"{missing}: its keys are {shown_keys(names)}{f'; {near}' if near else ''}; "
        "say --columns question=KEY,answer=KEY"
    )


def nearest_format(keys: Collection[str]) -> str | None:
    """Returns the format that has most keys in common with these, and what it lacks, in words."""
    some = list(keys)[:_MOST_KEYS]
    best: tuple[float, str] | None = None
    for name, wanted in FORMATS.items():
        lacking = [key for key in wanted if not get_close_matches(key, some, 1, 0.8)]
        share = 1 - len(lacking) / len(wanted)
        if share >= _NEAR and (best is None or share > best[0]):
            needs = f", which needs {' and '.join(lacking)} too" if lacking else ""
            best = share, f"the nearest format is {name}{needs}"
    return best[1] if best else None


def _named(key: str) -> str:
    return f"{'an' if key[0] in 'aeio' else 'a'} {key}"
