"""What the trainer says while it works, a JSON object a line, and how it says that it failed."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from trainer.results.stored_fields import stored_fields

DONE, FAILED = "done", "failed"
"""The phases of the last line: with the result, or with a `Failure`."""
_MEASURED = ("step", "steps", "loss", "val_loss", "tokens_per_second", "peak_memory_gb")
_ALWAYS = {
    "train": (*_MEASURED, "seconds_left"),
    "check": ("lighter", "estimated_memory_gb"),
}
"""Keys that a phase's lines have even where there is no value."""


@dataclass(frozen=True)
class Progress:
    """What is being done, and how far that is; None is what does not belong to this phase."""

    phase: str
    """load, check, sample, paraphrase, train, master (how many lessons are mastered, in `step` of
    `steps`), prefer, evaluate, fuse; `lighter` before another attempt that takes less memory; done
    or failed at the end."""
    step: int | None = None
    steps: int | None = None
    loss: float | None = None
    """Mean cross-entropy of the answers since the last report, in nats a token."""
    val_loss: float | None = None
    tokens_per_second: float | None = None
    """Answer tokens."""
    peak_memory_gb: float | None = None
    """In 10^9 bytes."""
    seconds_left: float | None = None
    lighter: int | None = None
    """How many things were given up to save memory."""
    estimated_memory_gb: float | None = None
    """Of the peak; None where the model's architecture tells nothing."""
    warnings: Sequence[str] | None = None
    """What a person should know before the training begins, a sentence each."""

    def to_json(self) -> dict[str, Any]:
        """One line of the trainer's standard output."""
        always = ("phase", *_ALWAYS.get(self.phase, ()))
        values = asdict(self).items()
        return {name: value for name, value in values if value is not None or name in always}

    @classmethod
    def from_json(cls, stored: object) -> Self:
        """Reads a line; of the last one, whatever it has in common with progress."""
        return cls(**{"phase": "", **stored_fields(cls, stored)})


@dataclass(frozen=True)
class Failure:
    """Why a run failed: the last line of one that did."""

    error: str = "the training failed"
    """One sentence for people."""
    memory: bool = False
    """It did not fit into memory: a smaller run may."""
    unexpected: bool = False
    """Nobody foresaw this: the log says more."""

    def to_json(self) -> dict[str, Any]:
        """The last line of the trainer's standard output."""
        return {"phase": FAILED, **asdict(self)}

    @classmethod
    def from_json(cls, stored: object) -> Self:
        """Reads the last line."""
        return cls(**stored_fields(cls, stored))
