"""What took the place of what: proposed, decided once, undone once."""

import pytest

from bot.store import Store
from bot.store.database.personal_data import NOBODY, PersonalRows
from tests.bot.store.rows import example


def test_a_proposal_is_decided_once_for_all_that_it_replaces(store: Store) -> None:
    first, second, new = (example(store) for _ in range(3))
    store.replacements.propose(new, [first, second], "U0ANNA")
    assert [(one.old_id, one.status, one.who) for one in store.replacements.of(new)] == [
        (first, "proposed", "U0ANNA"),
        (second, "proposed", "U0ANNA"),
    ]
    assert store.replacements.undoable(new, "") == []
    assert store.replacements.set(new, "done", "U0BEN") == [first, second]
    assert store.replacements.set(new, "done", "U0TEACH") == []
    assert store.replacements.set(new, "declined", "U0TEACH") == []
    assert {one.who for one in store.replacements.of(new, "done")} == {"U0BEN"}
    assert store.replacements.of(new, "proposed") == []


def test_what_was_declined_is_not_done_and_what_is_only_proposed_is_not_undone(
    store: Store,
) -> None:
    old, new = example(store), example(store)
    store.replacements.propose(new, [old], "U0ANNA")
    assert store.replacements.set(new, "undone", "U0BEN") == []
    assert store.replacements.set(new, "declined", "U0BEN") == [old]
    assert store.replacements.set(new, "done", "U0BEN") == []


def test_what_was_done_can_be_undone_once_and_not_after_its_time(store: Store) -> None:
    old, new = example(store), example(store)
    store.replacements.done(new, [old], "U0ANNA")
    (done,) = store.replacements.of(new)
    assert store.replacements.undoable(new, done.at) == [old]
    assert store.replacements.undoable(new, "9999") == []
    assert store.replacements.set(new, "undone", "U0BEN") == [old]
    assert store.replacements.set(new, "undone", "U0BEN") == []
    assert store.replacements.undoable(new, "") == []


def test_nothing_is_undone_into_a_lesson_that_was_forgotten(store: Store) -> None:
    old, new, other = example(store), example(store), example(store)
    store.replacements.done(new, [old], "U0ANNA")
    store.replacements.propose(other, [new], "U0STAYS")
    store.erase(PersonalRows("U0ANNA", taught=[old]))
    assert [(one.status, one.who) for one in store.replacements.of(new)] == [("gone", NOBODY)]
    assert store.replacements.set(new, "undone", "U0BEN") == []
    assert [one.status for one in store.replacements.of(other)] == ["proposed"]


@pytest.mark.parametrize("status", ["proposed", "gone"])
def test_nothing_is_decided_into_a_proposal_or_into_nothing(store: Store, status: str) -> None:
    with pytest.raises(ValueError, match=status):
        store.replacements.set(1, status, "U0BEN")  # type: ignore[arg-type]  # it is a status
