"""Reasoning that a model writes before its answer is no answer: it is found and left out.

A block of reasoning counts only where a text begins with it. The templates of some models open
the block themselves: then the text has a lone closing mark, and all that stands before it is
reasoning. Marks in code, or named in the middle of a sentence, are words like others: only where a
block has no other closing mark does such a one end it.
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
    re.IGNORECASE | re.ASCII,
)
_PLACE_BEGINS: Final = re.compile(r"[<\[`~]")
_UNFINISHED: Final = (*_CLOSING_OF, *_CLOSINGS, "```", "~~~")
_LOWER: Final = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
"""Lowers ASCII alone, as the patterns do: no other letter is one of a mark, nor changes length."""
_LOOKED_BACK: Final = 40
"""Characters before a closing mark that tell whether it stands in a sentence."""
_MOST_GAP: Final = 100
_MOST_KEPT: Final = 20_000
"""Characters after a closing mark in a sentence or in code in which a better one is looked for."""
_PAUSES: Final = frozenset(",;!?)")
_QUOTES: Final = frozenset("\"'\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb")
_CERTAIN: Final = 3
"""Rank of a closing mark between sentences; 2 in a sentence, 1 of a block within, 0 in code."""
_SENTENCE_ENDS: Final = frozenset(".!?:…。")
_SPACE_BEHIND: Final = re.compile(r"[ \t]*(\r?\n[ \t]*(\r?\n|\Z))")
"""What ends a paragraph."""


def without_reasoning(text: str, *, cut: bool = False) -> str:
    """Returns a text without the reasoning that it begins with; the whole text where it has none.

    Nothing is left of a text that is only reasoning, be it finished or not.

    Args:
        text: what a model wrote, or is said to have written.
        cut: whether a limit ended it: then a closing mark that is only named ends no reasoning.
    """
    leading = ReasoningFilter()
    if _mark_at(text.lstrip(), 0) not in _CLOSING_OF and (end := _end_of_lone_reasoning(text)):
        text = text[end:].lstrip()
        leading.left_out = True
    return leading.feed(text) + leading.finish(cut=cut)


def without_typed_reasoning(text: str) -> str:
    """Returns what a person wrote without a block of reasoning in front, say of a pasted answer.

    Nothing is guessed: a lone closing mark, and a block whose closing mark is only named, stay.
    """
    leading = ReasoningFilter()
    kept = leading.feed(text) + leading.finish()
    return text if leading.guessed else kept


def names_reasoning(text: str) -> bool:
    """Returns whether a text, say a chat template, has a mark that opens reasoning anywhere."""
    lowered = text.lower()
    return any(mark in lowered for mark in _CLOSING_OF)


def names_closing(text: str) -> bool:
    """Returns whether a text has a mark that closes reasoning anywhere."""
    lowered = text.lower()
    return any(mark in lowered for mark in _CLOSINGS)


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
        self.guessed = False
        """Whether a closing mark was taken that may be one that the reasoning only names."""
        self._block = _Block(_CLOSINGS, 0) if opened else None
        self._answering = False
        self._wrapper = ""
        self._held = ""

    @property
    def inside(self) -> bool:
        """Whether the text so far ends within reasoning."""
        return self._block is not None

    def feed(self, piece: str) -> str:
        """Takes the next piece and returns the part of the answer that is now certain."""
        text, self._held = self._held + piece, ""
        at = 0  # where the part that is not decided yet begins
        while not self._answering:
            if self._block is not None:
                end = self._block.end_in(text)
                if end is None:
                    self._held = text[self._block.drop() :]
                    return ""
                self._leave(certain=self._block.certain)
                at = end
            start = _after_space(text, at)
            mark = _mark_at(text, start)
            if mark in _WRAPPERS and self.left_out:
                self._wrapper = _WRAPPERS[mark]
                at = start + len(mark)
            elif mark is not None and mark not in _WRAPPERS:
                self.left_out = True
                at = start + len(mark)
                if mark in _CLOSING_OF:
                    # After one guess the next closing mark counts: else this could go on and on.
                    self._block = _Block((_CLOSING_OF[mark],), at, first=self.guessed)
            elif mark is None and _may_become_mark(text[start : start + _LONGEST]):
                self._held = text[start if self.left_out else max(0, start - _MOST_SPACE) :]
                return ""
            else:
                self._answering = True
                at = start if self.left_out else 0
        return self._unwrapped(text[at:])

    def finish(self, *, cut: bool = False) -> str:
        """Returns what was kept back of the answer, after its last piece.

        Args:
            cut: whether a limit ended it: then a closing mark that is only named ends no reasoning.
        """
        shown = ""
        while self._block is not None:
            text, self._held = self._held, ""
            end = self._block.end_in(text, last=True)
            if end is None or (cut and not self._block.certain):
                return ""
            self._leave(certain=self._block.certain)
            shown += self.feed(text[end:])
        text, self._held = self._held, ""
        return shown + text

    def _leave(self, *, certain: bool) -> None:
        self._block = None
        self.guessed = self.guessed or not certain

    def _unwrapped(self, text: str) -> str:
        """Returns the text without the mark that ends the answer, whose beginning is kept back."""
        if not self._wrapper:
            return text
        end = _first_end(text, (self._wrapper,), 0)
        if end is not None:
            mark, self._wrapper = self._wrapper, ""
            return text[: end - len(mark)].rstrip() + text[end:]
        partial = range(min(len(self._wrapper) - 1, len(text)), 0, -1)
        size = next((n for n in partial if self._wrapper.startswith(_lower(text[-n:]))), 0)
        self._held = text[len(text) - size :]
        return text[: len(text) - size]


class _Block:
    """A block of reasoning in a text that grows: finds the mark that ends it.

    That is the first one between sentences. One that is named in a sentence or in code, or that
    closes a block within, ends it only where no other does in the next `_MOST_KEPT` characters.
    """

    def __init__(self, closings: tuple[str, ...], start: int, *, first: bool = False) -> None:
        """Begins a block.

        Args:
            closings: the marks that may end it.
            start: where it begins in the text.
            first: whether the first of them ends it, wherever it stands.
        """
        self.certain = True
        """Whether the end that was found is no guess."""
        self._closings = closings
        self._start = start
        self._first = first
        self._read = start
        self._empty = True
        self._depth = 0
        self._fenced = self._quoted = False
        self._guess: tuple[int, int] | None = None
        """Rank and end of the best mark so far."""

    def drop(self) -> int:
        """Returns how many characters of the text are not needed any more; they are cut off."""
        keep = max(self._start, self._read - _LOOKED_BACK)
        if self._guess is not None:
            keep = min(keep, self._guess[1])
            self._guess = (self._guess[0], self._guess[1] - keep)
        self._read -= keep
        self._start = max(0, self._start - keep)
        return keep

    def end_in(self, text: str, *, last: bool = False) -> int | None:
        """Returns where the block ends; None where the text does not tell yet.

        Args:
            text: the text so far, from where it was dropped.
            last: whether nothing follows.
        """
        undecided = len(text) if last else _unfinished_from(text)
        for place in _PLACES.finditer(text, self._read):
            if place.start() >= undecided or self._is_far(place.start()):
                break
            rank = self._rank(text, place, last=last)
            if rank is None:
                undecided = place.start()
                break
            self._empty = self._empty and not text[self._read : place.start()].strip()
            self._read = place.end()
            if self._counts(place, rank):
                return place.end()
        if undecided > self._read:
            self._empty = self._empty and not text[self._read : undecided].strip()
            self._read = undecided
        if self._guess is not None and (last or self._is_far(self._read)):
            self.certain = False
            return self._guess[1]
        return None

    def _is_far(self, at: int) -> bool:
        return self._guess is not None and at > self._guess[1] + _MOST_KEPT

    def _rank(self, text: str, place: re.Match[str], *, last: bool) -> int | None:
        """Returns how surely a closing mark ends the block; None where more text is needed."""
        if place.lastgroup != "closing" or self._first:
            return _CERTAIN
        if self._fenced or self._quoted:
            return 0
        if self._depth:
            return 1
        before = text[max(self._start, place.start() - _LOOKED_BACK) : place.start()]
        return _rank_in_sentence(before, text, place.end(), last=last)

    def _counts(self, place: re.Match[str], rank: int) -> bool:
        """Takes note of a place; returns whether it ends the block for certain."""
        match place.lastgroup:
            case "fence":
                self._fenced, self._quoted = not self._fenced, False
            case "tick":
                self._quoted = not self._quoted
            case "line":
                self._quoted = False
            case "opening":
                within = _CLOSING_OF[_lower(place.group())] in self._closings
                named = self._fenced or self._quoted or self._empty
                self._depth += within and not named
                self._empty = False
            case _ if _lower(place.group()) in self._closings:
                self._empty = False
                if rank == _CERTAIN:
                    return True
                self._depth -= rank == 1
                if self._guess is None or rank > self._guess[0]:
                    self._guess = (rank, place.end())
        return False


def _rank_in_sentence(before: str, text: str, end: int, *, last: bool) -> int | None:
    """Returns the rank of a closing mark outside of code; None where more text is needed."""
    bare = before.rstrip(" \t")
    if not bare or bare[-1] == "\n" or bare[-1] in _SENTENCE_ENDS:
        return _CERTAIN
    at = end
    while at < min(len(text), end + _MOST_GAP) and text[at] in " \t":
        at += 1
    follows = text[at : at + 2]
    if not last and at - end < _MOST_GAP and (not follows or follows == "."):
        return None
    if at > end:
        named = len(bare) < len(before) and follows[:1].islower()
    elif follows[:1] == ".":
        named = not follows[1:].strip()
    else:
        named = follows[:1] in _PAUSES or (bare[-1] in _QUOTES and follows[:1] in _QUOTES)
    return _CERTAIN - 1 if named else _CERTAIN


def _unfinished_from(text: str) -> int:
    """Returns where the end of a text begins that more text could make a mark or a fence."""
    for found in _PLACE_BEGINS.finditer(text, max(0, len(text) - _LONGEST)):
        rest = _lower(text[found.start() :])
        if any(mark.startswith(rest) and mark != rest for mark in _UNFINISHED):
            return found.start()
    return len(text)


def _lower(text: str) -> str:
    return text.translate(_LOWER)


def _after_space(text: str, at: int) -> int:
    word = _WORD.search(text, at)
    return len(text) if word is None else word.start()


def _mark_at(text: str, at: int) -> str | None:
    """Returns the mark that stands at a place of a text, in lower case."""
    beginning = _lower(text[at : at + _LONGEST])
    return next((mark for mark in _ALL if beginning.startswith(mark)), None)


def _may_become_mark(rest: str) -> bool:
    return any(mark.startswith(_lower(rest)) for mark in _ALL)


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
