"""Tokens become pieces of text that can be sent, up to a stop text. Knows no mlx."""

from collections.abc import Iterable, Sequence
from typing import Any


class TextStream:
    """The text of one answer as it grows.

    What could be the beginning of a stop text is held back until it is clear.
    """

    def __init__(self, tokenizer: Any, stops: Sequence[str]):
        self._detokenizer = tokenizer.detokenizer
        self._stops = tuple(stops)
        self._held = ""
        self.stopped = False
        """True once a stop text was met: nothing follows."""

    def add(self, token: int) -> str:
        """Takes the next token; returns the text that is now certain."""
        self._detokenizer.add_token(token)
        return self._pass(self._detokenizer.last_segment)

    def end(self) -> str:
        """No token follows; returns the rest of the text."""
        self._detokenizer.finalize()
        piece = self._pass(self._detokenizer.last_segment)
        rest, self._held = self._held, ""
        return piece if self.stopped else piece + rest

    def _pass(self, segment: str) -> str:
        if self.stopped:
            return ""
        text = self._held + segment
        found = [place for stop in self._stops if (place := text.find(stop)) >= 0]
        if found:
            self.stopped, self._held = True, ""
            return text[: min(found)]
        keep = max((_overlap(text, stop) for stop in self._stops), default=0)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]


def _overlap(text: str, stop: str) -> int:
    """How many characters at the end of the text could begin the stop text."""
    lengths: Iterable[int] = range(min(len(stop) - 1, len(text)), 0, -1)
    return next((n for n in lengths if text.endswith(stop[:n])), 0)
