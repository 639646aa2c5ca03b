"""What was taught, and every change of it."""

import pytest

from bot.errors import NotFoundError
from bot.messages import Message
from bot.store import Store
from bot.store.database.personal_data import PersonalRows
from bot.store.examples.rows import NewExample, keys
from bot.store.examples.scope import EVERYONE, Scope


def add(store: Store, prompt: str, completion: str = "answer", **more: str) -> int:
    return store.examples.add(NewExample(prompt, completion, "teach", "U1", **more)).id  # type: ignore[arg-type]  # any field


def test_every_change_has_who_when_and_why(store: Store) -> None:
    number = add(store, "When is lunch?")
    store.examples.change(number, "rejected", "U2", "no longer true")
    last = store.examples.history(number)[-1]
    assert (last.before, last.after, last.who, last.why) == (
        "approved",
        "rejected",
        "U2",
        "no longer true",
    )
    assert last.at.endswith("+00:00")


def test_changing_to_the_same_status_is_no_change(store: Store) -> None:
    number = add(store, "When is lunch?")
    store.examples.change(number, "approved", "U2")
    assert len(store.examples.history(number)) == 1


def test_an_unknown_example_is_named(store: Store) -> None:
    with pytest.raises(NotFoundError, match="7"):
        store.examples.change(7, "approved", "U1")


def test_counts_follow_every_change(store: Store) -> None:
    """They are kept by triggers; here they are compared with counting."""
    first, second = add(store, "When is lunch?"), add(store, "Who bakes?", status="pending")
    store.examples.change(first, "withdrawn", "U1")
    store.examples.change(second, "approved", "U1")
    store.examples.change(second, "approved", "U1")
    add(store, "Which tea?")
    with store.connections.write() as db:
        db.table("changes").delete_where("example_id = ?", [first])
        db.table("examples").delete(first)
    counted = dict.fromkeys(store.examples.counts(), 0)
    query = "select status, count(*) n from examples group by status"
    counted |= {row["status"]: row["n"] for row in store.connections.db.query(query)}
    assert store.examples.counts() == counted
    assert counted["approved"] == 2


def test_a_system_message_is_no_part_of_the_question() -> None:
    turns = (Message("user", "Why?"), Message("assistant", "So."))
    assert keys("", "So.", (Message("system", "Be brief."), *turns)) == keys("", "So.", turns)
    assert keys("", "So.", (Message("user", "Well?"), *turns)) != keys("", "So.", turns)
    assert keys("Why?", "So.") == keys("", "So.", turns)


def test_a_link_is_stored_once_and_not_for_an_erased_example(store: Store) -> None:
    kept, gone = add(store, "When is lunch?"), add(store, "When is tea?")
    store.erase(PersonalRows("U9", taught=[gone]))
    for link in ("https://x/1", "https://x/2"):
        for number in (kept, gone):
            store.examples.link(number, link)
    assert store.examples.get(kept).permalink == "https://x/1"
    assert store.examples.get(gone).permalink is None


def test_an_example_is_for_everyone_unless_it_is_added_for_others(store: Store) -> None:
    channel = Scope("channel", "C1")
    example = store.examples.add(NewExample("Who?", "Me.", "teach", "U1", scope=channel))
    assert example.for_whom == store.examples.get(example.id).for_whom == channel
    assert store.examples.get(add(store, "When is lunch?")).for_whom == EVERYONE


@pytest.mark.parametrize("status", ["approved", "pending", "quarantined"])
def test_whom_an_example_is_for_is_changed_and_stored_with_who(store: Store, status: str) -> None:
    number = add(store, "When is lunch?", status=status)
    changed = store.examples.set_scope(number, Scope("channel", "C1"), "U2")
    assert (changed.for_whom, changed.status) == (Scope("channel", "C1"), status)
    store.examples.set_scope(number, Scope("person", "U1"), "U3")
    store.examples.set_scope(number, Scope("person", "U1"), "U4")
    assert store.examples.set_scope(number, EVERYONE, "U1").for_whom == EVERYONE
    changes = store.examples.history(number)[1:]
    assert [(change.before, change.after) for change in changes] == [(status, status)] * 3
    assert [(change.who, change.why) for change in changes] == [
        ("U2", "for one channel"),
        ("U3", "for one person"),
        ("U1", "for everyone"),
    ]


@pytest.mark.parametrize("status", ["withdrawn", "rejected", "superseded"])
def test_an_example_out_of_use_keeps_its_scope(store: Store, status: str) -> None:
    """Its history would otherwise end in something else than how it went out of use."""
    number = add(store, "When is lunch?")
    store.examples.change(number, status, "U1")
    with pytest.raises(ValueError, match=status):
        store.examples.set_scope(number, Scope("channel", "C1"), "U1")
    assert store.examples.get(number).for_whom == EVERYONE


def test_an_erased_example_does_not_look_like_one_for_everyone(store: Store) -> None:
    new = NewExample("Who?", "Me.", "teach", "U1", scope=Scope("person", "U1"))
    number = store.examples.add(new).id
    store.erase(PersonalRows("U1", taught=[number]))
    assert store.examples.get(number).for_whom == Scope("person", None)
    assert store.examples.trained("2026-12-01") == []
