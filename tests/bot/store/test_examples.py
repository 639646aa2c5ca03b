"""What was taught: search, likeness, dates and history."""

import pytest

from bot.errors import NotFoundError
from bot.store import Store
from bot.store.examples import NewExample


def add(store: Store, prompt: str, completion: str = "answer", **more: str) -> int:
    return store.examples.add(NewExample(prompt, completion, "teach", "U1", **more)).id  # type: ignore[arg-type]


def test_search_finds_words_anywhere_and_beginnings_of_words(store: Store) -> None:
    tea = add(store, "Which tea do we drink?", "Assam, from the red tin.")
    add(store, "When is lunch?")
    assert [e.id for e in store.examples.search(text="red ass")] == [tea]
    assert [e.id for e in store.examples.search(text="drinking tea")] == [tea]
    assert store.examples.search(text="coffee") == []


@pytest.mark.parametrize("text", ['"', "tea OR", "NEAR(", "*", "a:b", "-", "prompt : x", "\x00"])
def test_search_takes_whatever_people_type(store: Store, text: str) -> None:
    add(store, "Which tea do we drink?")
    assert isinstance(store.examples.search(text=text), list)
    assert isinstance(store.examples.similar(text), list)


def test_similar_puts_the_closest_question_first(store: Store) -> None:
    far = add(store, "Where is the tea kept?")
    near = add(store, "Which tea do we drink on Fridays?")
    add(store, "Who runs payroll?")
    found = [e.id for e in store.examples.similar("which tea is for fridays")]
    assert found == [near, far]


def test_what_was_withdrawn_is_not_similar_to_anything(store: Store) -> None:
    number = add(store, "Which tea do we drink?")
    store.examples.change(number, "withdrawn", "U1")
    assert store.examples.similar("Which tea do we drink?") == []


def test_an_example_that_has_ended_is_left_out_of_the_night(store: Store) -> None:
    ends = add(store, "Where is the Christmas party?", expires_on="2026-12-31")
    stays = add(store, "When is lunch?")
    assert [e.id for e in store.examples.approved("2026-12-31")] == [ends, stays]
    assert [e.id for e in store.examples.approved("2027-01-01")] == [stays]


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


def test_a_number_greater_than_any_key_is_no_example(store: Store) -> None:
    with pytest.raises(NotFoundError):
        store.examples.get(10**30)
