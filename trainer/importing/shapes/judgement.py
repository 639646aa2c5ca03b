"""Finds what a row says about its own answer: liked, disliked, or rated on some scale.

A disliked answer is never a lesson. A row says so in many ways: KTO's `label: false`, `weight: 0`,
`is_approved: false`, `thumbs_down`, `status: rejected`, `feedback: bad`, a low `rating`.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from trainer.importing.shapes.names import plain_keys, words

_GOOD = words(  # true: the answer is liked; false: it is not
    "label approved is_approved accepted is_accepted liked is_liked good is_good correct is_correct"
    " helpful is_helpful thumbs_up thumb_up upvoted desirable is_desirable preferred is_preferred"
    " is_chosen passed valid is_valid"
)
_BAD = words(  # true: the answer is disliked; false says nothing
    "thumbs_down thumb_down disliked is_disliked rejected is_rejected discarded is_discarded"
    " deleted is_deleted bad is_bad undesirable is_undesirable downvoted flagged is_flagged spam"
    " is_spam was_cancelled incorrect is_incorrect wrong is_wrong"
)
_RATINGS = words(
    "rating ratings score scores stars vote votes quality quality_score grade points reward"
    " user_rating user_score human_rating human_score average_rating overall_rating overall_score"
    " feedback user_feedback human_feedback reaction thumb thumbs helpfulness helpfulness_score"
    " upvotes likes verdict evaluation judgement judgment annotation bewertung sterne"
)
_STATES = frozenset(("status", "state", "review", "review_status", "decision"))
_HOLDERS = frozenset(("metadata", "meta", "info", "review", "annotation", "evaluation", "feedback"))
_INNER = frozenset(("value", "rating", "score", "thumbs", "thumb", "vote", "label", "sentiment"))

_YES = words(
    "true yes y 1 good great positive up like liked thumbs_up thumb_up thumbsup upvote accepted"
    " approved chosen desirable correct pass passed helpful 👍 +1 :+1: :thumbsup: ja oui si"
)
_NO = words(
    "false no n 0 bad poor negative down dislike disliked thumbs_down thumb_down thumbsdown"
    " downvote undesirable incorrect wrong fail failed unhelpful not_helpful 👎 -1 :-1:"
    " :thumbsdown: nein non"
)
_REFUSED = words("rejected discarded declined deleted withdrawn spam disapproved denied refused")
_KEYS = _GOOD | _BAD | _RATINGS | _STATES | _HOLDERS | _INNER | {"weight"}
_OF = re.compile(r"\s*([-+]?\d{1,6}(?:[.,]\d{1,6})?)\s*(?:(?:/|of|out of|von|sur|de)\s*(\d{1,4}))?")
_STARS = re.compile(r"(★{1,10})☆{0,9}|(⭐{1,10})")
_LONGEST_WORD = 40


@dataclass(frozen=True)
class Judgement:
    """What one key of a row says about its answer.

    Attributes:
        kind: `rated` has a number whose scale is not known yet.
        key: the plain name of the key, one of those above.
        said: the value as it may be shown.
        value: the number of a rating.
        top: the best number of its scale, where the value says so itself ("4/5").
    """

    kind: Literal["liked", "disliked", "rated"]
    key: str
    said: str
    value: float = 0.0
    top: float | None = None


def judged(row: Mapping[str, Any], answer: Mapping[str, Any] | None = None) -> Judgement | None:
    """Returns what a row says about its answer; a dislike wins over a rating, that over a like.

    Args:
        row: by the plain names of its keys.
        answer: the message that answers, as it stands in the file, where the row has messages.
    """
    said = list(_judgements(row, inner=False))
    if answer is not None:
        said += _judgements(plain_keys(answer), inner=False)
    for kind in ("disliked", "rated", "liked"):
        for one in said:
            if one.kind == kind:
                return one
    return None


def _judgements(row: Mapping[str, Any], *, inner: bool) -> list[Judgement]:
    """Every judgement among the keys of a row, and one level deeper."""
    found: list[Judgement] = []
    if _KEYS.isdisjoint(row):
        return found
    for key, value in row.items():
        if isinstance(value, Mapping) and not inner:
            if key in _HOLDERS or key in _RATINGS:
                nested = plain_keys(value)
                deeper = {k: v for k, v in nested.items() if k in _GOOD | _BAD | _RATINGS | _INNER}
                found += _judgements(deeper, inner=True)
        elif one := _judgement(key, value, inner=inner):
            found.append(one)
    return found


def _judgement(key: str, value: Any, *, inner: bool) -> Judgement | None:  # noqa: PLR0911  a table
    if isinstance(value, float) and not math.isfinite(value):
        return Judgement("disliked", key, "no number") if key in _RATINGS else None
    word = _word(value)
    if word is None:
        return None
    if key == "weight":
        return Judgement("disliked", key, word) if word in ("0", "0.0") else None
    if key in _GOOD:
        return _liked(key, word)
    if key in _BAD:
        no = word in _NO or word.startswith("-") or word in ("none", "null", "0.0")
        return None if no or not (word in _YES or _is_count(word)) else _disliked(key, word)
    if key in _STATES:
        return _disliked(key, word) if word in _REFUSED else None
    if key in _RATINGS or (inner and key in _INNER):
        return _rated(key, word, value)
    return None


def _liked(key: str, word: str) -> Judgement | None:
    if word in _NO or word in _REFUSED or word.startswith("-") or word == "0.0":
        return _disliked(key, word)
    # Another word or number is the name of a class: a label is not always a judgement.
    return Judgement("liked", key, word) if word in _YES else None


def _rated(key: str, word: str, value: Any) -> Judgement | None:
    if isinstance(value, bool):
        return Judgement("liked" if value else "disliked", key, word)
    if stars := _STARS.fullmatch(word):
        number, top = float(len(stars[1] or stars[2])), 5.0
        return Judgement("rated", key, word, number, max(top, number))
    if parts := _OF.fullmatch(word):
        best = float(parts[2]) if parts[2] and float(parts[2]) > 0 else None
        return Judgement("rated", key, word, float(parts[1].replace(",", ".")), best)
    if isinstance(value, (int, float)):
        return Judgement("rated", key, word, _clamped(value))
    if word in _NO or word in _REFUSED:
        return _disliked(key, word)
    return Judgement("liked", key, word) if word in _YES else None


def _disliked(key: str, word: str) -> Judgement:
    return Judgement("disliked", key, word)


def _word(value: Any) -> str | None:
    """A value as one plain word, None where it is no judgement at all."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"{_clamped(value):g}"
        case str() if len(value) <= _LONGEST_WORD:
            word = value.strip().casefold()
            return re.sub(r"[\s-]+(?=[a-z])", "_", word) or None
    return None


def _clamped(value: float) -> float:
    """A number within what a rating can be: whole numbers of JSON may be beyond any float."""
    return float(max(-1_000_000, min(1_000_000, value)))


def _is_count(word: str) -> bool:
    return word.replace(".", "", 1).isdecimal() and float(word) > 0
