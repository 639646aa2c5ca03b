"""What is read of what was taught: search, likeness, dates, scopes, and whose words it has."""

from collections.abc import Callable
from typing import Any

import pytest

from bot.errors import NotFoundError
from bot.messages import Message
from bot.store import Store
from bot.store.database.personal_data import NOBODY, REASON, PersonalRows
from bot.store.examples.provenance import SourceMessage
from bot.store.examples.rows import NewExample
from bot.store.examples.scope import EVERYONE, PUBLIC, Audience, Scope
from tests.bot.store.rows import reply
from trainer.retrieval.word_search import WordSearch


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


def test_of_examples_those_are_beside_another_that_were_there_when_it_was_last_approved(
    store: Store,
) -> None:
    early, subject = add(store, "When is lunch?"), add(store, "When is tea?")
    store.examples.change(subject, "withdrawn", "U1")
    late = add(store, "Who bakes?")
    assert store.examples.beside(subject, [early, late]) == [early]
    assert store.examples.beside(early, [subject, late]) == []


def test_only_an_erased_example_is_forgotten(store: Store) -> None:
    kept, gone, taken = (add(store, question) for question in ("When?", "Who?", "Why?"))
    store.examples.change(taken, "withdrawn", "U1", REASON)
    nobody = store.examples.add(NewExample("How?", "So.", "teach", NOBODY)).id
    store.erase(PersonalRows("U9", taught=[gone]))
    assert store.examples.forgotten([kept, gone, taken, nobody]) == (gone,)


def test_examples_for_one_channel_or_one_person_are_private_whatever_became_of_them(
    store: Store,
) -> None:
    public, ours, mine = (add(store, question) for question in ("When?", "Who?", "Why?"))
    store.examples.set_scope(ours, Scope("channel", "C1"), "U1")
    store.examples.set_scope(mine, Scope("person", "U1"), "U1")
    store.examples.change(mine, "withdrawn", "U1")
    assert store.examples.made_private([public, ours, mine, 99]) == (ours, mine)
    assert store.examples.made_private([public, mine]) == (mine,)


def test_what_left_after_a_time_is_what_was_erased_or_made_private_since(store: Store) -> None:
    gone, narrowed, stays = (add(store, question) for question in ("When?", "Who?", "Why?"))
    assert not store.examples.any_left_since("")
    store.examples.change(stays, "withdrawn", "U1")
    assert not store.examples.any_left_since("")
    store.examples.set_scope(narrowed, Scope("channel", "C1"), "U1")
    assert store.examples.any_left_since("")
    at = store.examples.history(narrowed)[-1].at
    assert not store.examples.any_left_since(at)
    store.examples.set_scope(narrowed, EVERYONE, "U1")
    assert not store.examples.any_left_since("")
    store.erase(PersonalRows("U1", taught=[gone]))
    assert store.examples.any_left_since("")
    assert not store.examples.any_left_since(store.examples.get(gone).updated_at)


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


def private(store: Store, scope: Scope, prompt: str = "Which tea?", **more: str) -> int:
    new = NewExample(prompt, "Assam.", "teach", "U1", scope=scope, **more)  # type: ignore[arg-type]  # as above
    return store.examples.add(new).id


def test_a_night_trains_on_what_is_for_everyone_and_keeps_the_rest_out(store: Store) -> None:
    public, waiting = add(store, "When is lunch?"), add(store, "Who bakes?", status="pending")
    over = add(store, "Where is the party?", expires_on="2026-11-30")
    channel, person = private(store, Scope("channel", "C1")), private(store, Scope("person", "U1"))
    assert [e.id for e in store.examples.trained("2026-12-01")] == [public]
    assert [e.id for e in store.examples.kept_out("2026-12-01")] == [waiting, over, channel, person]
    assert [e.id for e in store.examples.trained("2026-11-30")] == [public, over]
    assert [e.id for e in store.examples.approved()] == [public, over, channel, person]


def test_the_same_words_for_others_are_another_lesson(store: Store) -> None:
    scopes = (EVERYONE, Scope("channel", "C1"), Scope("channel", "C2"), Scope("person", "U1"))
    ids = [private(store, scope) for scope in scopes]
    said = ("which tea?", "assam.", None)
    for number, scope in zip(ids, scopes, strict=True):
        pair, ever = (
            find(*said, scope) for find in (store.examples.same_pair, store.examples.ever_said)
        )
        assert pair is not None
        assert ever is not None
        assert pair.id == ever.id == number
        assert [e.id for e in store.examples.same_prompt("Which tea?", None, scope)] == [number]
        assert [e.id for e in store.examples.similar("Which tea?", scope=scope)] == [number]
    elsewhere = Scope("channel", "C9")
    assert store.examples.same_pair(*said, elsewhere) is None
    assert store.examples.ever_said(*said, elsewhere) is None
    assert store.examples.same_prompt("Which tea?", None, elsewhere) == []
    pair, ever = (find(*said) for find in (store.examples.same_pair, store.examples.ever_said))
    assert pair is not None
    assert ever is not None
    assert (pair.id, ever.id) == (ids[0], ids[0])


def test_an_audience_finds_its_own_lessons_before_any_limit(store: Store) -> None:
    """Lessons of others do not push them out of what is found, nor are they counted."""
    public, own = add(store, "Which tea do we drink here?"), private(store, Scope("channel", "C1"))
    for number in range(30):
        private(store, Scope("channel", f"C9{number}"))
    here = Audience(channel="C1")
    for on in (None, "2026-12-01"):
        assert [e.id for e in store.examples.similar("Which tea?", 2, on, here)] == [own, public]
        assert [e.id for e in store.examples.similar("Which tea?", 2, on, PUBLIC)] == [public]
    assert [e.id for e in store.examples.search(limit=2, audience=here)] == [own, public]
    assert [e.id for e in store.examples.search(text="assam", audience=PUBLIC)] == []
    assert [e.id for e in store.examples.search(text="assam", audience=here)] == [own]
    assert len(store.examples.search()) == 32
    assert store.examples.hidden_ids(here) == {e.id for e in store.examples.approved()} - {
        public,
        own,
    }


def test_private_lessons_are_counted_without_those_out_of_use(store: Store) -> None:
    add(store, "When is lunch?")
    private(store, Scope("channel", "C1"))
    gone = private(store, Scope("person", "U1"))
    assert store.examples.private_count() == 2
    store.examples.change(gone, "withdrawn", "U1")
    assert store.examples.private_count() == 1
    assert store.examples.hidden_ids(PUBLIC) == {2}


def test_lessons_for_everyone_out_of_private_places_are_found(store: Store) -> None:
    for channel, kind in (("C0OPEN", "public"), ("C0SHUT", "private"), ("C0FEW", "group")):
        store.places.learn(channel, kind)  # type: ignore[arg-type]  # they are kinds
    places = ("C0OPEN", "C0SHUT", "C0FEW", "D0ANNA", "C0NEW", "G0NEW")
    ids = [add(store, f"{place}?", channel=place) for place in places]
    add(store, "When is lunch?")
    private(store, Scope("channel", "C0SHUT"), channel="C0SHUT")
    store.examples.change(add(store, "Why?", channel="D0BEN"), "withdrawn", "U1")
    store.examples.change(add(store, "How?", channel="C0OLD"), "rejected", "U1")
    assert [e.id for e in store.examples.from_private_places()] == ids[1:4]
    assert store.examples.places_unknown() == ["C0NEW", "G0NEW"]


def plans(store: Store, ask: Callable[[], object]) -> list[str]:
    """How SQLite goes about each of the queries that are asked."""
    asked: list[str] = []
    db = store.connections.db
    db.conn.set_trace_callback(asked.append)
    ask()
    db.conn.set_trace_callback(None)
    queries = [query for query in asked if query.startswith("select")]
    return [" ".join(row["detail"] for row in db.query(f"explain query plan {q}")) for q in queries]


@pytest.mark.parametrize("scope", [EVERYONE, Scope("channel", "C1")], ids=["public", "private"])
def test_equal_lessons_are_looked_up_by_their_words_whatever_their_scope(
    store: Store, scope: Scope
) -> None:
    """An index of scopes would be read instead, which nearly all lessons share."""
    examples = store.examples
    for ask, index in (
        (lambda: examples.same_pair("Why?", "So.", None, scope), "examples_pair_key"),
        (lambda: examples.ever_said("Why?", "So.", None, scope), "examples_pair_key"),
        (lambda: examples.same_prompt("Why?", None, scope), "examples_prompt_key"),
    ):
        (plan,) = plans(store, ask)
        assert index in plan


def test_private_lessons_are_found_without_reading_the_others(store: Store) -> None:
    for ask in (lambda: store.examples.hidden_ids(PUBLIC), store.examples.private_count):
        (plan,) = plans(store, ask)
        assert "SEARCH examples USING INDEX idx_examples_private" in plan


def test_what_shares_words_is_what_the_exam_finds_in_memory(store: Store) -> None:
    lessons = [
        ("Who owns document-service?", "Ana does."),
        ("Who owns the document cache?", "Cleo does, not Ana."),
        ("Which port has report-service?", "4100."),
        ("When is lunch?", "At noon."),
    ]
    numbers = [add(store, *lesson) for lesson in lessons]
    search = WordSearch(lessons)
    for question in ("document service", "who has the port of report service", "LUNCHES", "?"):
        found = [example.id for example in store.examples.similar(question)]
        assert found == [numbers[place] for place in search.places(question, 20)]
