"""Whether a lesson that was taken out may be taught again, and by whom."""

import pytest

from bot.lessons.withdrawal import DELETED, REFUSED, barred, may_bring_back, withdrawal
from bot.store import Example, Store
from bot.store.examples.provenance import SourceMessage
from bot.store.examples.rows import NewExample
from bot.store.examples.scope import EVERYONE, Scope


@pytest.fixture
def example(store: Store) -> Example:
    """A lesson of U1's with words of U2's in it."""
    added = store.examples.add(NewExample("When is lunch?", "At noon.", "shortcut", "U1"))
    store.provenance.add(added.id, SourceMessage("C1", "1.1", "U2"))
    return added


def test_what_was_withdrawn_for_no_reason_of_its_authors_may_come_back(
    store: Store, example: Example
) -> None:
    assert barred(store, example) == ""
    store.examples.change(example.id, "withdrawn", "U9", "not true any more")
    assert barred(store, example) == ""


def test_refused_deleted_and_forgotten_words_do_not_come_back(
    store: Store, example: Example
) -> None:
    store.examples.change(example.id, "withdrawn", "U2", DELETED)
    assert barred(store, example) == (
        f"Example {example.id} came out of a message that was deleted: it is not taught again."
    )
    store.provenance.refuse(example.id, "U2")
    assert barred(store, example) == REFUSED
    with store.connections.write() as db:
        db.conn.execute("update examples set completion = '' where id = ?", [example.id])
    forgotten = store.examples.get(example.id)
    assert barred(store, forgotten) == f"The words of example {example.id} were forgotten."


@pytest.mark.parametrize(
    ("withdrew", "person", "may"),
    [
        ("U9", "U9", True),
        ("U9", "U1", True),
        ("U9", "U3", False),
        ("U2", "U1", False),
        ("U2", "U2", True),
    ],
)
def test_who_withdrew_it_brings_it_back_or_who_taught_it_unless_the_words_are_anothers(
    store: Store, example: Example, withdrew: str, person: str, may: bool
) -> None:
    assert may_bring_back(store, example, "U3"), "nobody has withdrawn it yet"
    store.examples.change(example.id, "withdrawn", withdrew)
    assert may_bring_back(store, example, person) is may


@pytest.mark.parametrize("again", ["approved", "pending"])
def test_the_last_withdrawal_counts_until_it_is_taught_again(
    store: Store, example: Example, again: str
) -> None:
    store.examples.change(example.id, "withdrawn", "U8", "first")
    store.examples.change(example.id, again, "U9")
    assert withdrawal(store, example) is None
    store.examples.change(example.id, "withdrawn", "U9", "second")
    store.examples.change(example.id, "rejected", "U9", "for good")
    last = withdrawal(store, example)
    assert last is not None
    assert (last.who, last.why) == ("U9", "second")


def test_a_change_of_whom_a_lesson_is_for_is_no_withdrawal(store: Store, example: Example) -> None:
    """It is stored as a change to the same status, and does not hide who withdrew the lesson."""
    store.examples.set_scope(example.id, Scope("channel", "C1"), "U9")
    assert withdrawal(store, example) is None
    store.examples.change(example.id, "withdrawn", "U2", DELETED)
    with store.connections.write() as db:
        same = {"before": "withdrawn", "after": "withdrawn", "who": "U9"}
        db.table("changes").insert({"example_id": example.id, **same})
    last = withdrawal(store, example)
    assert last is not None
    assert (last.who, last.why) == ("U2", DELETED)
    store.examples.change(example.id, "approved", "U2")
    store.examples.set_scope(example.id, EVERYONE, "U9")
    assert withdrawal(store, example) is None
