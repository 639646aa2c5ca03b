"""The text of a server's answer without reasoning, which servers that are not ours may send.

A server that has no parser for reasoning sends it as text. Where its template opened the reasoning
there is nothing but a closing mark to know it by, and that comes last: so the first answer of each
model is given in one piece, and those that follow as it has shown them to be. Where a limit cut the
first answer off before any mark, the model is asked something short, which shows it.
"""

from threading import Lock

from trainer.reasoning import ReasoningFilter, without_reasoning


class KnownModels:
    """Which models of a server begin within their reasoning; may be used from several threads."""

    def __init__(self) -> None:
        self._opened: dict[str, bool] = {}
        self._guard = Lock()

    def answer(self, model: str) -> "AnswerText":
        """Returns the text of an answer of a model, still empty."""
        with self._guard:
            return AnswerText(self._opened.get(model))

    def learn(self, model: str, answer: "AnswerText") -> None:
        """Remembers what a finished answer has shown of its model."""
        if answer.opened is not None:
            with self._guard:
                self._opened[model] = answer.opened


class AnswerText:
    """Takes the pieces of one answer, and gives what may be shown of them."""

    def __init__(self, opened: bool | None, *, ours: bool = False) -> None:
        """Begins an answer.

        Args:
            opened: whether it begins within reasoning; None where that is not known.
            ours: whether it is of our own engine, which leaves out reasoning itself.
        """
        self.opened = opened
        """The same; after `finish` as this answer has shown it."""
        self._ours = ours
        self._filter = ReasoningFilter(opened=bool(opened))
        self._sent: list[str] = []
        self._shown: list[str] = []
        self.whole = ""
        """The answer, after `finish`."""
        self.undecided = False
        """Whether a finished answer may be reasoning that a limit cut off: see `decide`."""

    @property
    def only_reasoning(self) -> bool:
        """Whether a finished answer was nothing but reasoning."""
        return not self.whole.strip() and any(map(str.strip, self._sent))

    def feed(self, piece: str) -> str:
        """Takes the next piece, and returns what may be shown now."""
        self._sent.append(piece)
        text = piece
        if not self._ours:
            text = "" if self.opened is None else self._filter.feed(piece)
        self._shown.append(text)
        return text

    def finish(self, *, cut: bool) -> str:
        """Returns what is left to show, and decides what the whole answer is.

        Args:
            cut: whether a limit of tokens ended the answer.
        """
        rest = self._filter.finish(cut=cut)
        if self._ours or (self.opened and (cut or not self._filter.inside)):
            self.whole = "".join(self._shown) + rest
            return rest
        shown = self.opened is False
        sent = "".join(self._sent)
        leading = ReasoningFilter()
        whole = without_reasoning(sent, cut=cut)
        if whole != leading.feed(sent) + leading.finish(cut=cut):
            self.opened = True  # a lone closing mark, so the template has opened it
        elif not cut:
            self.opened = False
        elif self.opened is None and whole.strip() and not leading.left_out:
            self.undecided = True
            return ""
        self.whole = whole
        return rest if shown else whole

    def decide(self, opened: bool) -> str:
        """Says of an answer that is `undecided` whether it is reasoning; returns what to show."""
        self.undecided, self.opened = False, opened
        self.whole = "" if opened else "".join(self._sent)
        return self.whole
