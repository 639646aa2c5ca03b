"""Lessons out of people's messages: whose words they are, refusing them, deleting them."""

import pytest

from bot.errors import InputError
from bot.feedback.service import Feedback, SourceMessage
from bot.home import Home
from bot.lessons.editing import edit
from bot.lessons.teaching import Lesson
from bot.messages import Completion, Message
from bot.privacy.erasure import forget
from bot.store import Store
from tests.bot.feedback.test_service import reply, statuses

ASKED = SourceMessage("C1", "1.1", "U1")
ANSWERED = SourceMessage("C1", "1.2", "U2")


def taught(feedback: Feedback) -> int:
    lesson = Lesson("When is lunch?", "At noon.", "U3", "shortcut", channel="C1")
    result = feedback.learn_from(lesson, [ASKED, ANSWERED], "ask")
    assert result.status == "approved"
    assert result.id is not None
    return result.id


@pytest.mark.parametrize("person", ["U1", "U2"])
def test_each_author_can_refuse_and_nobody_else(
    feedback: Feedback, store: Store, person: str
) -> None:
    number = taught(feedback)
    with pytest.raises(InputError, match="Only who wrote"):
        feedback.refuse(number, "U3")
    assert statuses(store) == ["approved"]
    feedback.refuse(number, person)
    assert statuses(store) == ["withdrawn"]


def test_what_was_refused_is_not_learned_again(feedback: Feedback, store: Store) -> None:
    feedback.refuse(taught(feedback), "U2")
    with pytest.raises(InputError, match="does not want"):
        taught(feedback)
    assert statuses(store) == ["withdrawn"]


def test_a_refusal_reaches_what_the_lesson_was_edited_into(
    feedback: Feedback, store: Store
) -> None:
    first = taught(feedback)
    edited = edit(store, feedback, first, "When is lunch?", "At noon, downstairs.", "U9")
    assert edited.id is not None
    feedback.refuse(first, "U2")
    assert store.examples.get(edited.id).status == "withdrawn"


@pytest.mark.parametrize("does", ["approve", "reject"])
@pytest.mark.parametrize("by", ["refusal", "deletion"])
def test_what_was_refused_or_deleted_is_out_for_everybody(
    feedback: Feedback, store: Store, does: str, by: str
) -> None:
    number = taught(feedback)
    if by == "refusal":
        feedback.refuse(number, "U2")
    else:
        feedback.message_deleted("C1", "1.2")
    with pytest.raises(InputError):
        getattr(feedback, does)(number, "U3")
    assert statuses(store) == ["withdrawn"]


def test_a_rejection_does_not_undo_a_refusal(feedback: Feedback, store: Store) -> None:
    """Before rejecting what was withdrawn was refused, some were brought back that way."""
    number = taught(feedback)
    feedback.message_deleted("C1", "1.1")
    store.examples.change(number, "rejected", "U3")
    with pytest.raises(InputError, match="deleted"):
        feedback.approve(number, "U3")
    other = taught(feedback)
    feedback.reject(other, "U3")
    feedback.refuse(other, "U1")
    with pytest.raises(InputError, match="does not want"):
        feedback.approve(other, "U3")


def test_a_message_that_was_refused_bars_every_lesson_out_of_it(feedback: Feedback) -> None:
    first = taught(feedback)
    lesson = Lesson("Lunch?", "Noon.", "U3", "shortcut", channel="C1")
    second = feedback.learn_from(lesson, [ASKED, ANSWERED], "ask").id
    assert second is not None
    feedback.reject(second, "U3")
    feedback.refuse(first, "U2")
    with pytest.raises(InputError, match="does not want"):
        feedback.approve(second, "U3")


@pytest.mark.parametrize("ts", ["1.1", "1.2"])
def test_a_deleted_message_withdraws_what_came_out_of_it(
    feedback: Feedback, store: Store, ts: str
) -> None:
    number = taught(feedback)
    assert feedback.message_deleted("C2", ts) == []
    assert feedback.message_deleted("C1", ts) == [number]
    assert statuses(store) == ["withdrawn"]


def test_a_deleted_question_takes_its_preferences_with_it(feedback: Feedback, store: Store) -> None:
    completion = Completion("Never.", "base", None, 5, 3, 0.1, "stop")
    asked = [Message("user", "When is lunch?")]
    number = store.replies.add(
        completion,
        asked,
        source="slack",
        channel="C1",
        thread="1.0",
        person="U1",
        question_ts="1.1",
    ).id
    feedback.correct(number, "U2", "At noon.")
    feedback.message_deleted("C1", "1.1")
    assert statuses(store) == ["withdrawn"]
    assert list(store.connections.db.table("preferences").rows) == []


def test_an_answer_of_the_bot_that_is_deleted_whole_is_no_lesson(
    feedback: Feedback, store: Store
) -> None:
    number = reply(store, "Who are you?", "A bot.")
    for ts in ("2.1", "2.2"):
        store.replies.posted(number, "C1", ts)
    feedback.thumbs_up(number, "U1")
    assert feedback.message_deleted("C1", "2.1") == []
    feedback.message_deleted("C1", "2.2")
    assert statuses(store) == ["withdrawn"]
    # A thumb that comes late does not bring it back.
    feedback.thumbs_up(number, "U2")
    assert statuses(store) == ["withdrawn"]


def test_who_taught_from_a_message_can_take_it_back(feedback: Feedback) -> None:
    number = taught(feedback)
    assert feedback.taught_from("C1", "1.2", "U3") == [number]
    assert feedback.taught_from("C1", "1.2", "U2") == []


def test_a_refusal_outlives_who_refused(feedback: Feedback, store: Store, home: Home) -> None:
    feedback.refuse(taught(feedback), "U2")
    forget(home, store, "U2")
    assert "U2" not in str(list(store.connections.db.table("origins").rows))
    with pytest.raises(InputError, match="does not want"):
        taught(feedback)
