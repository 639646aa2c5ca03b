"""Reads what the ratings and choices of a labelling tool say, by the judgement that rows have too.

A tool's questions have any name. A known one ("thumbs_down", "is_correct") means what it means in
a row; under another name only words count that praise or blame ("good", "reject") and ratings: a
yes to "is_harmful" praises nothing.
"""

from collections import defaultdict
from typing import Any, Literal, TypeAlias

from trainer.importing.applications.fields import number, shown, text
from trainer.importing.applications.labelling.field_names import words_of
from trainer.importing.shapes.judgement import Judgement, judged
from trainer.importing.shapes.names import ANSWERS, plain, words
from trainer.importing.shapes.scales import fate

Opinion: TypeAlias = Literal["liked", "disliked", "neither", "unclear", "nothing"]

_FILLERS = frozenset(ANSWERS) | words("is the this it was it_is")
_YES_OR_NO = words("yes no true false y n ja nein oui non si")
_NO_PRAISE = words(
    "toxicity toxic harm harmful harmfulness bias severity difficulty confidence effort error"
    " errors hallucination hallucinations length verbosity complexity risk"
)
"""What is no better the more there is of it."""
_ANY = "verdict"
_THUMBS = (-1, 0, 1)


class Opinions:
    """What people said in a file; a rating is understood by all ratings under its name."""

    def __init__(self) -> None:
        self._ratings: dict[str, set[float]] = defaultdict(set)

    def see(self, name: str, value: Any) -> None:
        """Keeps a rating of the file for the scale of its name."""
        found = _judgement(name, value)
        if found is not None and found.kind == "rated":
            seen = self._ratings[name]
            seen.add(found.value)
            if len(seen) > len(_THUMBS) + 1:
                # The ends tell the scale, and any other value that it is none of thumbs.
                between = next(one for one in seen if one not in _THUMBS)
                self._ratings[name] = {min(seen), max(seen), between}

    def of(self, name: str, value: Any) -> tuple[Opinion, str]:
        """Returns what a rating or a choice says about the answer, and its words for people."""
        said = _plain(value)
        reason = f"its {shown(name)} is {shown(said)}"
        found = _judgement(name, value)
        if found is None:
            return "nothing", reason
        if found.kind == "rated":
            return fate(found, self._ratings[name]), reason
        if found.kind == "disliked":
            return "disliked", reason
        return ("liked" if found.kind == "liked" else "unclear"), reason


def says_yes_or_no(name: str, value: str) -> bool:
    """Returns whether a word judges an answer under a name that is otherwise that of an answer."""
    key = _key(name)
    return bool(key) and judged({key: value}) is not None and _praise_or_blame(value) is not None


def _judgement(name: str, value: Any) -> Judgement | None:
    key = _key(name)
    if not _NO_PRAISE.isdisjoint(key.split("_")):
        return None
    rating = number(value) if not isinstance(value, bool) else None
    if rating is not None:
        known = judged({plain(name): rating})
        if known is not None and known.kind != "rated":
            return known
        return Judgement("rated", plain(name), _plain(value), rating)
    said = _plain(value)
    known = judged({plain(name): said}) or (judged({key: said}) if key else None)
    if known is not None:
        return known
    if plain(said) in _YES_OR_NO:
        return None
    return _praise_or_blame(said)


def _praise_or_blame(value: str) -> Judgement | None:
    """Returns what a word says that praises or blames by itself ("Bad answer")."""
    bare = "_".join(word for word in words_of(value) if word not in _FILLERS)
    found = judged({_ANY: bare or value})
    return found if found is not None and found.kind in ("liked", "disliked") else None


def _key(name: str) -> str:
    """Returns the name of a question without the words that say nothing ("is_answer_correct")."""
    return "_".join(word for word in words_of(name) if word not in _FILLERS)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return text(value)
