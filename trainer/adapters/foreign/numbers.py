"""Numbers of a strange configuration: each is of the kind it should be and within bounds."""

from collections.abc import Mapping
from typing import Any

from trainer.adapters.foreign.files import shown
from trainer.errors import AdapterError

LARGEST = 1e6
"""No scale, alpha or dropout is larger than this."""


def whole(config: Mapping[str, Any], key: str, default: int | None = None, most: int = 4096) -> int:
    """Returns a number from 1 to `most`.

    Raises:
        AdapterError: it is missing without a default, or is no such number.
    """
    value = config.get(key, default)
    if type(value) is not int or not 1 <= value <= most:
        raise AdapterError(
            f"Its configuration needs `{shown(key)}` as a whole number up to {most}."
        )
    return value


def real(config: Mapping[str, Any], key: str, default: float | None = None) -> float:
    """Returns a number from 0 on.

    Raises:
        AdapterError: it is missing without a default, or is no such number.
    """
    value: Any = config.get(key, default)
    # What is no number, of any size, is neither at least 0 nor at most so much.
    if type(value) not in (int, float) or not 0 <= value <= LARGEST:
        raise AdapterError(f"Its configuration needs `{shown(key)}` as a number.")
    return float(value)


def text(config: Mapping[str, Any], key: str) -> str:
    """Returns a text; empty where it is missing or something else."""
    value = config.get(key)
    return value if isinstance(value, str) else ""
