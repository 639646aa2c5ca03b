"""One finding of the doctor's."""

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warning", "missing"]


@dataclass(frozen=True)
class Diagnosis:
    """One thing that was examined."""

    what: str
    """The finding, as a sentence."""
    state: State = "ok"
    """`missing` where the bot cannot work as it is."""
    mend: str | None = None
    """What to do about it."""
