"""The results of the trainer's commands: each is the last line of a process that succeeded."""

from dataclasses import asdict, dataclass, field
from typing import Any, Self

from trainer.results.evaluation import Evaluation, ExamScores
from trainer.results.long_rows import LongRow, rows_of
from trainer.results.losses import Losses
from trainer.results.mastery import Mastery
from trainer.results.progress import DONE
from trainer.results.stored_fields import stored_fields


@dataclass(frozen=True)
class RunResult:
    """One training from beginning to end: the adapter, its exam and what it took."""

    out: str
    """The adapter's folder."""
    evaluation: Evaluation
    losses: Losses
    seconds: float
    training_seconds: float
    """Of `seconds`, those of the steps of all rounds; preferences are not counted."""
    tokens_per_second: float
    """Answer tokens."""
    peak_memory_gb: float
    """In 10^9 bytes."""
    exam_seconds: float = 0.0
    """Of `seconds`, those of the exam at the end."""
    settings: dict[str, Any] = field(default_factory=dict)
    """The plan with everything decided, as JSON."""
    base_revision: str = ""
    template_hash: str = ""
    tokenizer_hash: str = ""
    estimated_memory_gb: float | None = None
    """Of the peak, before the run; None where the model's architecture tells nothing."""
    mastery: Mastery | None = None
    """None where the lessons were not looked at."""
    workers: int = 1
    """Processes that trained together."""
    long_rows: tuple[LongRow, ...] = ()
    """The rows of which something was cut off."""
    notes: tuple[str, ...] = ()
    """What was out of the ordinary, a sentence each."""

    def to_json(self) -> dict[str, Any]:
        """The last line of the trainer's standard output."""
        nested = {
            "evaluation": self.evaluation.to_json(),
            "losses": self.losses.to_json(),
            "mastery": self.mastery.to_json() if self.mastery else None,
        }
        lists = {"notes": list(self.notes), "long_rows": list(map(asdict, self.long_rows))}
        return {"phase": DONE, **asdict(self), **nested, **lists}

    @classmethod
    def from_json(cls, stored: object) -> Self:
        """Reads the last line; what it lacks is nothing."""
        values = stored_fields(cls, stored)
        numbers = ("seconds", "training_seconds", "tokens_per_second", "peak_memory_gb")
        missing: dict[str, Any] = {"out": ""} | dict.fromkeys(numbers, 0.0)
        return cls(
            **missing
            | values
            | {
                "evaluation": _evaluation(values.get("evaluation")),
                "losses": Losses.from_json(values.get("losses")) or Losses(),
                "mastery": Mastery.from_json(values.get("mastery")),
                "notes": tuple(values.get("notes", ())),
                "long_rows": rows_of(values.get("long_rows")),
            }
        )


@dataclass(frozen=True)
class ExamResult:
    """An exam without a training."""

    evaluation: Evaluation
    seconds: float
    mastery: Mastery | None = None
    """Of the adapter; None where nobody looked."""

    def to_json(self) -> dict[str, Any]:
        """The last line of the trainer's standard output."""
        looked = {"mastery": self.mastery.to_json()} if self.mastery else {}
        evaluation = self.evaluation.to_json()
        return {"phase": DONE, "evaluation": evaluation, "seconds": self.seconds, **looked}

    @classmethod
    def from_json(cls, stored: object) -> Self:
        """Reads the last line; what it lacks is nothing."""
        values = stored_fields(cls, stored)
        mastery = Mastery.from_json(values.get("mastery"))
        return cls(_evaluation(values.get("evaluation")), values.get("seconds", 0.0), mastery)


@dataclass(frozen=True)
class FusedModel:
    """How a fused model answers beside base and adapter."""

    compared: int = 0
    """Answers that were compared."""
    agreed: int = 0
    """Of which so many were the same."""

    def to_json(self) -> dict[str, Any]:
        """The last line of the trainer's standard output."""
        return {"phase": DONE, **asdict(self)}

    @classmethod
    def from_json(cls, stored: object) -> Self:
        """Reads the last line."""
        return cls(**stored_fields(cls, stored))


@dataclass(frozen=True)
class ExportedAdapter:
    """An adapter in another program's layout."""

    out: str = ""
    """Its folder."""
    command: str = ""
    """What is left to run in llama.cpp's folder for a GGUF file; empty for PEFT's layout alone."""

    def to_json(self) -> dict[str, Any]:
        """The last line of the trainer's standard output."""
        values = asdict(self).items()
        return {"phase": DONE, **{key: value for key, value in values if value or key == "out"}}

    @classmethod
    def from_json(cls, stored: object) -> Self:
        """Reads the last line."""
        return cls(**stored_fields(cls, stored))


@dataclass(frozen=True)
class MachineSpeed:
    """How fast this machine computes."""

    gflops: float | None = None
    """Of a large matrix product, in 10^9 operations a second; None where mlx does not run."""
    memory_gb: float | None = None
    """Of a graphics card with memory of its own, in 10^9 bytes; None where there is none."""

    def to_json(self) -> dict[str, Any]:
        """The last line of the trainer's standard output."""
        return {"phase": DONE, **asdict(self)}

    @classmethod
    def from_json(cls, stored: object) -> Self:
        """Reads the last line."""
        return cls(**stored_fields(cls, stored))


def _evaluation(stored: object) -> Evaluation:
    return Evaluation.from_json(stored) or Evaluation(ExamScores())
