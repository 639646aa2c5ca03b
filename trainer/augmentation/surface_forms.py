"""Surface forms of a question: case, punctuation, greetings, politeness, keywords alone.

The rules are made for English questions, and leave what they do not know as it is.
"""

import re
from collections.abc import Callable

_QUESTION = re.compile(
    r"^(what|who|where|when|which|how|why|is|are|do|does|did|can|could|should|may|in|on|at|for)\b",
    re.IGNORECASE,
)
_WHAT_IS = re.compile(r"^what(?:'s| is| are) (.+)$", re.IGNORECASE)
_LONG = 300  # characters
_FILLER = re.compile(
    r"\b(what|who|where|when|which|how|why|is|are|was|were|do|does|did|the|a|an|of|to|i|we|our|my|"
    r"in|on|at|for|it|that|this|have|has|can|should)\b",
    re.IGNORECASE,
)


def _bare(prompt: str) -> str:
    return prompt.rstrip(" ?.!")


def _lowered(prompt: str) -> str:
    """Lowers the first letter, unless the word is an abbreviation or a name like `S-7`."""
    first = prompt.split(" ", 1)[0]
    keep = len(first) > 1 and not first[1:].islower() and first not in {"I'm", "I'd"}
    return prompt if keep or first == "I" else prompt[:1].lower() + prompt[1:]


def _plain(prompt: str) -> str:
    return _bare(prompt).lower()


def _greeting(prompt: str) -> str:
    return f"Hi! {prompt}"


def _polite(prompt: str) -> str:
    return f"Could you please tell me: {_lowered(prompt)}"


def _telling(prompt: str) -> str:
    if match := _WHAT_IS.match(_bare(prompt)):
        return f"Tell me {match[1]}."
    return f"I would like to know: {_lowered(prompt)}"


def _keywords(prompt: str) -> str:
    return " ".join(_FILLER.sub(" ", _bare(prompt)).split())


def _asking(prompt: str) -> str:
    return f"Quick question: {_lowered(prompt)} Thanks!"


def _loud(prompt: str) -> str:
    return f"{_bare(prompt)}??"


def _friendly(prompt: str) -> str:
    return f"Hello, I have a question. {prompt}"


TRAINED: tuple[Callable[[str], str], ...] = (_plain, _telling, _greeting, _keywords, _polite)
"""The forms that are trained, in the order in which they are taken if fewer are asked for."""
UNSEEN: tuple[Callable[[str], str], ...] = (_asking, _friendly, _loud)
"""The forms that are never trained: for validation and for the exam."""


def wordings(prompt: str, count: int) -> list[str]:
    """Returns the prompt and up to `count` other forms of it, without duplicates.

    A prompt of several lines or of more than 300 characters has no other forms: a greeting in front
    of a pasted document teaches nothing. What is no question has only those that fit a statement.
    """
    return _distinct(prompt, TRAINED[:count])


def unseen_wordings(prompt: str) -> list[str]:
    """Returns forms that are never trained; none of a long prompt or one of several lines."""
    return _distinct(prompt, UNSEEN)[1:]


def is_question(prompt: str) -> bool:
    """Returns whether a text ends with a question mark or begins with an English question word."""
    return prompt.rstrip().endswith("?") or _QUESTION.match(prompt) is not None


def _distinct(prompt: str, ways: tuple[Callable[[str], str], ...]) -> list[str]:
    if len(prompt) > _LONG or "\n" in prompt:
        return [prompt]
    usable = (
        ways
        if is_question(prompt)
        else tuple(w for w in ways if w in {_plain, _greeting, _friendly})
    )
    distinct = [prompt]
    for way in usable:
        wording = way(prompt)
        if wording and wording not in distinct:
            distinct.append(wording)
    return distinct
