"""Finds what a row says about its own answer: liked, disliked, not yet approved, or rated.

A disliked answer is never a lesson. A row says so in many ways: KTO's `label: false`, `weight: 0`,
`is_approved: false`, `thumbs_down`, `status: rejected`, `feedback: bad`, a low `rating`. What
stands under a name that judges and is not understood is no like either.
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Literal

from trainer.importing.shapes.names import best_of_name, plain, plain_keys, shown, words
from trainer.importing.shapes.verdict_words import NO, REFUSED, YES, plain_word, verdict_of

APPROVED = words(  # a yes: the answer is approved; all else: it is not, or not yet
    "approved is_approved accepted is_accepted validated is_validated verified is_verified"
    " freigegeben genehmigt akzeptiert gepruft approuve valide aprobado validado"
)
_GOOD = words(  # true: the answer is liked; false: it is not
    "label liked is_liked good is_good correct is_correct"
    " helpful is_helpful thumbs_up thumb_up upvoted desirable is_desirable preferred is_preferred"
    " is_chosen passed valid is_valid richtig hilfreich"
)
_BAD = words(  # anything but a no: the answer is disliked
    "thumbs_down thumb_down disliked is_disliked rejected is_rejected discarded is_discarded"
    " deleted is_deleted bad is_bad undesirable is_undesirable downvoted flagged is_flagged spam"
    " is_spam was_cancelled incorrect is_incorrect wrong is_wrong"
    " abgelehnt verworfen geloscht falsch rejete refuse supprime rechazado descartado"
)
_RATINGS = words(
    "rating ratings score scores stars vote votes quality quality_score grade points reward"
    " user_rating user_score human_rating human_score average_rating overall_rating overall_score"
    " feedback user_feedback human_feedback reaction thumb thumbs helpfulness helpfulness_score"
    " upvotes likes verdict evaluation judgement judgment annotation bewertung wertung sterne"
    " note etoiles puntuacion calificacion valoracion estrellas"
)
_REMARKS = words(
    "feedback user_feedback human_feedback evaluation annotation judgement judgment note"
)
"""Ratings that may as well be a long text about the answer."""
_CLASSES = frozenset(("annotation", "note"))
"""Ratings whose words are more often a class or a remark."""
_STATES = frozenset(("status", "state", "review", "review_status", "decision", "estado", "statut"))
_LISTS = words("annotations reviews feedbacks evaluations judgements judgments")
_HOLDERS = frozenset(("metadata", "meta", "info", "extra", "review", *_LISTS))
_INNER = frozenset(("value", "rating", "score", "thumbs", "thumb", "vote", "label", "sentiment"))
_INNER_WORDS = frozenset(("type", "name", "kind", "result"))
JUDGING = APPROVED | _GOOD | _BAD | _RATINGS | _STATES | _HOLDERS | {"weight"}
"""Plain names of keys that say something about an answer, or hold what does."""

_OF = re.compile(
    r"([-+]?\d{1,6}(?:[.,]\d{1,6})?)"
    r"(?:\s*(?:/|of|out of|von|aus|sur|de)\s*(\d{1,4}))?"
    r"\s*(?:(%)|(stars?|sternen?|stern|etoiles?|estrellas?|[★⭐])|(?:points?|punkten?|pts|puntos?))?"
)
_ZERO = re.compile(r"-.*|0[.,]0*")
_STARS = re.compile(r"(★{1,10})☆{0,9}|(⭐{1,10})")
_NOT_BAD = words("false no n 0 nein non")
_LONGEST_WORD = 40
_DEEPEST = 2
_MOST_ENTRIES = 100
"""Entries of a list of judgements that are looked at."""


@dataclass(frozen=True)
class Judgement:
    """What one key of a row says about its answer.

    Attributes:
        kind: `rated` has a number whose scale is not known yet; `pending` waits for somebody's
            approval; `unclear` is not understood.
        key: the plain name of the key, one of those above.
        said: the value as it may be shown.
        value: the number of a rating.
        top: the best number of its scale, where the value says so itself ("4/5").
    """

    kind: Literal["liked", "disliked", "rated", "neither", "unclear", "pending"]
    key: str
    said: str
    value: float = 0.0
    top: float | None = None


def judgements_of(
    row: Mapping[str, Any],
    answer: Mapping[str, Any] | None = None,
    names: Iterable[str] = (),
) -> tuple[Judgement, ...]:
    """Returns what decides over a row's answer; several only where all of them are ratings.

    A dislike wins over what is not understood, that over a missing approval, that over ratings
    and words in the middle, those over a like.

    Args:
        row: by the plain names of its keys.
        answer: the message that answers, as it stands in the file, where the row has messages.
        names: the keys as they stand in the file: one may name its scale, "Rating (1-5)".
    """
    said = list(_judgements(row, 0, "")) if not JUDGING.isdisjoint(row) else []
    if answer is not None and len(answer) > 2:  # noqa: PLR2004  its role and its content
        said += _judgements(plain_keys(answer), 0, "")
    if not said:
        return ()
    for kind in ("disliked", "unclear", "pending", "neither"):
        for one in said:
            if one.kind == kind:
                return (one,)
    ratings = [one for one in said if one.kind == "rated"]
    if ratings:
        tops = {plain(name): best for name in names if (best := best_of_name(name))}
        return tuple(
            replace(one, top=tops[one.key]) if one.top is None and one.key in tops else one
            for one in ratings
        )
    return (said[0],)


def _judgements(row: Mapping[str, Any], depth: int, within: str) -> Iterator[Judgement]:
    """Every judgement among the keys of a row, and in the objects and lists that hold some.

    Args:
        row: by the plain names of its keys.
        depth: how many objects it is in.
        within: the key that holds it, "" of the row itself.
    """
    judging = within in _RATINGS or within in _STATES or within in _LISTS
    for key, value in row.items():
        if isinstance(value, (Mapping, list)):
            if depth < _DEEPEST and (key in _HOLDERS or key in _RATINGS):
                yield from _held(key, value, depth)
        elif one := _inner(key, value) if judging else _judgement(key, value):
            yield one


def _held(key: str, value: Mapping[str, Any] | list[Any], depth: int) -> Iterator[Judgement]:
    """The judgements in the object or the list that a key holds."""
    for entry in islice(value if isinstance(value, list) else [value], _MOST_ENTRIES):
        if isinstance(entry, Mapping):
            yield from _judgements(plain_keys(entry), depth + 1, key)
        elif key in _RATINGS and (one := _judgement(key, entry)):
            yield one


def _inner(key: str, value: Any) -> Judgement | None:
    """What a key within a judgement says: there `value` and `type` judge as well."""
    if key in _INNER and key not in _GOOD:
        return _rated(key, value)
    if key in _INNER_WORDS:
        return _by_word(key, value) if isinstance(value, str) else None
    return _judgement(key, value)


def _judgement(key: str, value: Any) -> Judgement | None:  # noqa: PLR0911  a table
    if key == "weight":
        zero = not isinstance(value, bool) and _text(value) in ("0", "0.0")
        return Judgement("disliked", key, "0") if zero else None
    if key in APPROVED:
        return _approved(key, value)
    if key in _GOOD:
        return _liked(key, value)
    if key in _BAD:
        return _bad(key, value)
    if key in _STATES:
        known = _by_word(key, value) if isinstance(value, str) else None
        if known and known.kind == "disliked" and plain_word(value) not in REFUSED:
            return None  # "status: failed" is more often that of a job
        return known if known and known.kind != "neither" else None
    if key in _RATINGS:
        return _rated(key, value)
    return None


def _approved(key: str, value: Any) -> Judgement | None:
    """Only a yes approves; an empty cell does not."""
    text = _text(value)
    if text is None:
        text = value[:_LONGEST_WORD] if isinstance(value, str) else ""
    word = plain_word(text)
    if word in NO or word in REFUSED or word.startswith("-") or word == "0.0":
        return Judgement("disliked", key, _said(text))
    if word in YES or _is_count(word):
        return Judgement("liked", key, _said(text))
    return Judgement("pending", key, _said(text) if text.strip() else "empty")


def _liked(key: str, value: Any) -> Judgement | None:
    text = _text(value)
    if text is None:
        return None
    word = plain_word(text)
    if word in NO or word in REFUSED or word.startswith("-") or word == "0.0":
        return Judgement("disliked", key, _said(text))
    # Another word or number is the name of a class: a label is not always a judgement.
    return Judgement("liked", key, _said(text)) if word in YES else None


def _bad(key: str, value: Any) -> Judgement | None:
    """Anything but a no dislikes: a mark, a number, a reason, a date."""
    if not isinstance(value, (str, bool, int, float)):
        return None
    text = _text(value)
    if text is None:
        text = value if isinstance(value, str) else ""
    word = plain_word(text[: _LONGEST_WORD + 1])
    no = word in _NOT_BAD or verdict_of(word) == "unjudged" or _ZERO.fullmatch(word)
    return None if no else Judgement("disliked", key, _said(text))


def _rated(key: str, value: Any) -> Judgement | None:  # noqa: PLR0911  a table
    if isinstance(value, bool):
        return Judgement("liked" if value else "disliked", key, "true" if value else "false")
    if isinstance(value, float) and not math.isfinite(value):
        return Judgement("disliked", key, "no number")
    if isinstance(value, str) and len(value) > _LONGEST_WORD:
        return None if key in _REMARKS else Judgement("unclear", key, _said(value))
    text = _text(value)
    if text is None or not text.strip():
        return None
    if numbered := _by_number(key, text):
        return numbered
    if isinstance(value, (int, float)):
        return Judgement("rated", key, _said(text), _clamped(value))
    if known := _by_word(key, text):
        return known
    if key in _CLASSES or verdict_of(text) == "unjudged":
        return None
    return Judgement("unclear", key, _said(text))


def _by_number(key: str, text: str) -> Judgement | None:
    """A rating in stars, or as a number that may name the best one: "2 out of 5"."""
    said = _said(text)
    spaced = " ".join(plain_word(text).replace("_", " ").split())
    if stars := _STARS.fullmatch(spaced):
        number = float(len(stars[1] or stars[2]))
        return Judgement("rated", key, said, number, max(5.0, number))
    parts = _OF.fullmatch(spaced)
    if parts is None:
        return None
    best = float(parts[2]) if parts[2] and float(parts[2]) > 0 else None
    if best is None and (parts[3] or parts[4]):
        best = 100.0 if parts[3] else 5.0
    if best is None and key == "note":  # a mark whose best is 20 here and 1 there
        return Judgement("unclear", key, said)
    return Judgement("rated", key, said, float(parts[1].replace(",", ".")), best)


def _by_word(key: str, text: str) -> Judgement | None:
    verdict = verdict_of(text) if len(text) <= _LONGEST_WORD else None
    if verdict is None or verdict == "unjudged":
        return None
    return Judgement(verdict, key, _said(text))


def _text(value: Any) -> str | None:
    """A value as a short text, None where it is no judgement at all."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(int(_clamped(value)))
        case float() if math.isfinite(value):
            return f"{_clamped(value):g}"
        case str() if len(value) <= _LONGEST_WORD:
            return value
    return None


def _said(text: str) -> str:
    """A value as it may stand in an error; the pictures of people's judgements stay."""
    word = text.strip()
    if _STARS.fullmatch(word) or plain_word(word[:_LONGEST_WORD]) in YES | NO:
        return word.casefold()
    return shown(word.casefold())


def _clamped(value: float) -> float:
    """A number within what a rating can be: whole numbers of JSON may be beyond any float."""
    return float(max(-1_000_000, min(1_000_000, value)))


def _is_count(word: str) -> bool:
    return word.replace(".", "", 1).isdecimal() and float(word) > 0
