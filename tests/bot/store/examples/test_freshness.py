"""What is due, who owns it, and when it leaves the nights."""

import pytest

from bot.errors import NotFoundError
from bot.store import Store
from bot.store.examples.freshness import CONFIRMED, HANDED_OVER, OTHER_INTERVAL
from bot.store.examples.rows import NewExample
from bot.store.examples.scope import PUBLIC, Audience, Scope

ANNA, BEN = "U0ANNA", "U0BEN"
LATER = "2099-01-01"


def add(store: Store, prompt: str = "Who?", **more: object) -> int:
    """An example that Anna taught on the first of March."""
    values = {"source": "teach", "author": ANNA} | more
    example = store.examples.add(NewExample(prompt, "Noor.", **values))  # type: ignore[arg-type]  # as tests name them
    with store.connections.write() as db:
        db.table("examples").update(example.id, {"created_at": "2026-03-01T10:00:00.000+00:00"})
    return example.id


def due(store: Store, on: str, days: int | None) -> list[int]:
    return [example.id for example in store.freshness.due(on, days)]


def test_an_example_is_due_on_the_day_on_which_its_interval_has_passed(store: Store) -> None:
    example = add(store)
    assert due(store, "2026-03-30", 30) == []
    assert due(store, "2026-03-31", 30) == [example]
    assert store.freshness.count_due("2026-03-31", 30) == 1


def test_without_an_interval_nothing_is_ever_due(store: Store) -> None:
    add(store)
    add(store, "When?", review_days=0)
    assert due(store, LATER, None) == []
    assert due(store, LATER, 0) == []
    assert len(due(store, LATER, 30)) == 1


def test_its_own_interval_goes_before_the_setting(store: Store) -> None:
    short = add(store, review_days=7)
    add(store, "When?", review_days=90)
    assert due(store, "2026-03-10", None) == [short]
    assert due(store, "2026-04-15", 30) == [short]


def test_what_is_not_due_is_not_read(store: Store) -> None:
    """Rounds look for due lessons all day, also where there are ten thousand of them."""
    connection = store.connections.db.conn

    def steps() -> int:
        """How many hundreds of steps the database takes to find out that nothing is due."""
        taken: list[int] = []
        connection.set_progress_handler(lambda: taken.append(1), 100)
        store.freshness.look("2026-03-30", 30)
        assert store.freshness.owners("2026-03-30", 30) == []
        assert store.freshness.count_due("2026-03-30", 30, owner=ANNA) == 0
        connection.set_progress_handler(None, 0)
        return len(taken)

    add(store)
    before = steps()
    for number in range(60):
        add(store, f"Who is number {number}?")
    assert steps() <= before + 1


def test_what_is_not_in_use_is_not_due(store: Store) -> None:
    add(store, status="pending")
    add(store, "When?", expires_on="2026-03-02")
    assert due(store, "2026-05-01", 30) == []


def test_it_leaves_the_nights_an_interval_after_it_was_first_seen_to_be_due(store: Store) -> None:
    """An interval that is set for old examples takes none away at once."""
    example = add(store)
    store.freshness.look("2026-12-01", 30)
    assert store.examples.get(example).leaves_on == "2026-12-31"
    assert [e.id for e in store.examples.trained("2026-12-30")] == [example]
    assert store.examples.trained("2026-12-31") == []
    assert [e.id for e in store.examples.kept_out("2026-12-31")] == [example]
    assert store.freshness.expired_count("2026-12-30") == 0
    assert store.freshness.expired_count("2026-12-31") == 1
    store.freshness.look("2026-12-20", 30)
    assert store.examples.get(example).leaves_on == "2026-12-31"


def test_an_interval_that_is_taken_away_brings_it_back(store: Store) -> None:
    example = add(store)
    store.freshness.look("2026-12-01", 30)
    store.freshness.look("2026-12-01", None)
    assert store.examples.get(example).leaves_on is None


def test_whoever_confirms_brings_it_back_and_its_history_says_so(store: Store) -> None:
    example = add(store)
    store.freshness.look("2026-04-01", 30)
    assert store.freshness.confirm(example, BEN)
    assert store.examples.get(example).leaves_on is None
    assert due(store, "2026-04-01", 30) == []
    last = store.examples.history(example)[-1]
    assert (last.before, last.after, last.who, last.why) == (
        "approved", "approved", BEN, CONFIRMED,
    )  # fmt: skip


def test_what_is_approved_again_counts_as_confirmed(store: Store) -> None:
    example = add(store)
    store.examples.change(example, "withdrawn", ANNA)
    store.examples.change(example, "approved", ANNA)
    assert due(store, "2026-04-01", 30) == []


def test_what_is_out_of_use_is_neither_confirmed_nor_handed_over(store: Store) -> None:
    example = add(store, status="rejected")
    assert not store.freshness.confirm(example, BEN)
    assert not store.freshness.hand_over(example, BEN, ANNA)
    assert not store.freshness.set_interval(example, 3, ANNA)
    with pytest.raises(NotFoundError):
        store.freshness.confirm(99, BEN)


def test_owners_are_asked_and_authors_until_they_hand_over(store: Store) -> None:
    first, second = add(store), add(store, "When?")
    assert store.freshness.hand_over(second, BEN, ANNA)
    assert store.freshness.owners(LATER, 30) == [ANNA, BEN]
    (mine,) = store.freshness.due(LATER, 30, owner=BEN)
    assert (mine.id, mine.owner, mine.owned_by, mine.author) == (second, BEN, BEN, ANNA)
    assert [e.id for e in store.freshness.due(LATER, 30, owner=ANNA)] == [first]
    assert store.examples.history(second)[-1].why == HANDED_OVER
    assert store.freshness.hand_over(second, ANNA, BEN)
    assert store.examples.get(second).owner is None
    before = store.examples.history(second)
    assert store.freshness.hand_over(second, ANNA, BEN)
    assert store.examples.history(second) == before


def test_another_interval_is_in_the_history(store: Store) -> None:
    example = add(store)
    store.freshness.look("2026-12-01", 30)
    assert store.freshness.set_interval(example, 400, BEN)
    store.freshness.look("2026-12-01", 30)
    assert store.examples.get(example).review_days == 400
    assert store.examples.get(example).leaves_on is None
    assert store.examples.history(example)[-1].why == OTHER_INTERVAL


def test_a_list_shows_what_its_readers_may_see(store: Store) -> None:
    public = add(store)
    private = add(store, "When?", scope=Scope("channel", "C1"))
    assert [e.id for e in store.freshness.due(LATER, 30, audience=PUBLIC)] == [public]
    here = store.freshness.due(LATER, 30, audience=Audience(channel="C1"))
    assert [e.id for e in here] == [public, private]
    store.freshness.hand_over(private, BEN, ANNA)
    own = Audience(person=BEN, own=True)
    assert store.freshness.count_due(LATER, 30, audience=own) == 2
    assert [e.id for e in store.examples.search(audience=own)] == [private, public]


def test_pages_follow_each_other_from_the_oldest(store: Store) -> None:
    ids = [add(store, f"Who is {number}?") for number in range(5)]
    store.freshness.confirm(ids[0], ANNA)
    pages = [store.freshness.due(LATER, 30, limit=2, offset=start) for start in (0, 2, 4)]
    assert [[e.id for e in page] for page in pages] == [ids[1:3], ids[3:5], [ids[0]]]


def test_what_nights_leave_out_anyway_is_not_counted_among_the_unconfirmed(store: Store) -> None:
    """It is for one place, out of use, or past its day: other sentences tell of these."""
    add(store)
    add(store, "When?", scope=Scope("channel", "C1"))
    add(store, "Where?", status="withdrawn")
    add(store, "Which?", expires_on="2026-01-01")
    with store.connections.write() as db:
        db.conn.execute("update examples set leaves_on = '2026-12-01'")
    assert store.freshness.expired_count("2026-12-01") == 1
