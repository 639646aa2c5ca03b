"""Reasoning that a model writes before its answer is no answer: it is found and left out.

A block of reasoning counts only where a text begins with it. The templates of some models open
the block themselves: then the text has a lone closing mark, and all that stands before it is
reasoning. Marks in code, or named in the middle of a sentence, are words like others.
"""

import re
from collections.abc import Iterable
from typing import Final

_MARKS: Final = {
    "<think>": "</think>",
    "<thinking>": "</thinking>",
    "<thought>": "</thought>",
    "<reasoning>": "</reasoning>",
    "<seed:think>": "</seed:think>",
    "<longcat_think>": "</longcat_think>",
    "<|think:start|>": "<|think:end|>",
    "<|open|>think<|sep|>": "<|close|>think<|sep|>",
    "[THINK]": "[/THINK]",
    "<|begin_of_thought|>": "<|end_of_thought|>",
    "<|START_THINKING|>": "<|END_THINKING|>",
    "<|channel>thought": "<channel|>",
    "<|channel|>analysis<|message|>": "<|channel|>final<|message|>",
}
"""What opens reasoning and what closes it, in any case: of Qwen and DeepSeek, common training data,
Seed, LongCat, Magistral, Sky-T1, Command A, Gemma 4, gpt-oss and others that mlx-lm knows."""
_WRAPPERS: Final = {
    "<answer>": "</answer>",
    "<|begin_of_solution|>": "<|end_of_solution|>",
    "<|start_response|>": "<|end_response|>",
}
"""What some of them put around the answer that follows, in lower case."""
_CLOSING_OF: Final = {opening.lower(): closing.lower() for opening, closing in _MARKS.items()}
_CLOSINGS: Final = tuple(_CLOSING_OF.values())
_ALL: Final = (*_CLOSING_OF, *_CLOSINGS, *_WRAPPERS)
_LONGEST: Final = max(map(len, _ALL))
_WORD: Final = re.compile(r"\S")
_MOST_SPACE: Final = 1000
"""Characters of white space before an answer that a stream keeps."""
_PLACES: Final = re.compile(
    r"(?P<fence>```|~~~)|(?P<tick>`)|(?P<line>\n)"
    f"|(?P<opening>{'|'.join(map(re.escape, _MARKS))})"
    f"|(?P<closing>{'|'.join(map(re.escape, _CLOSINGS))})",
    re.IGNORECASE,
)
_SENTENCE_ENDS: Final = frozenset(".!?:…。")
_SPACE_BEHIND: Final = re.compile(r"[ \t]*(\r?\n[ \t]*(\r?\n|\Z))")
"""What ends a paragraph."""


def without_reasoning(text: str) -> str:
    """Returns a text without the reasoning that it begins with; the whole text where it has none.

    Nothing is left of a text that is only reasoning, be it finished or not.
    """
    leading = ReasoningFilter()
    if _mark_at(text.lstrip(), 0) not in _CLOSING_OF:
        end = _end_of_lone_reasoning(text)
        text = text[end:].lstrip() if end else text
    return leading.feed(text) + leading.finish()


def names_reasoning(text: str) -> bool:
    """Returns whether a text, say a chat template, has a mark that opens reasoning anywhere."""
    lowered = text.lower()
    return any(mark in lowered for mark in _CLOSING_OF)


def closing_of(text: str) -> str | None:
    """Returns the mark that closes the reasoning which a text opens at its very end, if it does."""
    lowered = text[-_MOST_SPACE:].rstrip().lower()
    ends = (closing for mark, closing in _MARKS.items() if lowered.endswith(mark.lower()))
    return next(ends, None)


class ReasoningFilter:
    """Leaves the reasoning out of an answer that comes in pieces, and keeps few characters.

    All pieces together are the text of `without_reasoning`, but for a lone closing mark in the
    middle: what stands before it was given away already. Whoever knows that the template opened
    the reasoning says so.
    """

    def __init__(self, *, opened: bool = False) -> None:
        """Begins before an answer, or, `opened`, within its reasoning."""
        self.left_out = opened
        """Whether any reasoning was met."""
        self._closings = _CLOSINGS if opened else ()
        self._answering = False
        self._wrapper = ""
        self._held = ""

    @property
    def inside(self) -> bool:
        """Whether the text so far ends within reasoning."""
        return bool(self._closings)

    def feed(self, piece: str) -> str:
        """Takes the next piece and returns the part of the answer that is now certain."""
        text, self._held = self._held + piece, ""
        at = 0  # where the part that is not decided yet begins
        while not self._answering:
            if self._closings:
                end = _first_end(text, self._closings, at)
                if end is None:
                    self._held = text[at:][1 - max(map(len, self._closings)) :]
                    return ""
                at, self._closings = end, ()
            start = _after_space(text, at)
            mark = _mark_at(text, start)
            if mark in _WRAPPERS and self.left_out:
                self._wrapper = _WRAPPERS[mark]
                at = start + len(mark)
            elif mark is not None and mark not in _WRAPPERS:
                self.left_out = True
                self._closings = (_CLOSING_OF[mark],) if mark in _CLOSING_OF else ()
                at = start + len(mark)
            elif mark is None and _may_become_mark(text[start : start + _LONGEST]):
                self._held = text[start if self.left_out else max(0, start - _MOST_SPACE) :]
                return ""
            else:
                self._answering = True
                at = start if self.left_out else 0
        return self._unwrapped(text[at:])

    def finish(self) -> str:
        """Returns what was kept back of the answer, after its last piece."""
        text, self._held = self._held, ""
        return "" if self._closings else text

    def _unwrapped(self, text: str) -> str:
        """Returns the text without the mark that ends the answer, whose beginning is kept back."""
        if not self._wrapper:
            return text
        end = _first_end(text, (self._wrapper,), 0)
        if end is not None:
            mark, self._wrapper = self._wrapper, ""
            return text[: end - len(mark)].rstrip() + text[end:]
        partial = range(min(len(self._wrapper) - 1, len(text)), 0, -1)
        size = next((n for n in partial if self._wrapper.startswith(text[-n:].lower())), 0)
        self._held = text[len(text) - size :]
        return text[: len(text) - size]


def _after_space(text: str, at: int) -> int:
    word = _WORD.search(text, at)
    return len(text) if word is None else word.start()


def _mark_at(text: str, at: int) -> str | None:
    """Returns the mark that stands at a place of a text, in lower case."""
    beginning = text[at : at + _LONGEST].lower()
    return next((mark for mark in _ALL if beginning.startswith(mark)), None)


def _may_become_mark(rest: str) -> bool:
    return any(mark.startswith(rest.lower()) for mark in _ALL)


def _first_end(text: str, marks: Iterable[str], start: int) -> int | None:
    """Returns where the first of some marks ends in a text, None where there is none."""
    pattern = re.compile("|".join(map(re.escape, marks)), re.IGNORECASE)
    found = pattern.search(text, start)
    return None if found is None else found.end()


def _end_of_lone_reasoning(text: str) -> int:
    """Returns where the reasoning ends whose opening mark the text does not have; 0 for nowhere.

    A closing mark counts where it stands between sentences: at the beginning of a line, after the
    end of a sentence, or at the end of a paragraph.
    """
    end = open_blocks = 0
    fenced = quoted = False
    for place in _PLACES.finditer(text):
        match place.lastgroup:
            case "fence":
                fenced, quoted = not fenced, False
            case "tick":
                quoted = not quoted
            case "line":
                quoted = False
            case "opening":
                open_blocks += 0 if fenced or quoted else 1
            case _ if fenced or quoted:
                pass
            case _ if open_blocks:
                open_blocks -= 1
            case _ if _between_sentences(text, place.start(), place.end()):
                end = place.end()
    return end


def _between_sentences(text: str, start: int, end: int) -> bool:
    before = text[max(0, start - 100) : start].rstrip(" \t")
    at_line = not before or before.endswith("\n")
    return at_line or before[-1] in _SENTENCE_ENDS or bool(_SPACE_BEHIND.match(text, end))
