"""An adapter that was brought into our layout: what it is, and what it says about itself."""

from dataclasses import asdict, dataclass
from typing import Any, Self

from trainer.results.progress import DONE
from trainer.results.stored_fields import stored_fields


@dataclass(frozen=True)
class AddedAdapter:
    """An adapter of another program, after it was compared with the base and written anew."""

    out: str = ""
    """Its new folder."""
    layout: str = ""
    """Whose layout it had: `mlx-lm` or `PEFT`."""
    kind: str = ""
    """`lora` or `dora`."""
    rank: int = 0
    modules: int = 0
    """Number of layers that it changes."""
    said_base: str = ""
    """The base model as it names it, fit to be shown; empty where it does not."""
    same_base: bool | None = None
    """Whether that is the base here; None where it does not say."""
    version: str = ""
    """The version that a card beside it says it is."""
    dataset_hash: str = ""
    """Of the training set that the card names."""
    base_revision: str = ""
    template_hash: str = ""
    tokenizer_hash: str = ""
    notes: tuple[str, ...] = ()
    """What people should know, a sentence each."""

    def to_json(self) -> dict[str, Any]:
        """The last line of the trainer's standard output."""
        return {"phase": DONE, **asdict(self), "notes": list(self.notes)}

    @classmethod
    def from_json(cls, stored: object) -> Self:
        """Reads the last line."""
        values = stored_fields(cls, stored)
        return cls(**values | {"notes": tuple(values.get("notes", ()))})
