"""Comparisons, sources of lessons, roles, channels and answers under way."""

import pytest

from bot.errors import NotFoundError
from bot.store import Store
from bot.store.examples import NewExample
from bot.store.people import digest, forgotten_key
from bot.store.provenance import SourceMessage
from tests.bot.store.rows import example, reply


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


def test_who_wrote_the_messages_of_a_lesson_may_refuse_them(store: Store) -> None:
    one, other, apart = example(store), example(store, "When?"), example(store, "Who?")
    words = SourceMessage("C1", "1.1", "U1")
    for number in (one, other):
        store.provenance.add(number, words)
    store.provenance.add(apart, SourceMessage("C1", "1.2", "U1"))
    store.provenance.add(one, SourceMessage("C1", "1.3", "U2"))
    assert store.provenance.examples_of("C1", "1.1") == [one, other]
    assert store.provenance.authors(one) == {"U1", "U2"}
    assert store.provenance.wrote(one, "U2")
    assert not store.provenance.wrote(other, "U2")
    assert store.provenance.sharing(one, "U1") == [one, other]
    store.provenance.refuse(one, "U1")
    assert store.provenance.refused("C1", "1.1")
    assert not store.provenance.refused("C1", "1.2")
    assert not store.provenance.refused("C1", "1.3")
    assert [store.provenance.refused_of(n) for n in (one, other, apart)] == [True, True, False]
    store.provenance.inherit(one, apart)
    assert store.provenance.authors(apart) == {"U1", "U2"}
    assert store.provenance.refused_of(apart)


def test_lessons_out_of_answers_belong_to_the_question_as_well(store: Store) -> None:
    number = reply(store, ts="1.1")
    new = NewExample("Why?", "So.", "reaction", "U1", reply_id=number)
    made = store.examples.add(new).id
    assert store.provenance.examples_of("C1", "1.1") == [made]
    assert store.provenance.examples_of("C2", "1.1") == []


def test_a_person_has_one_role_until_it_is_taken_away(store: Store) -> None:
    store.people.make("U2", "teacher", "U9")
    store.people.make("U1", "teacher", "U9")
    store.people.make("U1", "admin", "U8")
    assert [(r.person, r.role, r.who) for r in store.people.roles()] == [
        ("U1", "admin", "U8"),
        ("U2", "teacher", "U9"),
    ]
    assert store.people.role("U1") == "admin"
    assert store.people.unmake("U1")
    assert not store.people.unmake("U1")
    assert store.people.role("U1") is None
    with pytest.raises(ValueError, match="king"):
        store.people.make("U1", "king", "U9")


def test_a_digest_is_the_same_for_the_same_id_only(store: Store) -> None:
    # Databases of earlier versions hold it: who has opted out would be in again.
    assert digest("U1")[:16] == "b7fdec0cf3d109c3"
    assert digest("U1") != digest("U2")
    assert forgotten_key("U1") == f"forgotten:{digest('U1')}"
    assert not store.people.opted_out("U1")


def test_a_channel_is_as_it_was_last_switched(store: Store) -> None:
    assert store.channels.listening("C1") is None
    store.channels.set("C1", True, "U1")
    store.channels.set("C1", False, "U1")
    assert store.channels.listening("C1") is False
    store.channels.set("C2", True, "U1")
    assert store.channels.all() == {"C1": False, "C2": True}


def test_an_answer_is_under_way_until_it_is_done(store: Store) -> None:
    first = store.pending_answers.add("C1", None, "U1", None)
    second = store.pending_answers.add("C1", "1.0", "U2", "1.5")
    store.pending_answers.shown_at(first, "1.6")
    waiting = store.pending_answers.all()
    assert [(one.id, one.placeholder) for one in waiting] == [(first, "1.6"), (second, "1.5")]
    store.pending_answers.done(first)
    assert [one.person for one in store.pending_answers.all()] == ["U2"]
