"""Whether a question is a taught one in nearly the same words, which takes no encoder."""

from collections import defaultdict
from collections.abc import Sequence

from trainer.similarity import Form, form, likeness

SAME_LIKENESS = 0.8
"""Likeness from which a question is the taught one: 318 of 336 plain rewordings, none wrong."""
SAME_CONFIDENCE = 0.99
"""What that measurement says of the chance that such a lesson is the right one."""


def same_likeness(asked: Form, taught: Form) -> float:
    """Returns how like two questions are, from 0 to 1; 0 where numbers or negations differ."""
    if asked.text == taught.text:
        return 1.0
    return likeness(asked, taught) if asked.strict == taught.strict else 0.0


def likest(question: str, taught: Sequence[str]) -> list[tuple[float, int]]:
    """Returns how like some taught questions are to one that is asked, the likest first.

    Args:
        question: what is asked.
        taught: in the order in which they were taught. Of equals the newest comes first: it is what
            was said last.

    Returns:
        The likeness of each with its place in `taught`.
    """
    return _likest(form(question), dict(enumerate(map(form, taught))))


class TaughtQuestions:
    """Many taught questions, of which only those are compared that share a word of meaning."""

    def __init__(self, taught: Sequence[str]) -> None:
        """Reads the questions, given in the order in which they were taught."""
        self._forms = [form(text) for text in taught]
        self._by_word: dict[str, set[int]] = defaultdict(set)
        for place, one in enumerate(self._forms):
            for word in (one.text, *one.bag):
                self._by_word[word].add(place)

    def likest(self, question: str) -> list[tuple[float, int]]:
        """Returns what `likest` does of those that share a word with a question."""
        asked = form(question)
        places = set().union(*(self._by_word.get(w, ()) for w in (asked.text, *asked.bag)))
        return _likest(asked, {place: self._forms[place] for place in places})


def _likest(asked: Form, taught: dict[int, Form]) -> list[tuple[float, int]]:
    found = ((same_likeness(asked, one), place) for place, one in taught.items())
    return sorted(found, reverse=True)
