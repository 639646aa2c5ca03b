"""What a finding is: a place in a text and a kind, never the words themselves."""

from dataclasses import dataclass
from typing import Literal, get_args

FindingKind = Literal[
    "secret",
    "card number",
    "IBAN",
    "tax number",
    "document number",
    "e-mail",
    "phone number",
    "date of birth",
]

KINDS: tuple[FindingKind, ...] = get_args(FindingKind)
"""All kinds, those that weigh most first."""


@dataclass(frozen=True)
class Finding:
    """Where something stands that should not be kept: `text[start:end]`."""

    kind: FindingKind
    start: int
    end: int
