"""A key is handled once."""

from datetime import timedelta

from bot.store import Store


def test_only_the_first_claim_wins(store: Store) -> None:
    assert store.events.claim("Ev1")
    assert not store.events.claim("Ev1")
    assert store.events.claim("Ev2")


def test_old_keys_are_forgotten(store: Store) -> None:
    store.events.claim("Ev1")
    assert store.events.forget_before(timedelta(days=1)) == 0
    assert store.events.forget_before(timedelta(days=-1)) == 1
    assert store.events.claim("Ev1")
