"""The result of an exam: numbers only, nobody's words.

It is kept in a version's card and in the table of runs. The keys of its JSON are a contract: what
was written by an earlier version is read with defaults for what it lacks.
"""

from dataclasses import asdict, dataclass
from typing import Any, Self

from trainer.results.deployed import DeployedScores
from trainer.results.stored_fields import stored_fields


@dataclass(frozen=True)
class Marks:
    """How many questions of one part of the exam were answered right."""

    right: int
    asked: int
    """0 where this part was not held."""

    @property
    def share(self) -> float:
        """The share that was right, from 0 to 1; 0 where nothing was asked."""
        return self.right / self.asked if self.asked else 0.0

    def __str__(self) -> str:
        return f"{self.right} of {self.asked}"


@dataclass(frozen=True)
class ExamScores:
    """The scores of one model; None is what was not measured."""

    asked: int = 0
    recalled: int = 0
    similarity: float | None = None
    """Mean word overlap with the taught answers, from 0 to 1."""
    pass_rate: float | None = None
    """Share of the answers with an overlap of at least one half."""
    reworded_asked: int = 0
    reworded_recalled: int = 0
    held_out_asked: int = 0
    held_out_recalled: int = 0
    canaries_asked: int = 0
    canaries_right: int = 0
    key_recall: float | None = None
    """Mean share of the taught answers' key words that came back, from 0 to 1."""
    loss: float | None = None
    """Mean cross-entropy of the taught answers after other wordings, in nats a token."""
    canary_loss: float | None = None
    """Likewise of the base model's own answers to the general questions."""
    unfinished: int | None = None
    """Answers that did not come to an end."""
    refusals: int | None = None
    """Answers that decline to give one."""
    mean_length: float | None = None
    """Tokens of an answer to what was taught."""
    kl: float | None = None
    """KL divergence from the base model on its own answers to general questions, nats a token."""

    @property
    def taught(self) -> Marks:
        """Questions as they were taught."""
        return Marks(self.recalled, self.asked)

    @property
    def reworded(self) -> Marks:
        """The same questions in wordings that were not trained."""
        return Marks(self.reworded_recalled, self.reworded_asked)

    @property
    def general(self) -> Marks:
        """Questions that nobody taught (the canaries)."""
        return Marks(self.canaries_right, self.canaries_asked)

    @classmethod
    def from_json(cls, stored: object) -> Self:
        """Reads what `dataclasses.asdict` wrote, in this or another version."""
        return cls(**stored_fields(cls, stored))


@dataclass(frozen=True)
class Match:
    """Two models on the same questions: how many only the one, or only the other, got right."""

    won: int = 0
    lost: int = 0

    @classmethod
    def from_json(cls, stored: object) -> Self:
        """Reads what `dataclasses.asdict` wrote."""
        return cls(**stored_fields(cls, stored))


@dataclass(frozen=True)
class ExamComparison:
    """The candidate against another model, part by part; won are those that it alone got right."""

    recall: Match = Match()
    reworded: Match = Match()
    canaries: Match = Match()

    @classmethod
    def from_json(cls, stored: object) -> Self:
        """Reads what `dataclasses.asdict` wrote; what it lacks was won and lost by nobody."""
        parts = stored_fields(cls, stored)
        return cls(**{name: Match.from_json(part) for name, part in parts.items()})


@dataclass(frozen=True)
class Evaluation:
    """The scores of all models of the exam, and the candidate against each of the others."""

    base: ExamScores
    candidate: ExamScores | None = None
    """None where the base model was examined alone."""
    current: ExamScores | None = None
    """The adapter in use; None where there was none, or it did not fit the model any more."""
    against_base: ExamComparison = ExamComparison()
    against_current: ExamComparison = ExamComparison()
    deployed: DeployedScores | None = None
    """The bot with the candidate, its notes included; None where that was not measured."""
    deployed_current: DeployedScores | None = None
    """The bot as it was before: with the adapter in use, or without any."""
    against_deployed: ExamComparison = ExamComparison()
    """`deployed` against `deployed_current`, in points: see `trainer.evaluation.gate`."""
    general_by_base: bool = False
    """Whether the bot has the base model answer what no lesson does. No part of an exam's result:
    whoever judges it says so."""

    def to_json(self) -> dict[str, Any]:
        """As it stands in cards, in the table of runs and in the trainer's last line."""
        document: dict[str, Any] = {"base": asdict(self.base)}
        if self.candidate is not None:
            document["candidate"] = asdict(self.candidate)
            document["against"] = {"base": asdict(self.against_base)}
            if self.current is not None:
                document["current"] = asdict(self.current)
                document["against"]["current"] = asdict(self.against_current)
        if self.deployed is not None:
            document["deployed"] = self.deployed.to_json()
        if self.deployed_current is not None:
            document["deployed_current"] = self.deployed_current.to_json()
            if self.deployed is not None:
                document.setdefault("against", {})["deployed"] = asdict(self.against_deployed)
        return document

    @classmethod
    def from_json(cls, stored: object) -> Self | None:
        """Reads what `to_json` wrote, in this or another version; None where no exam was held."""
        if not isinstance(stored, dict) or not any(stored.get(side) for side in _SIDES):
            return None
        scores = {side: ExamScores.from_json(stored[side]) for side in _SIDES if stored.get(side)}
        against = stored.get("against")
        against = against if isinstance(against, dict) else {}
        return cls(
            base=scores.get("base", ExamScores()),
            candidate=scores.get("candidate"),
            current=scores.get("current"),
            against_base=ExamComparison.from_json(against.get("base")),
            against_current=ExamComparison.from_json(against.get("current")),
            deployed=DeployedScores.from_json(stored.get("deployed")),
            deployed_current=DeployedScores.from_json(stored.get("deployed_current")),
            against_deployed=ExamComparison.from_json(against.get("deployed")),
        )


_SIDES = ("base", "candidate", "current")
