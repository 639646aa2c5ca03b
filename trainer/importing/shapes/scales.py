"""Decides what a number beside an answer means, by all numbers that its file has under that key.

A `rating` of 1 is a thumb up on one scale and the worst of five stars on another. The file's own
values tell them apart; where they do not, a row is rejected and not learned.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, TypeAlias

from trainer.importing.lines import FoundRow, Rejected
from trainer.importing.shapes.judgement import Judgement
from trainer.importing.shapes.names import words

Fate: TypeAlias = Literal["liked", "disliked", "neither", "unclear"]

_COUNTS = frozenset(("votes", "upvotes", "likes", "points"))
_THUMBS = words("vote thumb thumbs feedback reaction user_feedback human_feedback")
_STARS = frozenset(("stars", "sterne"))
_OPEN = frozenset(("score", "scores", "reward"))  # without a best value, more often than not
_LOW = 0.4
"""Part of the best value up to which an answer is disliked: two of five, four of ten."""
_HIGH = 0.7
"""Part of the best value from which an answer is liked: four of five, seven of ten."""


@dataclass(frozen=True)
class Rated(Rejected):
    """A row with a rating: the whole file tells its scale, until then it is rejected.

    Attributes:
        found: the row, a lesson if its rating is a good one.
        judgement: the rating.
    """

    found: FoundRow
    judgement: Judgement


def rated(found: FoundRow, judgement: Judgement) -> Rated:
    """Returns a row that waits for the scale of its rating."""
    return Rated(found.line, (reason("unclear", judgement),), found, judgement)


def fate(judgement: Judgement, seen: Collection[float]) -> Fate:  # noqa: PLR0911  a table
    """Returns what a rating says.

    Args:
        judgement: the rating.
        seen: every number that the file has under its key.
    """
    value, key = judgement.value, judgement.key
    if judgement.top is not None:
        return _part(value / judgement.top)
    low, high = min(seen, default=value), max(seen, default=value)
    if low == -1 and all(one in (-1, 0, 1) for one in seen):
        return "neither" if value == 0 else "liked" if value > 0 else "disliked"
    if key in _COUNTS or low < 0 or high > 100:  # noqa: PLR2004  more than any scale has
        return "liked" if value > 0 else "disliked"
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
        return f"{said} on an unknown scale: remove {judgement.key} if it does not judge the answer"
    return f"{said}: a disliked answer is no lesson"


def _part(part: float) -> Fate:
    if part <= _LOW:
        return "disliked"
    return "liked" if part >= _HIGH else "neither"
