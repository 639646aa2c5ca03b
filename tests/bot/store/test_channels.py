"""Channels: listening, watching, and answers without a mention."""

import pytest

from bot.store import Store
from bot.store.channels import FLOORS, AutoMode, ChannelModes
from tests.bot.stored import reply


def test_a_channel_is_as_it_was_last_switched(store: Store) -> None:
    assert store.channels.listening("C1") is None
    store.channels.set("C1", True, "U1")
    store.channels.set("C1", False, "U1")
    assert store.channels.listening("C1") is False
    store.channels.set("C2", True, "U1")
    assert list(store.channels.all().items()) == [("C1", False), ("C2", True)]


def test_watching_and_answering_unasked_are_switched_apart(store: Store) -> None:
    assert not store.channels.watched("C1")
    assert store.channels.auto("C1") is None
    store.channels.watch("C1", True, "U1")
    store.channels.set_auto("C1", True, "U1")
    store.channels.watch("C1", False, "U1")
    assert store.channels.modes("C1") == ChannelModes(watched=False, auto=True)
    store.channels.watch("C2", True, "U1")
    assert store.channels.with_modes() == {
        "C1": ChannelModes(watched=False, auto=True),
        "C2": ChannelModes(watched=True, auto=False),
    }
    store.channels.set_auto("C1", False, "U1")
    assert list(store.channels.with_modes()) == ["C2"]


@pytest.mark.parametrize("bad", range(7))
def test_the_floor_rises_with_each_answer_that_was_found_bad(bad: int) -> None:
    floor = AutoMode(bad).floor
    assert floor == (FLOORS[bad] if bad < len(FLOORS) else None)


def unasked(store: Store, channel: str = "C1") -> int:
    number = reply(store, "Where is it?", "Here.")
    store.channels.note_unasked(number, channel)
    store.channels.note_unasked(number, channel)
    return number


def test_an_answer_counts_once_however_many_thumbs_it_has_and_no_asked_one(store: Store) -> None:
    store.channels.set_auto("C1", True, "U1")
    one, other, elsewhere = unasked(store), unasked(store), unasked(store, "C2")
    asked = reply(store, "Where is it?", "Here.")
    for number in (one, elsewhere, asked):
        for person in ("U1", "U2"):
            store.ratings.set(number, person, -1)
    store.ratings.set(other, "U1", 1)
    assert store.channels.auto("C1") == AutoMode(1)
    assert store.channels.unasked(one)
    assert not store.channels.unasked(asked)
    assert store.channels.found_bad(10) == [one, elsewhere]
    assert store.channels.found_bad(1) == [one]
    store.channels.told(one)
    assert store.channels.found_bad(10) == [elsewhere]


def test_to_switch_it_on_again_forgives_what_was_bad_until_then(store: Store) -> None:
    store.channels.set_auto("C1", True, "U1")
    one, other = unasked(store), unasked(store)
    store.ratings.set(one, "U1", -1)
    store.channels.set_auto("C1", True, "U1")
    assert store.channels.auto("C1") == AutoMode(0)
    assert not store.channels.found_bad(10)
    store.ratings.set(other, "U1", -1)
    assert store.channels.auto("C1") == AutoMode(1)
