"""A lesson is replaced by its author or a teacher; others propose, and it is undone for a week."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import InputError
from bot.feedback.ratings import ReplyRatings
from bot.home import Home
from bot.lessons.curation import Curation
from bot.lessons.editing import edit
from bot.lessons.teaching import Lesson, OnConflict
from bot.permissions import RightsError
from bot.settings import load_settings
from bot.store import Store
from bot.store.examples.provenance import SourceMessage
from bot.store.examples.rows import NewExample
from tests.bot.stored import reply

ANNA, BEN, CARL, TEACHER, ADMIN = "U0ANNA", "U0BEN", "U0CARL", "U0TEACH", "U0ADMIN"
QUESTION = "When is lunch?"


@pytest.fixture(autouse=True)
def roles(store: Store) -> None:
    store.people.make(TEACHER, "teacher", "settings")
    store.people.make(ADMIN, "admin", "settings")


def taught(curation: Curation, completion: str, author: str, prompt: str = QUESTION) -> int:
    number = curation.teach(prompt, completion, author).id
    assert number is not None
    return number


def status(store: Store, *ids: int) -> list[str]:
    return [store.examples.get(number).status for number in ids]


def notices(store: Store) -> set[tuple[str, str, int | None, int | None, str | None]]:
    return {(n.person, n.what, n.example_id, n.other_id, n.who) for n in store.notices.untold(100)}


@pytest.mark.parametrize("author", [BEN, TEACHER, ADMIN, "console"])
def test_its_author_a_teacher_or_the_machine_replaces_a_lesson(
    curation: Curation, store: Store, author: str
) -> None:
    old = taught(curation, "At noon.", BEN)
    new = curation.teach(QUESTION, "At one.", author)
    assert (new.status, new.replaced, new.proposed_for) == ("approved", (old,), ())
    assert status(store, old) == ["superseded"]
    expected = set() if author == BEN else {(BEN, "replaced", old, new.id, author)}
    assert notices(store) == expected


@pytest.mark.parametrize("choice", ["replace", "keep"])
def test_somebody_else_proposes_also_by_keeping_both(
    curation: Curation, store: Store, choice: OnConflict
) -> None:
    """The newer of two answers to a question is told, so that keeping both replaces in effect."""
    old = taught(curation, "At noon.", BEN)
    lesson = Lesson(QUESTION, "At one.", ANNA)
    asked = curation.learn(lesson, "ask")
    assert (asked.status, asked.proposed_for) == ("contradiction", (old,))
    new = curation.settle(lesson, asked.conflicts, choice)
    assert (new.status, new.replaced, new.proposed_for) == ("pending", (), (old,))
    assert status(store, old) == ["approved"]
    told = {(who, "proposed", old, new.id, ANNA) for who in (BEN, TEACHER, ADMIN)}
    assert notices(store) == told


def test_a_near_conflict_of_somebody_else_is_replaced_by_consent_only(
    curation: Curation, store: Store
) -> None:
    old = taught(curation, "At noon.", BEN, "When is lunch on Fridays?")
    lesson = Lesson("when is lunch on fridays", "At one.", ANNA)
    asked = curation.learn(lesson, "ask")
    new = curation.settle(lesson, asked.conflicts, "replace")
    assert (new.status, new.proposed_for) == ("pending", (old,))
    assert new.id is not None
    curation.take(new.id, BEN)
    assert status(store, old, new.id) == ["superseded", "approved"]


@pytest.mark.parametrize("who", [BEN, TEACHER, ADMIN, "console"])
def test_a_proposal_is_taken_by_who_may_replace(curation: Curation, store: Store, who: str) -> None:
    old, new = taught(curation, "At noon.", BEN), taught(curation, "At one.", ANNA)
    for other in (ANNA, CARL):
        with pytest.raises(RightsError):
            curation.take(new, other)
    assert curation.take(new, who).status == "approved"
    assert status(store, old) == ["superseded"]
    assert (ANNA, "taken", new, old, who) in notices(store)
    assert ((BEN, "replaced", old, new, who) in notices(store)) == (who != BEN)
    with pytest.raises(InputError, match="decided already"):
        curation.take(new, who)


def test_approving_a_proposal_takes_it(curation: Curation, store: Store) -> None:
    old, new = taught(curation, "At noon.", BEN), taught(curation, "At one.", ANNA)
    curation.approve(new, TEACHER)
    assert status(store, old, new) == ["superseded", "approved"]
    assert [one.status for one in store.replacements.of(new)] == ["done"]


def test_who_is_asked_may_decline_and_the_proposer_hears_it(
    curation: Curation, store: Store
) -> None:
    old, new = taught(curation, "At noon.", BEN), taught(curation, "At one.", ANNA)
    with pytest.raises(RightsError):
        curation.decline(new, CARL)
    assert curation.decline(new, BEN).status == "rejected"
    assert status(store, old) == ["approved"]
    assert (ANNA, "rejected", new, None, BEN) in notices(store)
    with pytest.raises(InputError, match="decided already"):
        curation.take(new, BEN)


def test_of_several_authors_none_decides_for_the_others(curation: Curation, store: Store) -> None:
    of_ben = taught(curation, "At noon.", BEN, "When is lunch on Fridays?")
    of_carl = taught(curation, "At two.", CARL, "When is lunch on a Friday?")
    lesson = Lesson("When is lunch on Fridays", "At one.", ANNA)
    conflicts = [store.examples.get(of_ben), store.examples.get(of_carl)]
    new = curation.settle(lesson, conflicts, "replace").id
    assert new is not None
    with pytest.raises(RightsError):
        curation.take(new, BEN)
    curation.take(new, TEACHER)
    assert status(store, of_ben, of_carl) == ["superseded", "superseded"]


def test_a_proposal_does_not_replace_what_a_teacher_taught_in_between(
    curation: Curation, store: Store
) -> None:
    """The author of the old lesson may decide about that one alone."""
    taught(curation, "At noon.", BEN)
    new = taught(curation, "At one.", ANNA)
    between = curation.teach(QUESTION, "At three.", TEACHER, on_conflict="keep").id
    assert between is not None
    with pytest.raises(RightsError):
        curation.take(new, BEN)
    assert status(store, between, new) == ["approved", "pending"]


def test_where_lessons_are_reviewed_the_authors_consent_is_not_enough(
    home: Home, store: Store
) -> None:
    home.config.write_text('[examples]\napproval = "review"\n')
    curation = Curation(store, load_settings(home))
    store.examples.add(NewExample(QUESTION, "At noon.", "teach", BEN))
    new = taught(curation, "At one.", ANNA)
    with pytest.raises(RightsError, match="teacher"):
        curation.take(new, BEN)
    assert curation.take(new, TEACHER).status == "approved"


def test_a_proposal_is_not_let_in_by_somebody_who_says_the_same(
    curation: Curation, store: Store
) -> None:
    taught(curation, "At noon.", BEN)
    new = taught(curation, "At one.", ANNA)
    assert curation.teach(QUESTION, "At one.", CARL).status == "duplicate"
    assert status(store, new) == ["pending"]
    assert curation.teach(QUESTION, "At one.", BEN).status == "approved"


def test_words_that_somebody_wrote_replace_unasked_what_only_a_thumb_had_made(
    curation: Curation, ratings: ReplyRatings, store: Store
) -> None:
    liked = ratings.thumbs_up(reply(store, QUESTION, "Never."), BEN).id
    asked = curation.learn(Lesson(QUESTION, "At noon.", ANNA), "ask")
    assert (asked.status, asked.replaced) == ("approved", (liked,))
    assert notices(store) == {(BEN, "replaced", liked, asked.id, ANNA)}


def test_a_thumb_does_not_replace_what_somebody_else_liked(
    ratings: ReplyRatings, store: Store
) -> None:
    liked = ratings.thumbs_up(reply(store, QUESTION, "Never."), BEN).id
    other = ratings.thumbs_up(reply(store, QUESTION, "Always.", thread="2.0"), ANNA)
    assert (other.status, other.proposed_for) == ("pending", (liked,))


def test_the_nearest_lesson_that_somebody_liked_is_no_words_of_a_model(
    curation: Curation, ratings: ReplyRatings, store: Store
) -> None:
    lesson = taught(curation, "At noon.", BEN)
    near = reply(store, "When do we eat?", "Perhaps.", basis="near", lessons=[lesson])
    assert ratings.thumbs_up(near, BEN).status == "approved"
    assert curation.teach("When do we eat?", "At one.", ANNA).status == "pending"


@pytest.mark.parametrize("who", [BEN, TEACHER, ANNA])
def test_what_was_replaced_is_brought_back_by_who_lost_it_replaced_it_or_teaches(
    curation: Curation, store: Store, who: str
) -> None:
    old, new = taught(curation, "At noon.", BEN), taught(curation, "At one.", ANNA)
    curation.take(new, TEACHER)
    with pytest.raises(RightsError):
        curation.undo(new, CARL)
    assert [example.id for example in curation.undo(new, who)] == [old]
    assert status(store, old, new) == ["approved", "superseded"]
    undone = {(person, about) for person, what, about, _, _ in notices(store) if what == "undone"}
    assert undone == {(BEN, old), (ANNA, new)} - {(who, old), (who, new)}
    with pytest.raises(InputError, match="seven days"):
        curation.undo(new, who)


@pytest.mark.parametrize(("days", "undone"), [(6, True), (8, False)])
def test_it_is_undone_for_a_week(curation: Curation, store: Store, days: int, undone: bool) -> None:
    taught(curation, "At noon.", BEN)
    new = taught(curation, "At one.", TEACHER)
    then = (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="milliseconds")
    with store.connections.write() as db:
        db.conn.execute("update replacements set at = ?", [then])
    if undone:
        assert curation.undo(new, BEN)
    else:
        with pytest.raises(InputError, match="seven days"):
            curation.undo(new, BEN)


def test_nothing_is_undone_once_the_new_lesson_was_replaced_itself(
    curation: Curation, store: Store
) -> None:
    old, new = taught(curation, "At noon.", BEN), taught(curation, "At one.", TEACHER)
    taught(curation, "At two.", TEACHER)
    with pytest.raises(InputError, match="replaced itself"):
        curation.undo(new, BEN)
    assert status(store, old) == ["superseded"]


def test_what_may_not_come_back_leaves_the_new_lesson_in_use(
    curation: Curation, store: Store
) -> None:
    old = taught(curation, "At noon.", BEN)
    store.provenance.add(old, SourceMessage("C1", "1.1", CARL))
    new = taught(curation, "At one.", BEN)
    store.provenance.refuse(old, CARL)
    with pytest.raises(InputError, match="cannot come back"):
        curation.undo(new, BEN)
    assert status(store, old, new) == ["superseded", "approved"]


def test_an_edit_of_somebody_elses_lesson_is_told_and_undone(
    curation: Curation, store: Store
) -> None:
    old = taught(curation, "At noon.", BEN)
    new = edit(store, curation, old, QUESTION, "At one.", TEACHER).id
    assert new is not None
    assert notices(store) == {(BEN, "edited", old, new, TEACHER)}
    curation.undo(new, BEN)
    assert status(store, old, new) == ["approved", "superseded"]


def test_an_edit_that_is_a_lesson_known_already_does_not_undo_that_one(
    curation: Curation, store: Store
) -> None:
    other = taught(curation, "At one.", CARL, "When do we eat?")
    old = taught(curation, "At noon.", BEN)
    assert edit(store, curation, old, "When do we eat?", "At one.", BEN).id == other
    with pytest.raises(InputError, match="seven days"):
        curation.undo(other, BEN)


def test_an_edit_into_somebody_elses_question_is_proposed_and_the_old_one_stays(
    curation: Curation, store: Store
) -> None:
    other = taught(curation, "At one.", CARL, "When do we eat?")
    old = taught(curation, "At noon.", BEN)
    new = edit(store, curation, old, "When do we eat?", "At noon.", BEN)
    assert (new.status, new.proposed_for, new.replaced) == ("pending", (other,), ())
    assert new.id is not None
    assert status(store, old, other) == ["approved", "approved"]
    curation.take(new.id, CARL)
    assert status(store, old, other, new.id) == ["superseded", "superseded", "approved"]
