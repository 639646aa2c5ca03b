"""Of stored JSON only what a dataclass knows is read, and null counts as missing."""

from dataclasses import dataclass

import pytest

from trainer.results.stored_fields import stored_fields


@dataclass(frozen=True)
class Point:
    x: int = 3
    y: int | None = None


def test_known_keys_are_read_and_others_are_not() -> None:
    assert stored_fields(Point, {"x": 0, "z": 9}) == {"x": 0}


def test_null_is_the_default() -> None:
    assert Point(**stored_fields(Point, {"x": None, "y": None})) == Point()


@pytest.mark.parametrize("stored", [None, [], "x", 7])
def test_what_is_no_object_has_nothing(stored: object) -> None:
    assert stored_fields(Point, stored) == {}
