"""What was taught: search, likeness, dates and history."""

from typing import Any

import pytest

from bot.errors import NotFoundError
from bot.messages import Message
from bot.store import Store
from bot.store.database.personal_data import NOBODY, REASON, PersonalRows
from bot.store.examples.provenance import SourceMessage
from bot.store.examples.rows import NewExample, keys
from tests.bot.store.rows import reply


def add(store: Store, prompt: str, completion: str = "answer", **more: str) -> int:
    return store.examples.add(NewExample(prompt, completion, "teach", "U1", **more)).id  # type: ignore[arg-type]  # any field


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


def test_search_filters_by_every_column_and_gives_the_newest_first(store: Store) -> None:
    own, other, waiting = (
        add(store, "When is lunch?"),
        store.examples.add(NewExample("Who?", "Me.", "reaction", "U2")).id,
        store.examples.add(NewExample("Why?", "So.", "teach", "U2", "pending")).id,
    )
    search = store.examples.search

    def ids(**filters: Any) -> list[int]:
        return [one.id for one in search(**filters)]

    assert ids() == [waiting, other, own]
    assert ids(limit=1, offset=1) == [other]
    assert (ids(status="pending"), ids(source="reaction")) == ([waiting], [other])
    assert ids(author="U2") == [waiting, other]
    assert ids(seen_by="U1") == [other, own]
    assert ids(seen_by="U2") == [waiting, other, own]


def test_the_same_pair_is_the_live_one_and_the_newest_of_any_status_is_found(store: Store) -> None:
    gone = add(store, "When is lunch?", "At noon.")
    store.examples.change(gone, "withdrawn", "U1")
    first = add(store, "When is  LUNCH?", "at noon.")
    last = add(store, "When is lunch?", "At noon.", status="rejected")
    same = store.examples.same_pair("when is lunch?", "At noon.")
    newest = store.examples.ever_said("when is lunch?", "At noon.")
    assert same is not None
    assert newest is not None
    assert (same.id, newest.id) == (first, last)
    assert [one.id for one in store.examples.same_prompt("When is lunch?")] == [first]
    assert store.examples.same_pair("When is lunch?", "At one.") is None
    assert store.examples.ever_said("When is lunch?", "At one.") is None


def test_a_system_message_is_no_part_of_the_question() -> None:
    turns = (Message("user", "Why?"), Message("assistant", "So."))
    assert keys("", "So.", (Message("system", "Be brief."), *turns)) == keys("", "So.", turns)
    assert keys("", "So.", (Message("user", "Well?"), *turns)) != keys("", "So.", turns)
    assert keys("Why?", "So.") == keys("", "So.", turns)


def test_of_examples_those_are_beside_another_that_were_there_when_it_was_last_approved(
    store: Store,
) -> None:
    early, subject = add(store, "When is lunch?"), add(store, "When is tea?")
    store.examples.change(subject, "withdrawn", "U1")
    late = add(store, "Who bakes?")
    assert store.examples.beside(subject, [early, late]) == [early]
    assert store.examples.beside(early, [subject, late]) == []


def test_a_link_is_stored_once_and_not_for_an_erased_example(store: Store) -> None:
    kept, gone = add(store, "When is lunch?"), add(store, "When is tea?")
    store.erase(PersonalRows("U9", taught=[gone]))
    for link in ("https://x/1", "https://x/2"):
        for number in (kept, gone):
            store.examples.link(number, link)
    assert store.examples.get(kept).permalink == "https://x/1"
    assert store.examples.get(gone).permalink is None


def test_only_an_erased_example_is_forgotten(store: Store) -> None:
    kept, gone, taken = (add(store, question) for question in ("When?", "Who?", "Why?"))
    store.examples.change(taken, "withdrawn", "U1", REASON)
    nobody = store.examples.add(NewExample("How?", "So.", "teach", NOBODY)).id
    store.erase(PersonalRows("U9", taught=[gone]))
    assert store.examples.forgotten([kept, gone, taken, nobody]) == (gone,)


def test_a_persons_words_stand_in_what_they_taught_asked_or_wrote(store: Store) -> None:
    own = add(store, "When is lunch?")
    asked, heard = reply(store), reply(store)
    made = store.examples.add(NewExample("Who?", "Me.", "reaction", "U2", reply_id=asked)).id
    wrote = store.examples.add(NewExample("Why?", "So.", "teach", "U2")).id
    store.examples.add(NewExample("How?", "So.", "teach", "U2", reply_id=heard))
    store.provenance.add(wrote, SourceMessage("C1", "1.1", "U1"))
    assert store.examples.with_words_of("U1", [asked]) == [own, made, wrote]


def test_only_whole_conversations_and_marked_answers_took_a_reply_over(store: Store) -> None:
    number = reply(store)
    talk = (Message("user", "Why?"), Message("assistant", "So."))
    taught = [
        store.examples.add(NewExample("Why?", "So.", source, "U1", messages=turns, reply_id=number))
        for source, turns in (("reaction", None), ("teach", talk), ("correction", None))
    ]
    assert store.examples.made_of_talks([number]) == [one.id for one in taught[:2]]
    assert store.examples.made_of_talks([number + 1]) == []
