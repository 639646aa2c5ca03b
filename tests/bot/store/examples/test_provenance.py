"""The messages that examples were made of, and what their authors refused."""

from bot.store import Store
from bot.store.examples.provenance import SourceMessage
from bot.store.examples.rows import NewExample
from tests.bot.store.rows import example, reply


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


def test_a_message_that_both_examples_have_is_inherited_once(store: Store) -> None:
    old, new = example(store), example(store, "When?")
    for number in (old, new):
        store.provenance.add(number, SourceMessage("C1", "1.1", "U1"))
    store.provenance.inherit(old, new)
    assert store.provenance.examples_of("C1", "1.1") == [old, new]
