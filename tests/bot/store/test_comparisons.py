"""Comparisons: where they are shown, the order of their answers, and the votes on them."""

import pytest

from bot.errors import NotFoundError
from bot.store import Store
from tests.bot.store.rows import reply


def test_a_comparison_its_places_and_its_votes(store: Store) -> None:
    base, tuned = reply(store, ts="1.1"), reply(store, ts="1.1", adapter="v0001")
    kept = store.comparisons.add("Why?", "U1", base, tuned, 1.0)
    assert store.comparisons.get(kept.id) == kept
    assert store.comparisons.of_question("C1", "1.1") == [kept.id]
    for ts in ("2.2", "2.1"):
        store.comparisons.posted(kept.id, "C1", ts)
    assert store.comparisons.places(kept.id) == [("C1", "2.1"), ("C1", "2.2")]
    for person, choice in (("U1", "base"), ("U1", "tuned"), ("U2", "bad")):
        store.comparisons.vote(kept.id, person, choice)
    assert store.comparisons.choice_of(kept.id, "U1") == "tuned"
    assert store.comparisons.choice_of(kept.id, "U3") is None
    assert store.comparisons.voters(kept.id) == 2
    assert store.comparisons.votes("v0001") == {"base": 0, "tuned": 1, "tie": 0, "bad": 1}
    assert sum(store.comparisons.votes(None).values()) == 0
    store.comparisons.blank(kept.id)
    assert store.comparisons.get(kept.id).prompt == ""
    assert store.comparisons.places(kept.id) == []
    assert store.comparisons.voters(kept.id) == 2


def test_a_comparison_or_a_choice_that_there_is_not(store: Store) -> None:
    with pytest.raises(NotFoundError, match="no comparison 7"):
        store.comparisons.get(7)
    with pytest.raises(ValueError, match="perhaps"):
        store.comparisons.vote(7, "U1", "perhaps")


def test_the_order_of_a_comparison_is_drawn(store: Store) -> None:
    base, tuned = reply(store), reply(store)
    drawn = {store.comparisons.add("", "U1", base, tuned, 1.0).tuned_first for _ in range(64)}
    assert drawn == {True, False}


def test_the_comparisons_of_one_message_come_oldest_first(store: Store) -> None:
    numbers = []
    for _ in range(2):
        base, tuned = reply(store, ts="1.1"), reply(store, ts="1.1")
        numbers.append(store.comparisons.add("Why?", "U1", base, tuned, 1.0).id)
    assert store.comparisons.of_question("C1", "1.1") == numbers
    assert store.comparisons.of_question("C2", "1.1") == []


def test_votes_without_an_adapter_are_those_on_the_base_model_alone(store: Store) -> None:
    alone = store.comparisons.add("Why?", "U1", reply(store), reply(store), 1.0)
    store.comparisons.vote(alone.id, "U1", "tie")
    assert store.comparisons.votes(None) == {"base": 0, "tuned": 0, "tie": 1, "bad": 0}
    assert sum(store.comparisons.votes("v0001").values()) == 0
