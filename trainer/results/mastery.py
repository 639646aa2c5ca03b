"""Which lessons an adapter has mastered; kept in its card, lesson by lesson."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from trainer.results.stored_fields import stored_fields


@dataclass(frozen=True)
class Mastery:
    """Of which lessons greedy decoding gives the taught answer word for word.

    Lessons of files that give them no number are counted and not named.

    Attributes:
        asked: how many lessons were looked at: all that were trained.
        mastered: how many of them are mastered.
        ids: the numbers of those.
        missing: the numbers of the others.
    """

    asked: int
    mastered: int
    ids: tuple[int, ...] = ()
    missing: tuple[int, ...] = ()

    @property
    def share(self) -> float:
        """The share that is mastered, from 0 to 1; 1 where there was nothing to learn."""
        return self.mastered / self.asked if self.asked else 1.0

    @classmethod
    def of(cls, known: Sequence[bool], numbers: Sequence[int | None]) -> Self:
        """Sums up a check.

        Args:
            known: for each lesson whether it is mastered.
            numbers: the number of each, None where it has none.
        """
        pairs = list(zip(known, numbers, strict=True))
        return cls(
            asked=len(pairs),
            mastered=sum(known),
            ids=tuple(number for right, number in pairs if right and number is not None),
            missing=tuple(number for right, number in pairs if not right and number is not None),
        )

    def to_json(self) -> dict[str, Any]:
        """As it stands in a card."""
        return asdict(self) | {"ids": list(self.ids), "missing": list(self.missing)}

    @classmethod
    def from_json(cls, stored: object) -> Self | None:
        """Reads what `to_json` wrote; None where no check was made."""
        values = stored_fields(cls, stored)
        if "asked" not in values or "mastered" not in values:
            return None
        lists = {name: tuple(values.get(name, ())) for name in ("ids", "missing")}
        return cls(**values | lists)
