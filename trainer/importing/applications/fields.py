"""Takes values out of JSON that others wrote, whatever they are, without ever raising."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

LONGEST_SHOWN = 40
"""Characters of a strange key or name that an error line shows."""
_UNSHOWN = re.compile(r"[^\w .,:/@+-]+")


def mapping(value: Any) -> Mapping[str, Any]:
    """Returns a JSON object, an empty one where the value is something else."""
    return value if isinstance(value, Mapping) else {}


def entries(value: Any) -> Sequence[Any]:
    """Returns a JSON list, an empty one where the value is something else."""
    return value if isinstance(value, list) else ()


def text(value: Any) -> str:
    """Returns a value as text: strings stripped, numbers in digits, everything else empty."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _digits(value)
    return ""


def number(value: Any) -> float | None:
    """Returns a number, also one that is written as text or a boolean; None for anything else."""
    if isinstance(value, bool | int | float):
        try:
            return float(value)
        except OverflowError:
            return None
    if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?", value.strip()):
        return float(value)
    return None


def shown(name: Any) -> str:
    """Returns a strange key or name for an error line: one line, cleaned and shortened."""
    raw = name if isinstance(name, str) else _digits(name)
    cleaned = " ".join(_UNSHOWN.sub(" ", raw[: 4 * LONGEST_SHOWN]).split())
    return cleaned if len(cleaned) <= LONGEST_SHOWN else cleaned[: LONGEST_SHOWN - 1] + "…"


def _digits(value: Any) -> str:
    try:
        return "nothing" if value is None else str(value)
    except ValueError:  # Python's own limit for whole numbers
        return "a number of many digits"
