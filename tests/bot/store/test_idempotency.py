"""A key is handled once."""

from datetime import timedelta

from bot.store import Store


def test_only_the_first_claim_wins(store: Store) -> None:
    assert store.handled_events.claim("Ev1")
    assert not store.handled_events.claim("Ev1")
    assert store.handled_events.claim("Ev2")


def test_old_keys_are_forgotten(store: Store) -> None:
    store.handled_events.claim("Ev1")
    assert store.handled_events.forget_before(timedelta(days=1)) == 0
    assert store.handled_events.forget_before(timedelta(days=-1)) == 1
    assert store.handled_events.claim("Ev1")
