"""The doctor tells of private lessons by their numbers, and of erasures that are not finished."""

import pytest

from bot.home import Home
from bot.operations.doctor import examine
from bot.operations.private_data import NAMED
from bot.store import Store
from bot.store.examples.rows import NewExample
from bot.store.examples.scope import Scope


@pytest.fixture(autouse=True)
def _no_console(home: Home) -> None:
    """Whether its port is free depends on the machine."""
    home.config.write_text("[console]\nenabled = false\n")


def said(home: Home, part: str) -> list[str]:
    return [one.what for one in examine(home) if part in one.what]


def test_lessons_for_everyone_from_private_places_are_named_without_their_words(
    home: Home, store: Store
) -> None:
    store.places.learn("C0PRIVATE", "private")
    store.places.learn("C0PUBLIC", "public")
    for channel in ("C0PRIVATE", "C0PUBLIC", "D0DIRECT"):
        store.examples.add(NewExample("zanzibar?", "quokka", "teach", "U1", channel=channel))
    assert said(home, "private places") == [
        "2 lessons for everyone were taught in private places: 1, 3."
    ]
    everything = repr(examine(home))
    assert "zanzibar" not in everything
    assert "quokka" not in everything


def test_a_long_list_is_cut(home: Home, store: Store) -> None:
    for number in range(NAMED + 1):
        store.examples.add(NewExample(f"{number}?", "So.", "teach", "U1", channel="D0DIRECT"))
    (line,) = said(home, "private places")
    assert line.endswith(f", {NAMED}, ....")


def test_private_lessons_are_counted(home: Home, store: Store) -> None:
    assert said(home, "not trained") == []
    store.examples.add(NewExample("a?", "b", "teach", "U1", scope=Scope("channel", "C1")))
    assert said(home, "not trained") == [
        "1 lesson is for one channel or one person: told only there, not trained."
    ]


def test_an_erasure_that_is_not_finished_is_told(home: Home, store: Store) -> None:
    assert said(home, "forgotten") == []
    store.erasures.add([1], [], None, "2026-01-01T00:00:00+00:00")
    assert len(said(home, "forgotten")) == 1
