"""Messages that are deleted or edited take along what came out of them."""

import pytest

from bot.feedback.message_changes import MessageChanges
from bot.feedback.ratings import ReplyRatings
from bot.lessons.curation import Curation
from bot.messages import Completion, Message
from bot.store import Store
from tests.bot.lessons.test_provenance import taught
from tests.bot.stored import reply, statuses


@pytest.mark.parametrize("ts", ["1.1", "1.2"])
def test_a_deleted_message_withdraws_what_came_out_of_it(
    curation: Curation, message_changes: MessageChanges, store: Store, ts: str
) -> None:
    number = taught(curation)
    assert message_changes.message_deleted("C2", ts) == []
    assert message_changes.message_deleted("C1", ts) == [number]
    assert statuses(store) == ["withdrawn"]


def test_a_deleted_question_takes_its_preferences_with_it(
    ratings: ReplyRatings, message_changes: MessageChanges, store: Store
) -> None:
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
    ratings.correct(number, "U2", "At noon.")
    message_changes.message_deleted("C1", "1.1")
    assert statuses(store) == ["withdrawn"]
    assert list(store.connections.db.table("preferences").rows) == []


def test_an_answer_of_the_bot_that_is_deleted_whole_is_no_lesson(
    ratings: ReplyRatings, message_changes: MessageChanges, store: Store
) -> None:
    number = reply(store, "Who are you?", "A bot.")
    for ts in ("2.1", "2.2"):
        store.replies.posted(number, "C1", ts)
    ratings.thumbs_up(number, "U1")
    assert message_changes.message_deleted("C1", "2.1") == []
    message_changes.message_deleted("C1", "2.2")
    assert statuses(store) == ["withdrawn"]
    # A thumb that comes late does not bring it back.
    ratings.thumbs_up(number, "U2")
    assert statuses(store) == ["withdrawn"]
