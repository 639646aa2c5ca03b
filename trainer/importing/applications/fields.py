"""Takes values out of JSON that others wrote, whatever they are, without ever raising."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from trainer.importing.shapes import names


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


def shown(value: Any) -> str:
    """Returns a strange key or value for an error line: one line, cleaned and shortened."""
    return names.shown(value if isinstance(value, str) else _digits(value))


def _digits(value: Any) -> str:
    try:
        return "nothing" if value is None else str(value)
    except ValueError:  # Python's own limit for whole numbers
        return "a number of many digits"
