"""Decides what a number beside an answer means, by all numbers that its file has under that key.

A `rating` of 1 is a thumb up on one scale and the worst of five stars on another. The file's own
values tell them apart; where they do not, a row is rejected and not learned.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from trainer.importing.lines import FoundRow, Rejected
from trainer.importing.shapes.judgement import Judgement
from trainer.importing.shapes.names import words

Fate: TypeAlias = Literal["liked", "disliked", "neither", "unclear"]

_COUNTS = frozenset(("votes", "upvotes", "likes", "points"))
_THUMBS = words("vote thumb thumbs feedback reaction user_feedback human_feedback")
_STARS = frozenset(("stars", "sterne", "etoiles", "estrellas"))
_OPEN = frozenset(("score", "scores", "reward"))  # without a best value, more often than not
_LOW = 0.4
"""Part of the best value up to which an answer is disliked: two of five, four of ten."""
_HIGH = 0.7
"""Part of the best value from which an answer is liked: four of five, seven of ten."""


@dataclass(frozen=True)
class Scale:
    """What all numbers of a file under one key say about their scale.

    Attributes:
        low: the lowest.
        high: the highest.
        only_thumbs: whether each is -1, 0 or 1.
    """

    low: float
    high: float
    only_thumbs: bool


@dataclass(frozen=True)
class Rated(Rejected):
    """A row with ratings: the whole file tells their scales, until then it is rejected.

    Attributes:
        found: the row, a lesson if its ratings are good ones.
        judgements: the ratings.
    """

    found: FoundRow
    judgements: tuple[Judgement, ...]


def rated(found: FoundRow, *judgements: Judgement) -> Rated:
    """Returns a row that waits for the scales of its ratings."""
    return Rated(found.line, (reason("unclear", judgements[0]),), found, judgements)


def scales_of(judgements: Iterable[Judgement]) -> dict[str, Scale]:
    """Returns the scale of each key, by all ratings of a file."""
    scales: dict[str, Scale] = {}
    for one in judgements:
        known, value = scales.get(one.key), one.value
        thumb = value in (-1, 0, 1)
        if known is None:
            scales[one.key] = Scale(value, value, thumb)
        elif not known.low <= value <= known.high or (known.only_thumbs and not thumb):
            low, high = min(known.low, value), max(known.high, value)
            scales[one.key] = Scale(low, high, known.only_thumbs and thumb)
    return scales


def decided(judgements: Iterable[Judgement], scales: dict[str, Scale]) -> tuple[Fate, Judgement]:
    """Returns what several ratings of one answer say together, and which of them says it.

    One bad rating is enough; a count of nothing is no vote where another rating says something.
    """
    fates = [(fate(one, scales[one.key]), one) for one in judgements]
    some = [said for said in fates if not (said[0] == "neither" and said[1].key in _COUNTS)]
    for kind in ("disliked", "unclear", "neither", "liked"):
        for said in some or fates:
            if said[0] == kind:
                return said
    raise AssertionError("no rating")


def fate(judgement: Judgement, scale: Scale) -> Fate:  # noqa: PLR0911  a table
    """Returns what a rating says.

    Args:
        judgement: the rating.
        scale: that of its key in its file.
    """
    value, key = judgement.value, judgement.key
    if judgement.top is not None:
        return _part(value / judgement.top) if value <= judgement.top else "unclear"
    low, high = scale.low, scale.high
    if key in _COUNTS | _OPEN | _THUMBS and (key in _COUNTS or low < 0 or high > 100):  # noqa: PLR2004  more than any scale has
        # That nobody voted says nothing.
        return "liked" if value > 0 else "disliked" if value < 0 else "neither"
    if low < 0 or high > 100:  # noqa: PLR2004  as above
        if scale.only_thumbs:
            return "liked" if value > 0 else "disliked" if value < 0 else "neither"
        return "disliked" if value < 0 else "unclear"
    if key in _OPEN and value == 0 and high > 1:
        return "neither"
    if key in _STARS or 1 < high <= 5:  # noqa: PLR2004  five stars
        return _part(value / 5)
    if high <= 1:
        # Ones alone: all thumbs up, or all the worst of five.
        alone = low == high == 1 and key not in _THUMBS
        return "unclear" if alone else _part(value)
    if high <= 10:  # noqa: PLR2004  one to ten
        return _part(value / 10)
    part = _part(value / 100)
    return "unclear" if key in _OPEN and part != "liked" and value > 0 else part


def reason(of: Fate, judgement: Judgement) -> str:
    """Words why a row is no lesson."""
    said = f"its {judgement.key} is {judgement.said}"
    if of == "neither":
        return f"{said}, neither liked nor disliked: it is no lesson"
    if of == "unclear":
        what = "on an unknown scale" if judgement.kind == "rated" else "which is not understood"
        comma = " " if judgement.kind == "rated" else ", "
        return f"{said}{comma}{what}: remove {judgement.key} if it does not judge the answer"
    return f"{said}: a disliked answer is no lesson"


def _part(part: float) -> Fate:
    if part <= _LOW:
        return "disliked"
    return "liked" if part >= _HIGH else "neither"
