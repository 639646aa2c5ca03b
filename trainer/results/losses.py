"""How the losses of a training run fell, and whether it learned preferences: for card and chart."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, Self

from trainer.results.stored_fields import stored_fields


class LossPoint(NamedTuple):
    """One report of the training loop; losses in nats an answer token, None where not taken."""

    step: int
    train: float | None
    valid: float | None


@dataclass(frozen=True)
class PreferenceScores:
    """The result of the second stage: opinions that the model follows before and after, its cost.

    Of pairs (`dpo`) those are followed whose chosen answer is the likelier one, a token; of rated
    answers (`kto`) those that became likelier where they are liked, or less likely where not.
    """

    checked: int
    """Pairs or rated answers that were looked at."""
    before: int
    """Those that were followed before; of rated answers always 0."""
    after: int
    steps: int
    loss: float | None
    """Of the last step; None where there was none, or it was no number."""
    seconds: float
    kept: bool
    """Whether the adapter has what was learned: it helped, and cost no question of the exam."""
    method: str = "dpo"
    """How they were learned: `dpo` of pairs, or `kto` of thumbs."""


@dataclass(frozen=True)
class Losses:
    """Mean cross-entropy of the answers, in nats a token; None where nothing was validated."""

    train: float | None = None
    """Of the last report."""
    valid_before: float | None = None
    valid: float | None = None
    """Of the weights that were kept."""
    best_step: int | None = None
    """The step whose weights were kept."""
    steps: int | None = None
    """Steps that were done, maybe fewer than planned."""
    history: tuple[LossPoint, ...] = ()
    preferences: PreferenceScores | None = None
    """None where nobody's preferences were trained."""

    def to_json(self) -> dict[str, Any]:
        """As it stands in cards and in the trainer's last line."""
        document = asdict(self) | {"history": [list(point) for point in self.history]}
        if self.preferences is None:
            del document["preferences"]
        return document

    @classmethod
    def from_json(cls, stored: object) -> Self | None:
        """Reads what `to_json` wrote, in this or another version; None where there is nothing."""
        values = stored_fields(cls, stored)
        if not values:
            return None
        values["history"] = tuple(_points(values.get("history")))
        values["preferences"] = _preferences(values.get("preferences"))
        return cls(**values)


def _points(stored: object) -> list[LossPoint]:
    """The points of a history; those of another form are left out."""
    rows: Sequence[Any] = stored if isinstance(stored, list | tuple) else ()
    parts = len(LossPoint._fields)
    return [LossPoint(*row) for row in rows if isinstance(row, list | tuple) and len(row) == parts]


def _preferences(stored: object) -> PreferenceScores | None:
    nothing = {"checked": 0, "before": 0, "after": 0, "steps": 0, "loss": None, "seconds": 0.0}
    found = stored_fields(PreferenceScores, stored)
    return PreferenceScores(**{**nothing, "kept": False, **found}) if found else None
