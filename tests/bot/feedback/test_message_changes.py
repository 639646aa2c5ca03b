"""Messages that are deleted or edited take along what came out of them."""

import pytest

from bot.feedback.message_changes import MessageChanges
from bot.feedback.ratings import ReplyRatings
from bot.feedback.reply_lessons import Extent
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


@pytest.mark.parametrize(("asker", "told"), [("U0ANNA", []), ("U0BEN", ["U0ANNA"])])
def test_an_author_hears_of_a_deletion_unless_the_question_was_their_own(
    ratings: ReplyRatings,
    message_changes: MessageChanges,
    store: Store,
    asker: str,
    told: list[str],
) -> None:
    completion = Completion("A bot.", "base", None, 5, 3, 0.1, "stop")
    asked = [Message("user", "Who are you?")]
    store.places.learn("C1", "public")
    number = store.replies.add(
        completion,
        asked,
        source="slack",
        channel="C1",
        thread="1.0",
        person=asker,
        question_ts="1.1",
    ).id
    ratings.thumbs_up(number, "U0ANNA")
    message_changes.message_deleted("C1", "1.1")
    assert statuses(store) == ["withdrawn"]
    assert [notice.person for notice in store.notices.untold(9)] == told


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


def test_a_correction_outlives_the_answer_that_it_corrected(
    ratings: ReplyRatings, message_changes: MessageChanges, store: Store
) -> None:
    """It is words of a person, who can take them back."""
    number = reply(store, "Who are you?", "A bot.")
    store.replies.posted(number, "C1", "2.1")
    ratings.correct(number, "U1", "Nightschool.")
    assert message_changes.message_deleted("C1", "2.1") == []
    assert statuses(store) == ["approved"]


def answered(store: Store, question_ts: str, *turns: str) -> int:
    """The id of an answer to a message of the thread 1.0."""
    roles = ("user", "assistant")
    asked = [Message(roles[i % 2], text) for i, text in enumerate(turns[:-1])]
    return store.replies.add(
        Completion(turns[-1], "base", None, 5, 3, 0.1, "stop"),
        asked,
        source="slack",
        channel="C1",
        thread="1.0",
        person="U1",
        question_ts=question_ts,
    ).id


def test_what_was_thought_of_an_answer_goes_with_the_question_that_was_edited(
    ratings: ReplyRatings, message_changes: MessageChanges, store: Store
) -> None:
    number = answered(store, "1.1", "When is lunch?", "Never.")
    ratings.thumbs_up(number, "U1")
    message_changes.question_edited("C1", "1.1")
    assert statuses(store) == ["withdrawn"]
    assert store.examples.history(1)[-1].why == "the question was edited"
    assert store.ratings.everyone(number) == {}
    assert store.replies.get(number).text == ""


def test_a_correction_outlives_the_wording_that_it_was_made_for(
    ratings: ReplyRatings, message_changes: MessageChanges, store: Store
) -> None:
    ratings.correct(answered(store, "1.1", "When is lunch?", "Never."), "U2", "At noon.")
    message_changes.question_edited("C1", "1.1")
    assert statuses(store) == ["approved"]


def test_a_comparison_goes_with_the_question_that_was_edited(
    message_changes: MessageChanges, store: Store
) -> None:
    base, tuned = (answered(store, "1.1", "Which tea?", text) for text in ("Assam.", "Mate."))
    number = store.comparisons.add("Which tea?", "U1", base, tuned, 0.1).id
    message_changes.question_edited("C1", "1.1")
    assert store.comparisons.get(number).prompt == ""


def test_later_turns_lose_an_earlier_question_that_is_gone(
    ratings: ReplyRatings, message_changes: MessageChanges, store: Store
) -> None:
    first = ("When is lunch?", "Never.")
    answered(store, "1.1", *first)
    later = answered(store, "1.2", *first, "And tea?", "At four.")
    ratings.correct(later, "U2", "At five.", extent=Extent(in_talk=True))
    ratings.correct(later, "U3", "At six.")
    message_changes.question_edited("C1", "1.1")
    assert [message.content for message in store.replies.get(later).messages] == ["And tea?"]
    assert statuses(store) == ["withdrawn", "approved"]  # the question alone has no such words
    assert list(store.connections.db.table("preferences").rows) == []
