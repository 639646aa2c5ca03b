"""How the bot as deployed, its notes included, answers an exam: numbers only, nobody's words."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, Self

from trainer.results.stored_fields import stored_fields

Outcome = Literal[
    "taught_right",
    "taught_wrong",
    "near_right",
    "near_wrong",
    "model_right",
    "model_wrong",
    "declined",
]
"""How one question ended: the source of its answer, and whether that was right."""


@dataclass(frozen=True)
class DeployedMarks:
    """How the questions of one part of the exam ended; each of them counts once.

    Attributes:
        taught_right: shown as taught, and right.
        taught_wrong: shown as taught, and wrong: surely wrong.
        near_right: the words of the nearest lesson, introduced as such, which is the right one.
        near_wrong: those of another lesson.
        model_right: a model's own words, and right.
        model_wrong: a model's own words, and wrong.
        declined: nothing was answered.
        told: of those shown as taught, so many in the adapter's words and not in a quote.
    """

    taught_right: int = 0
    taught_wrong: int = 0
    near_right: int = 0
    near_wrong: int = 0
    model_right: int = 0
    model_wrong: int = 0
    declined: int = 0
    told: int = 0

    @property
    def asked(self) -> int:
        """The number of questions."""
        return (
            self.taught_right
            + self.taught_wrong
            + self.near_right
            + self.near_wrong
            + self.model_right
            + self.model_wrong
            + self.declined
        )

    @property
    def right(self) -> int:
        """The number of right answers, whatever their source."""
        return self.taught_right + self.near_right + self.model_right

    @classmethod
    def of(cls, outcomes: Iterable[Outcome], told: int) -> Self:
        """Counts how questions ended."""
        counts = dict.fromkeys((f.name for f in fields(cls)), 0) | {"told": told}
        for outcome in outcomes:
            counts[outcome] += 1
        return cls(**counts)

    @classmethod
    def from_json(cls, stored: object) -> Self:
        """Reads what `dataclasses.asdict` wrote."""
        return cls(**stored_fields(cls, stored))


@dataclass(frozen=True)
class DeployedScores:
    """The marks of the bot with one adapter, or without any."""

    taught: DeployedMarks = field(default_factory=DeployedMarks)
    """Questions as they were taught."""
    reworded: DeployedMarks = field(default_factory=DeployedMarks)
    """The same questions in wordings that were not trained."""

    @property
    def surely_wrong(self) -> int:
        """Wrong answers that were shown as taught."""
        return self.taught.taught_wrong + self.reworded.taught_wrong

    def to_json(self) -> dict[str, Any]:
        """As it stands in an evaluation."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: object) -> Self | None:
        """Reads what `to_json` wrote; None where it was not measured."""
        parts = stored_fields(cls, stored)
        if not parts:
            return None
        return cls(**{name: DeployedMarks.from_json(part) for name, part in parts.items()})
