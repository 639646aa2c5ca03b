"""Channels in which listening was switched on or off."""

from bot.store import Store


def test_a_channel_is_as_it_was_last_switched(store: Store) -> None:
    assert store.channels.listening("C1") is None
    store.channels.set("C1", True, "U1")
    store.channels.set("C1", False, "U1")
    assert store.channels.listening("C1") is False
    store.channels.set("C2", True, "U1")
    assert list(store.channels.all().items()) == [("C1", False), ("C2", True)]
