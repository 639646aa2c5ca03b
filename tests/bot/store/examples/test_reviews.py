"""Messages about due lessons are rows: made once a week, and each lesson is decided once."""

import pytest

from bot.store import Store
from bot.store.examples.rows import NewExample

ANNA, BEN = "U0ANNA", "U0BEN"
AT, BEFORE = "2026-12-08T10:00:00", "2026-12-01T10:00:00"


@pytest.fixture
def ids(store: Store) -> list[int]:
    return [store.examples.add(NewExample(f"{n}?", "Yes.", "teach", ANNA)).id for n in range(3)]


def test_one_message_is_made_in_a_week(store: Store, ids: list[int]) -> None:
    first = store.reviews.add(ANNA, ids[:2], AT, BEFORE)
    assert first is not None
    assert store.reviews.add(ANNA, ids, AT, BEFORE) is None
    assert store.reviews.add(BEN, ids, AT, BEFORE) is not None
    assert store.reviews.add(ANNA, ids, "2026-12-20T10:00:00", "2026-12-13T10:00:00") is not None
    assert [lesson.example_id for lesson in store.reviews.lessons(first)] == ids[:2]


def test_a_message_waits_until_it_is_sent(store: Store, ids: list[int]) -> None:
    review = store.reviews.add(ANNA, ids, AT, BEFORE)
    assert review is not None
    assert [one.id for one in store.reviews.unsent(9)] == [review]
    store.reviews.sent(review, "D1", "1.2")
    assert store.reviews.unsent(9) == []
    stored = store.reviews.get(review)
    assert stored is not None
    assert (stored.channel, stored.ts) == ("D1", "1.2")
    assert store.reviews.get(99) is None


def test_what_was_decided_counts_once_in_all_messages(store: Store, ids: list[int]) -> None:
    first = store.reviews.add(ANNA, ids, AT, BEFORE) or 0
    second = store.reviews.add(BEN, ids[:1], AT, BEFORE) or 0
    for review in (first, second):
        store.reviews.sent(review, "D1", f"{review}.1")
    assert store.reviews.outdated(BEFORE, 9) == []
    assert store.reviews.settle([ids[0]], "confirmed", BEN) == [first, second]
    assert store.reviews.settle([ids[0]], "retired", ANNA) == []
    (lesson,) = store.reviews.lessons(second)
    assert (lesson.outcome, lesson.who) == ("confirmed", BEN)
    assert [one.id for one in store.reviews.outdated(BEFORE, 9)] == [second, first]
    store.reviews.shows(first, 1)
    assert [one.id for one in store.reviews.outdated(BEFORE, 9)] == [second]
    assert store.reviews.outdated("2026-12-09", 9) == []


def test_what_is_not_due_any_more_is_found(store: Store, ids: list[int]) -> None:
    store.reviews.add(ANNA, ids, AT, BEFORE)
    with store.connections.write() as db:
        db.conn.execute("update examples set leaves_on = '2027-01-01'")
    assert store.reviews.not_due(BEFORE) == []
    store.examples.change(ids[0], "withdrawn", ANNA)
    store.freshness.confirm(ids[1], ANNA)
    assert store.reviews.not_due(BEFORE) == ids[:2]
    assert store.reviews.not_due("2026-12-09") == []
