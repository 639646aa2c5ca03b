"""Reads what the ratings and choices of a labelling tool say, by the judgement that rows have too.

A tool's questions have any name. A known one ("thumbs_down", "is_correct") means what it means in
a row; under another name only words count that praise or blame ("good", "reject") and ratings: a
yes to "is_harmful" praises nothing.
"""

from collections.abc import Iterable
from typing import Any, Literal, TypeAlias

from trainer.importing.applications.fields import number, shown, text
from trainer.importing.applications.labelling.field_names import words_of
from trainer.importing.shapes.judgement import Judgement, judgements_of
from trainer.importing.shapes.names import ANSWERS, plain, words
from trainer.importing.shapes.scales import fate, scales_of
from trainer.importing.shapes.verdict_words import plain_word, verdict_of

Opinion: TypeAlias = Literal["liked", "disliked", "neither", "unclear", "pending", "nothing"]

_FILLERS = frozenset(ANSWERS) | words("is the this it was")
_YES_OR_NO = words("yes no true false y n x ja nein oui non si 1 0 high low hoch niedrig")
_NO_PRAISE = words(
    "toxicity toxic harm harmful harmfulness bias severity difficulty confidence effort error"
    " errors hallucination hallucinations length verbosity complexity risk"
)
"""What is no better the more there is of it."""


class Opinions:
    """What people said in a file; a rating is understood by all ratings under its name."""

    def __init__(self, said: Iterable[tuple[str, Any]]) -> None:
        found = (_judgement(name, value) for name, value in said)
        self._scales = scales_of(one for one in found if one is not None and one.kind == "rated")

    def of(self, name: str, value: Any) -> tuple[Opinion, str]:
        """Returns what a rating or a choice says about the answer, and its words for people."""
        reason = f"its {shown(name)} is {shown(_plain(value))}"
        found = _judgement(name, value)
        if found is None:
            return "nothing", reason
        if found.kind == "rated":
            return fate(found, self._scales[found.key]), reason
        return found.kind, reason


def says_yes_or_no(name: str, value: str) -> bool:
    """Returns whether a word judges an answer under a name that is otherwise that of an answer."""
    key = _key(name)
    return bool(key) and bool(judgements_of({key: value})) and verdict_of(value) is not None


def _judgement(name: str, value: Any) -> Judgement | None:
    key, known = _key(name), plain(name)
    if not _NO_PRAISE.isdisjoint(key.split("_")):
        return None
    said = _plain(value)
    rating = number(value) if not isinstance(value, bool) else None
    for one in (known, key):
        found = judgements_of({one: said if rating is None else rating}) if one else ()
        if found:
            return found[0]
    if rating is not None:
        return Judgement("rated", known, said, rating)
    return None if plain_word(said) in _YES_OR_NO else _praise_or_blame(known, said)


def _praise_or_blame(key: str, said: str) -> Judgement | None:
    """Returns what a word says by itself ("Bad answer")."""
    bare = "_".join(word for word in words_of(said) if word not in _FILLERS)
    verdict = verdict_of(said) or verdict_of(bare)
    return None if verdict is None or verdict == "unjudged" else Judgement(verdict, key, said)


def _key(name: str) -> str:
    """Returns the name of a question without the words that say nothing ("is_answer_correct")."""
    return "_".join(word for word in words_of(name) if word not in _FILLERS)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return text(value)
