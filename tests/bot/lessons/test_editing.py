"""An example is edited: the new one takes the place of the old one, and all else stays."""

import pytest

from bot.errors import InputError
from bot.lessons.curation import Curation
from bot.lessons.editing import edit
from bot.lessons.teaching import Lesson
from bot.messages import Message
from bot.settings import ExampleSettings, Settings
from bot.store import Store
from bot.store.examples.provenance import SourceMessage
from bot.store.examples.rows import NewExample
from bot.store.examples.scope import Scope
from tests.bot.stored import reply, statuses


def lesson(store: Store, **changes: object) -> int:
    """An example of U1's as it stands in the store."""
    new = NewExample("When is lunch?", "At noon.", "teach", "U1", **changes)  # type: ignore[arg-type]  # any field
    return store.examples.add(new).id


def test_the_new_example_takes_the_place_of_the_old_one(store: Store, curation: Curation) -> None:
    old = lesson(store, channel="C1", permalink="https://a.example/p1", expires_on="2999-01-31")
    taught = edit(store, curation, old, "  When is lunch?\n", " At one. ", "U1")
    assert taught.replaced == (old,)
    assert taught.id is not None
    new = store.examples.get(taught.id)
    assert (new.prompt, new.completion, new.author) == ("When is lunch?", "At one.", "U1")
    assert (new.channel, new.permalink) == ("C1", "https://a.example/p1")
    assert new.expires_on == "2999-01-31"
    assert store.examples.get(old).completion == "At noon.", "the words of an id never change"
    (*_, change) = store.examples.history(old)
    assert (change.after, change.why) == ("superseded", f"edited: now example {new.id}")


@pytest.mark.parametrize("status", ["superseded", "withdrawn"])
def test_what_is_out_of_use_cannot_be_edited(store: Store, curation: Curation, status: str) -> None:
    old = lesson(store)
    store.examples.change(old, status, "U1")
    with pytest.raises(InputError, match=f"is {status}: it cannot be edited"):
        edit(store, curation, old, "When is lunch?", "At one.", "U1")
    assert statuses(store) == [status]


def test_an_edit_that_changes_nothing_but_white_space_is_refused(
    store: Store, curation: Curation
) -> None:
    with pytest.raises(InputError, match="Nothing was changed"):
        edit(store, curation, lesson(store), "When is lunch? ", " At noon.", "U1")
    assert statuses(store) == ["approved"]


def test_a_refused_edit_leaves_the_old_example_in_use(store: Store, curation: Curation) -> None:
    old = lesson(store)
    assert edit(store, curation, old, "When is lunch?", "", "U1").status == "refused"
    assert statuses(store) == ["approved"]


def test_an_edit_of_the_case_alone_is_the_same_example(store: Store, curation: Curation) -> None:
    old = lesson(store)
    taught = edit(store, curation, old, "When is LUNCH?", "At noon.", "U1")
    assert (taught.id, taught.status, taught.replaced) == (old, "duplicate", ())
    assert statuses(store) == ["approved"]


def test_other_answers_to_the_question_stay(store: Store, curation: Curation) -> None:
    old = lesson(store)
    curation.learn(Lesson("When is lunch?", "At two.", "U1"), "keep")
    edit(store, curation, old, "When is lunch?", "At one.", "U1")
    assert [e.completion for e in store.examples.approved()] == ["At two.", "At one."]


def test_whose_words_are_in_the_old_one_has_a_say_over_the_new_one(
    store: Store, curation: Curation
) -> None:
    old = lesson(store)
    store.provenance.add(old, SourceMessage("C1", "1.1", "U7"))
    store.people.make("U2", "teacher", "settings")
    by_another = edit(store, curation, old, "When is lunch?", "At one.", "U2").id
    assert by_another is not None
    assert store.provenance.authors(by_another) == {"U7", "U1"}
    assert store.examples.get(old).status == "superseded"
    by_the_first = edit(store, curation, by_another, "When is lunch?", "At two.", "U1").id
    assert [e.id for e in store.examples.approved()] == [by_the_first]
    mine = lesson(store)
    by_me = edit(store, curation, mine, "When is lunch?", "At three.", "U1").id
    assert by_me is not None
    assert store.provenance.authors(by_me) == set()


@pytest.mark.parametrize("status", ["approved", "pending"])
def test_who_edits_theirs_into_what_another_taught_gets_no_say_over_that(
    store: Store, curation: Curation, status: str
) -> None:
    other = curation.teach("When is tea?", "At four.", "U9").id
    assert other is not None
    store.examples.change(other, status, "U9")
    old = lesson(store)
    store.provenance.add(old, SourceMessage("C1", "1.1", "U7"))
    taught = edit(store, curation, old, "When is tea?", "At four.", "U1")
    assert (taught.id, taught.replaced) == (other, (old,))
    assert store.provenance.authors(other) == set()
    assert statuses(store) == ["approved", "superseded"]


@pytest.fixture
def reviewed(store: Store, settings: Settings) -> Curation:
    """Teaching where members are reviewed."""
    examples = ExampleSettings(approval="review")
    return Curation(store, settings.with_changes(examples=examples))


@pytest.mark.parametrize("question", ["When is lunch?", "When do we eat?"])
def test_under_review_the_old_one_stays_until_a_teacher_approves_the_new_one(
    store: Store, reviewed: Curation, question: str
) -> None:
    store.people.make("U0TEACH", "teacher", "settings")
    new = NewExample("When is lunch?", "At noon.", "teach", "U0ANNA")
    old = store.examples.add(new).id
    taught = edit(store, reviewed, old, question, "At one.", "U0ANNA")
    assert (taught.status, taught.replaced) == ("pending", ())
    assert [e.id for e in store.examples.approved()] == [old]
    assert taught.id is not None
    reviewed.approve(taught.id, "U0TEACH")
    assert [e.id for e in store.examples.approved()] == [taught.id]


def test_what_is_edited_into_a_lesson_that_waits_stays_until_that_one_is_approved(
    store: Store, reviewed: Curation
) -> None:
    waiting = reviewed.teach("When is tea?", "At four.", "U0BEN").id
    new = NewExample("When is lunch?", "At noon.", "teach", "U0ANNA")
    old = store.examples.add(new).id
    edit(store, reviewed, old, "When is tea?", "At four.", "U0ANNA")
    assert [e.id for e in store.examples.approved()] == [old]
    assert waiting is not None
    reviewed.approve(waiting, "cli")
    assert [e.id for e in store.examples.approved()] == [waiting]


@pytest.mark.parametrize("question", ["When is lunch?", "When do we eat?"])
def test_who_only_wrote_a_message_in_it_proposes_new_words(
    store: Store, curation: Curation, question: str
) -> None:
    """Else whoever is quoted in a lesson could turn it into what they like."""
    store.people.make("U0TEACH", "teacher", "settings")
    new = NewExample("When is lunch?", "At noon.", "shortcut", "U0ANNA")
    old = store.examples.add(new).id
    store.provenance.add(old, SourceMessage("C1", "1.1", "U0BEN"))
    taught = edit(store, curation, old, question, "At one.", "U0BEN")
    assert (taught.status, taught.proposed_for, taught.replaced) == ("pending", (old,), ())
    assert [e.id for e in store.examples.approved()] == [old]
    told = {(n.person, n.what) for n in store.notices.untold(10)}
    assert told == {("U0ANNA", "proposed"), ("U0TEACH", "proposed")}
    assert taught.id is not None
    curation.take(taught.id, "U0ANNA")
    assert [e.id for e in store.examples.approved()] == [taught.id]


def test_nor_do_they_take_it_out_by_editing_it_into_another(
    store: Store, curation: Curation
) -> None:
    other = curation.teach("When is tea?", "At four.", "U9").id
    old = lesson(store)
    store.provenance.add(old, SourceMessage("C1", "1.1", "U7"))
    taught = edit(store, curation, old, "When is tea?", "At four.", "U7")
    assert (taught.id, taught.status, taught.replaced) == (other, "duplicate", ())
    assert statuses(store) == ["approved", "approved"]


def test_of_a_talk_only_the_last_question_and_its_answer_are_edited(
    store: Store, curation: Curation
) -> None:
    turns = [("user", "Hi"), ("assistant", "Hello."), ("user", "Lunch?"), ("assistant", "Noon.")]
    old = lesson(store, messages=tuple(Message(role, text) for role, text in turns))
    number = edit(store, curation, old, "And lunch?", "At one.", "U1").id
    assert number is not None
    messages = store.examples.get(number).messages
    assert [m.content for m in messages or ()] == ["Hi", "Hello.", "And lunch?", "At one."]


@pytest.mark.parametrize(("source", "kept"), [("reaction", False), ("correction", True)])
def test_edited_words_of_the_bot_are_not_its_reply_any_more(
    store: Store, curation: Curation, source: str, kept: bool
) -> None:
    """A thumb that is taken back would otherwise take the edited words along."""
    number = reply(store, "When is lunch?", "At noon.")
    old = store.examples.add(
        NewExample("When is lunch?", "At noon.", source, "U1", reply_id=number)
    )
    new = edit(store, curation, old.id, "When is lunch?", "At one.", "U1").id
    assert new is not None
    assert store.examples.get(new).reply_id == (number if kept else None)


def test_an_edited_lesson_is_for_the_same_people(store: Store, curation: Curation) -> None:
    old = lesson(store)
    store.examples.set_scope(old, Scope("channel", "C0SHUT"), "U1")
    new = edit(store, curation, old, "When is lunch?", "At one.", "U1").id
    assert new is not None
    assert store.examples.get(new).for_whom == Scope("channel", "C0SHUT")


def test_an_edit_is_shown_before_something_is_taken_out(store: Store, curation: Curation) -> None:
    old = lesson(store)
    text = "Ask ada@lantern.example."
    asked = edit(store, curation, old, "When is lunch?", text, "U1", "ask")
    assert (asked.status, asked.preview) == ("sensitive", ("When is lunch?", "Ask [e-mail]."))
    assert statuses(store) == ["approved"]
