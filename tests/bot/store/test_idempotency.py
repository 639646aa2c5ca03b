"""A key is handled once, and a mark is set once for ever."""

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


def test_a_mark_counts_from_its_own_millisecond_on(store: Store) -> None:
    """Somebody may ask in the millisecond in which they were forgotten."""
    store.handled_events.mark("forgotten")
    with store.connections.write() as db:
        at = "2026-11-30T09:00:00.000+00:00"
        db.table("events").update("forgotten", {"at": at})
    assert store.handled_events.marked_since("forgotten", at)
    assert not store.handled_events.marked_since("forgotten", at.replace(".000", ".001"))
    assert not store.handled_events.marked_since("another", at)


def test_a_mark_is_set_once_and_is_never_forgotten(store: Store) -> None:
    assert not store.marks.has("review")
    assert store.marks.set("review")
    assert not store.marks.set("review")
    store.handled_events.forget_before(timedelta(days=-1))
    assert store.marks.has("review")
