"""Turns tokens into text that can be sent at once: the answer alone, up to a stop sequence."""

from collections.abc import Sequence
from typing import Any

from trainer.reasoning import ReasoningFilter


class StreamingDetokenizer:
    """Detokenizes one answer while it grows, and leaves out the reasoning before it.

    Stop sequences are those of the answer: in the reasoning they end nothing. Text that could be
    the beginning of one is withheld until the next tokens decide.
    """

    def __init__(self, tokenizer: Any, stop_sequences: Sequence[str]):
        self._detokenizer = tokenizer.detokenizer
        self._stop_sequences = tuple(stop_sequences)
        self._reasoning = ReasoningFilter()
        self._withheld = ""
        self.reasoning_tokens = 0
        """How many tokens belonged to the reasoning that was left out."""
        self.stopped = False
        """True once a stop sequence was met: no more text follows."""

    def add(self, token: int) -> str:
        """Takes the next token and returns the text that is now certain, which may be empty."""
        self._detokenizer.add_token(token)
        was_inside = self._reasoning.inside
        text = self._reasoning.feed(self._detokenizer.last_segment)
        self.reasoning_tokens += not text and (was_inside or self._reasoning.inside)
        return self._emit(text)

    def finalize(self, *, cut: bool = False) -> str:
        """Returns the rest of the text, after the last token; `cut` by a limit, if it was."""
        self._detokenizer.finalize()
        last = self._reasoning.feed(self._detokenizer.last_segment)
        text = self._emit(last + self._reasoning.finish(cut=cut))
        rest, self._withheld = self._withheld, ""
        return text + rest

    def _emit(self, segment: str) -> str:
        if self.stopped:
            return ""
        text = self._withheld + segment
        starts = [start for stop in self._stop_sequences if (start := text.find(stop)) >= 0]
        if starts:
            self.stopped, self._withheld = True, ""
            return text[: min(starts)]
        overlap = max((_overlap(text, stop) for stop in self._stop_sequences), default=0)
        self._withheld = text[len(text) - overlap :]
        return text[: len(text) - overlap]


def _overlap(text: str, stop_sequence: str) -> int:
    """Returns how many characters at the end of a text could begin the stop sequence."""
    longest = min(len(stop_sequence) - 1, len(text))
    return next((n for n in range(longest, 0, -1) if text.endswith(stop_sequence[:n])), 0)
