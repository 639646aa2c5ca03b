"""What a person hears about their thumb: what became of the answer, and what they can do."""

import pytest
from slack_sdk.models.blocks import ButtonElement

from bot.lessons.teaching import Taught
from bot.slack.feedback import notices
from bot.slack.messages.ephemeral import with_buttons


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("withdrawn", "I will not learn that answer."),
        ("approved", "Others like that answer, so it stays a lesson."),
        ("pending", "Others like that answer, so it stays a lesson."),
    ],
)
def test_after_a_thumb_down_it_is_said_what_became_of_the_lesson(status: str, words: str) -> None:
    notice = notices.down(Taught(4, status), 7, may_take_back=False)
    assert words in notice.text
    assert notice.text.endswith("What should I have said?")


def test_a_thumb_down_that_changes_nothing_promises_nothing() -> None:
    notice = notices.down(Taught(None, "noted"), 7, may_take_back=False)
    assert notice.text == ":-1: Thank you, noted. What should I have said?"


@pytest.mark.parametrize(("missing", "words"), [(1, "1 more person must"), (2, "2 more people")])
def test_it_is_said_how_many_more_must_like_an_answer(missing: int, words: str) -> None:
    assert words in notices.up(Taught(None, "noted", missing=missing), 7, False).text


@pytest.mark.parametrize(
    ("status", "words"),
    [("withdrawn", "will not learn"), ("approved", "as others like it (example 4)")],
)
def test_what_was_taken_back_is_told_with_what_came_of_it(status: str, words: str) -> None:
    assert words in notices.taken_back(Taught(4, status), 1, corrected=False).text


@pytest.mark.parametrize(
    ("before", "corrected", "words"),
    [
        (1, False, "Your :+1: is taken back."),
        (-1, False, "Your :-1: is taken back."),
        (-1, True, "Your :-1: and your correction are taken back."),
    ],
)
def test_only_what_there_was_is_said_to_be_taken_back(
    before: int, corrected: bool, words: str
) -> None:
    assert notices.taken_back(Taught(None, "noted"), before, corrected=corrected).text == words


def test_who_likes_what_declines_is_asked_to_teach() -> None:
    said = notices.up(Taught(None, "untaught"), 7, may_take_back=False).text
    assert said == f":+1: Thank you, noted. {notices.NO_ANSWER}"


def test_who_likes_words_that_seem_to_say_nothing_may_say_that_they_are_the_answer() -> None:
    asked = Taught(None, "untaught", preview=("When is lunch?", "We do not know."))
    told = notices.up(asked, 7, may_take_back=True)
    labels = [element["text"]["text"] for element in told.blocks[-1].to_dict()["elements"]]
    assert labels == ["Tell me", "Learn it so", "Take back"]
    assert notices.DOUBTED in told.text


def test_who_likes_an_answer_made_of_a_thread_is_asked_to_say_it_in_their_words() -> None:
    said = notices.up(Taught(None, "context"), 7, may_take_back=False).text
    assert said == f":+1: Thank you, noted. {notices.OF_A_THREAD}"


def test_the_confirmation_of_a_liked_lesson_keeps_its_buttons_beside_take_back() -> None:
    whom = ButtonElement(text="Only me", action_id="scope:person", value="4")
    told = notices.up(Taught(4, "approved"), 7, True, with_buttons("Thank you.", whom))
    shown = [block.to_dict() for block in told.blocks]
    labels = [[e["text"]["text"] for e in block["elements"]] for block in shown[1:]]
    assert (told.text, labels) == ("Thank you.", [["Only me"], ["Take back"]])
