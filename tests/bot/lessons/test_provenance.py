"""Lessons out of people's messages: whose words they are, refusing them, deleting them."""

import pytest

from bot.errors import InputError
from bot.feedback.message_changes import MessageChanges
from bot.home import Home
from bot.lessons.curation import Curation
from bot.lessons.editing import edit
from bot.lessons.teaching import Lesson
from bot.privacy.erasure import forget
from bot.store import Store
from bot.store.examples.provenance import SourceMessage
from tests.bot.stored import statuses

ASKED = SourceMessage("C1", "1.1", "U1")
ANSWERED = SourceMessage("C1", "1.2", "U2")


def taught(curation: Curation) -> int:
    lesson = Lesson("When is lunch?", "At noon.", "U3", "shortcut", channel="C1")
    result = curation.learn_from(lesson, [ASKED, ANSWERED], "ask")
    assert result.status == "approved"
    assert result.id is not None
    return result.id


@pytest.mark.parametrize("person", ["U1", "U2"])
def test_each_author_can_refuse_and_nobody_else(
    curation: Curation, store: Store, person: str
) -> None:
    number = taught(curation)
    with pytest.raises(InputError, match="Only who wrote"):
        curation.refuse(number, "U3")
    assert statuses(store) == ["approved"]
    curation.refuse(number, person)
    assert statuses(store) == ["withdrawn"]


def test_what_was_refused_is_not_learned_again(curation: Curation, store: Store) -> None:
    curation.refuse(taught(curation), "U2")
    with pytest.raises(InputError, match="does not want"):
        taught(curation)
    assert statuses(store) == ["withdrawn"]


def test_a_refusal_reaches_what_the_lesson_was_edited_into(
    curation: Curation, store: Store
) -> None:
    first = taught(curation)
    edited = edit(store, curation, first, "When is lunch?", "At noon, downstairs.", "U9")
    assert edited.id is not None
    curation.refuse(first, "U2")
    assert store.examples.get(edited.id).status == "withdrawn"


@pytest.mark.parametrize("does", ["approve", "reject"])
@pytest.mark.parametrize("by", ["refusal", "deletion"])
def test_what_was_refused_or_deleted_is_out_for_everybody(
    curation: Curation, message_changes: MessageChanges, store: Store, does: str, by: str
) -> None:
    number = taught(curation)
    if by == "refusal":
        curation.refuse(number, "U2")
    else:
        message_changes.message_deleted("C1", "1.2")
    with pytest.raises(InputError):
        getattr(curation, does)(number, "U3")
    assert statuses(store) == ["withdrawn"]


def test_a_rejection_does_not_undo_a_refusal(
    curation: Curation, message_changes: MessageChanges, store: Store
) -> None:
    """Before rejecting what was withdrawn was refused, some were brought back that way."""
    number = taught(curation)
    message_changes.message_deleted("C1", "1.1")
    store.examples.change(number, "rejected", "U3")
    with pytest.raises(InputError, match="deleted"):
        curation.approve(number, "U3")
    other = taught(curation)
    curation.reject(other, "U3")
    curation.refuse(other, "U1")
    with pytest.raises(InputError, match="does not want"):
        curation.approve(other, "U3")


def test_a_message_that_was_refused_bars_every_lesson_out_of_it(curation: Curation) -> None:
    first = taught(curation)
    lesson = Lesson("Lunch?", "Noon.", "U3", "shortcut", channel="C1")
    second = curation.learn_from(lesson, [ASKED, ANSWERED], "ask").id
    assert second is not None
    curation.reject(second, "U3")
    curation.refuse(first, "U2")
    with pytest.raises(InputError, match="does not want"):
        curation.approve(second, "U3")


def test_who_taught_from_a_message_can_take_it_back(curation: Curation) -> None:
    number = taught(curation)
    assert curation.taught_from("C1", "1.2", "U3") == [number]
    assert curation.taught_from("C1", "1.2", "U2") == []


def test_a_refusal_outlives_who_refused(curation: Curation, store: Store, home: Home) -> None:
    curation.refuse(taught(curation), "U2")
    forget(home, store, "U2")
    assert "U2" not in str(list(store.connections.db.table("origins").rows))
    with pytest.raises(InputError, match="does not want"):
        taught(curation)
