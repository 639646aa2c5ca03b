"""Reads the fields of a dataclass out of JSON that an older or newer version may have written."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any


def stored_fields(kind: type, stored: object) -> dict[str, Any]:
    """The values of a JSON object that a dataclass has a field for.

    Unknown keys are left out, and so is null: a missing value and null both mean the default.

    Args:
        kind: the dataclass.
        stored: what `json.loads` gave; anything but an object has no values.
    """
    if not isinstance(stored, Mapping):
        return {}
    names = [field.name for field in fields(kind)]
    return {name: stored[name] for name in names if stored.get(name) is not None}
