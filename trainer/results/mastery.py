"""Which lessons an adapter has mastered; kept in its card, lesson by lesson."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from trainer.results.stored_fields import stored_fields

CONTRADICTION = "contradiction"
"""Another lesson has nearly the same question and another answer."""
CUT = "cut"
"""It has no room for its whole answer, so that nothing can teach it."""
TOO_LONG = "too long"
"""Its answer is longer than the bot's answers are."""
TOO_ALIKE = "too alike"
"""Another lesson's question is very like its own."""
TIME_UP = "The time was up before every lesson was mastered: give it more (night.hours)."
"""A note of a run that ended by its clock; the next night goes on from there."""


@dataclass(frozen=True)
class Round:
    """One round of a training, the first or one of revision, and what was mastered after it."""

    lessons: int
    """The number of lessons that it was for: all, and later those that were not mastered."""
    steps: int
    mastered: int
    """Of all lessons."""
    seconds: float
    """Of its steps."""
    undone: bool = False
    """Whether less was mastered after it, so that its weights were thrown away."""


@dataclass(frozen=True)
class Mastery:
    """Of which lessons greedy decoding gives the taught answer word for word.

    Lessons of files that give them no number are counted and not named.

    Attributes:
        asked: how many lessons were looked at: all that were trained.
        mastered: how many of them are mastered.
        ids: the numbers of those.
        missing: the numbers of the others.
        reasons: for some of `missing` why that may be: `contradiction`, `cut`, `too long` or
            `too alike`.
        rounds: the rounds of the training, the first one first.
    """

    asked: int
    mastered: int
    ids: tuple[int, ...] = ()
    missing: tuple[int, ...] = ()
    reasons: dict[int, str] = field(default_factory=dict)
    rounds: tuple[Round, ...] = ()

    @property
    def teachable(self) -> int:
        """How many lessons can be mastered: not those that were cut, nor what another denies."""
        return self.asked - len(self.unteachable)

    @property
    def unteachable(self) -> frozenset[int]:
        """The numbers of the others."""
        return frozenset(
            number for number, why in self.reasons.items() if why in (CONTRADICTION, CUT)
        )

    @property
    def share(self) -> float:
        """The share of them that is mastered, from 0 to 1; 1 where there was nothing to learn."""
        return self.mastered / self.teachable if self.teachable else 1.0

    @classmethod
    def of(
        cls,
        known: Sequence[bool],
        numbers: Sequence[int | None],
        reasons: Mapping[int, str] | None = None,
        rounds: Sequence[Round] = (),
    ) -> Self:
        """Sums up a check.

        Args:
            known: for each lesson whether it is mastered.
            numbers: the number of each, None where it has none.
            reasons: why some lessons are not, by their place.
            rounds: of the training.
        """
        found = ((numbers[place], reason) for place, reason in (reasons or {}).items())
        pairs = list(zip(known, numbers, strict=True))
        return cls(
            asked=len(pairs),
            mastered=sum(known),
            ids=tuple(number for right, number in pairs if right and number is not None),
            missing=tuple(number for right, number in pairs if not right and number is not None),
            reasons={number: reason for number, reason in found if number is not None},
            rounds=tuple(rounds),
        )

    def to_json(self) -> dict[str, Any]:
        """As it stands in a card."""
        return asdict(self) | {
            "ids": list(self.ids),
            "missing": list(self.missing),
            "reasons": {str(number): reason for number, reason in self.reasons.items()},
            "rounds": [asdict(one) for one in self.rounds],
        }

    @classmethod
    def from_json(cls, stored: object) -> Self | None:
        """Reads what `to_json` wrote; None where no check was made."""
        values = stored_fields(cls, stored)
        if "asked" not in values or "mastered" not in values:
            return None
        return cls(
            asked=values["asked"],
            mastered=values["mastered"],
            ids=tuple(values.get("ids", ())),
            missing=tuple(values.get("missing", ())),
            reasons={int(number): why for number, why in values.get("reasons", {}).items()},
            rounds=tuple(read_rounds(values.get("rounds", ()))),
        )


def read_rounds(stored: Iterable[object]) -> list[Round]:
    """Reads rounds as they stand in a card; what they lack is nothing."""
    nothing: dict[str, Any] = {"lessons": 0, "steps": 0, "mastered": 0, "seconds": 0.0}
    return [Round(**nothing | stored_fields(Round, one)) for one in stored]
