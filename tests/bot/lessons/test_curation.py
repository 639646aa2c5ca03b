"""Looking after lessons: what is kept beside another, and what comes back."""

import pytest

from bot.errors import InputError
from bot.feedback.ratings import ReplyRatings
from bot.lessons.curation import Curation
from bot.lessons.teaching import Lesson
from bot.store import Store
from bot.store.examples.provenance import SourceMessage
from bot.store.examples.scope import Scope
from tests.bot.stored import reply


@pytest.mark.parametrize("undo", ["withdraw", "reject"])
def test_an_answer_that_was_kept_beside_another_stays_when_that_one_comes_back(
    store: Store, curation: Curation, undo: str
) -> None:
    curation.teach("Which tea?", "Assam.", "U1")
    curation.teach("Which tea?", "Darjeeling.", "U1", on_conflict="keep")
    getattr(curation, undo)(1, "U1")
    curation.approve(1, "U1")
    assert [example.id for example in store.examples.approved()] == [1, 2]


def test_so_does_one_that_was_kept_beside_it_for_one_channel(
    store: Store, curation: Curation
) -> None:
    here = Scope("channel", "C1")
    curation.learn(Lesson("Which tea?", "Assam.", "U1", scope=here))
    curation.learn(Lesson("Which tea?", "Darjeeling.", "U1", scope=here), "keep")
    curation.withdraw(1, "U1")
    curation.approve(1, "U1")
    assert [example.id for example in store.examples.approved()] == [1, 2]


@pytest.mark.parametrize("undo", ["withdraw", "reject", None])
def test_approving_what_was_out_of_use_replaces_the_answer_of_today(
    store: Store, curation: Curation, undo: str | None
) -> None:
    curation.teach("Which tea?", "Assam.", "U1")
    if undo:
        getattr(curation, undo)(1, "U1")
    curation.teach("Which tea?", "Darjeeling.", "U1")
    curation.approve(1, "U1")
    assert [example.id for example in store.examples.approved()] == [1]
    assert store.examples.history(2)[-1].why == "replaced by 1"


def test_what_is_withdrawn_or_replaced_cannot_be_rejected(store: Store, curation: Curation) -> None:
    curation.teach("Which tea?", "Assam.", "U1")
    curation.teach("Which tea?", "Darjeeling.", "U1")
    curation.withdraw(2, "U1")
    for number in (1, 2):
        with pytest.raises(InputError, match="out already"):
            curation.reject(number, "U1")
    assert [store.examples.get(number).status for number in (1, 2)] == ["superseded", "withdrawn"]


def test_approving_what_is_approved_replaces_nothing_beside_it(
    store: Store, curation: Curation
) -> None:
    curation.teach("Which tea?", "Assam.", "U1")
    curation.teach("Which tea?", "Darjeeling.", "U1", on_conflict="keep")
    curation.approve(1, "U1")
    assert [example.id for example in store.examples.approved()] == [1, 2]


@pytest.mark.parametrize("out", ["U1", "U3"])
def test_nothing_is_learned_of_or_by_who_has_opted_out(
    store: Store, curation: Curation, out: str
) -> None:
    store.people.opt_out(out)
    lesson = Lesson("When is lunch?", "At noon.", "U3", "shortcut", channel="C1")
    with pytest.raises(InputError, match="opted out"):
        curation.learn_from(lesson, [SourceMessage("C1", "1.1", "U1")], "ask")
    assert store.examples.search() == []


def test_nothing_is_learned_from_a_channel_that_was_switched_off(
    store: Store, curation: Curation
) -> None:
    store.channels.set("C1", False, "U9")
    with pytest.raises(InputError, match="not switched on"):
        curation.teach("Which tea?", "Assam.", "U1", channel="C1")
    assert curation.teach("Which tea?", "Assam.", "U1", channel="C2").status == "approved"


def test_a_lesson_that_is_known_gets_no_new_authors(store: Store, curation: Curation) -> None:
    """Else whoever wrote the same words elsewhere could refuse what another has taught."""
    curation.teach("When is lunch?", "At noon.", "U9")
    lesson = Lesson("When is lunch?", "At noon.", "U3", "shortcut", channel="C1")
    taught = curation.learn_from(lesson, [SourceMessage("C1", "1.1", "U1")], "ask")
    assert taught.status == "duplicate"
    assert store.provenance.authors(1) == set()


def test_a_correction_is_not_taken_back_with_the_mark_on_a_message(
    store: Store, curation: Curation, ratings: ReplyRatings
) -> None:
    corrected = ratings.correct(reply(store, "When?", "Never."), "U3", "At noon.").id
    assert corrected is not None
    store.provenance.add(corrected, SourceMessage("C1", "1.1", "U1"))
    assert curation.taught_from("C1", "1.1", "U3") == []
