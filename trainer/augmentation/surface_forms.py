"""The same question in other clothes: case, punctuation, greeting, politeness, a bare keyword.

Plain rules for English questions, and harmless elsewhere: what they do not know stays as it is.
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
    """With a small first letter, unless the word is an abbreviation or a name like `S-7`."""
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
"""In the order in which they are taken when fewer are asked for."""
UNSEEN: tuple[Callable[[str], str], ...] = (_asking, _friendly, _loud)
"""Never trained: for validation and for the exam."""


def wordings(prompt: str, count: int) -> list[str]:
    """The prompt and up to `count` other wordings of it, without repetitions.

    What is no question (no question word and no question mark) or longer than a few lines is
    left alone: a greeting in front of a pasted document teaches nothing.
    """
    return _distinct(prompt, TRAINED[:count])


def unseen_wordings(prompt: str) -> list[str]:
    """Wordings that are never trained, at least one of them unlike the prompt if it is short."""
    return _distinct(prompt, UNSEEN)[1:]


def is_question(prompt: str) -> bool:
    """Whether it ends with a question mark or begins with an English question word."""
    return prompt.rstrip().endswith("?") or _QUESTION.match(prompt) is not None


def _distinct(prompt: str, ways: tuple[Callable[[str], str], ...]) -> list[str]:
    if len(prompt) > _LONG or "\n" in prompt:
        return [prompt]
    usable = (
        ways
        if is_question(prompt)
        else tuple(w for w in ways if w in {_plain, _greeting, _friendly})
    )
    found = [prompt]
    for way in usable:
        wording = way(prompt)
        if wording and wording not in found:
            found.append(wording)
    return found
