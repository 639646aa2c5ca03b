"""Which question a marked message answers, and which messages are those of people."""

import pytest

from bot.slack.lessons.message_source import MessageSource, is_of_a_person
from bot.slack.messages.permalinks import Permalinks
from bot.slack.state.member_names import MemberNames
from tests.bot.slack.conftest import Drive
from tests.bot.slack.direct import Direct
from tests.slack_server.workspace import ANNA, BEN, BOT, GENERAL


def source_of(direct: Direct) -> MessageSource:
    client = direct.parts.app.client
    return MessageSource(client, MemberNames(client, BOT), Permalinks(client, direct.store))


@pytest.mark.parametrize(
    ("said", "question"),
    [
        (((ANNA, "Where?"), (BEN, "Really?")), "Where?"),
        (((BEN, "Where?"), (BEN, "Anybody.")), "Where?"),
        (((ANNA, "The key."), (ANNA, "Hello.")), "The key."),
        (((ANNA, "Where?"), (ANNA, "When?")), "When?"),
    ],
)
def test_the_question_is_the_last_one_of_somebody_else_or_what_began_the_thread(
    drive: Drive, said: tuple[tuple[str, str], ...], question: str
) -> None:
    direct = drive()
    thread = None
    for user, text in said:
        thread = direct.write(text, user=user, thread=thread).ts if thread is None else thread
        if text != said[0][1]:
            direct.write(text, user=user, thread=thread)
    answer = direct.write(f"There, <@{ANNA}>.", user=BEN, thread=thread)
    direct.write("Is that so?", user=ANNA, thread=thread)
    passage = source_of(direct).passage(GENERAL, answer.as_json())
    assert passage.question is not None
    assert passage.question.text == question
    assert passage.answer.text == "There, @anna."
    assert passage.answer.words.person == BEN


def test_a_message_that_begins_its_thread_answers_nothing(drive: Drive) -> None:
    direct = drive()
    words = direct.write("Just so?")
    direct.write("Yes?", thread=words.ts)
    passage = source_of(direct).passage(GENERAL, words.as_json() | {"thread_ts": words.ts})
    assert passage.question is None


def test_a_message_is_read_by_its_own_time_stamp(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    direct = drive()
    words, other = direct.write("These."), direct.write("Those.")
    source = source_of(direct)
    assert (source.fetch(GENERAL, words.ts) or {})["text"] == "These."
    answer = {"message": other.as_json()}
    monkeypatch.setattr(direct.parts.app.client, "reactions_get", lambda **_: answer)
    assert source.fetch(GENERAL, words.ts) is None


@pytest.mark.parametrize(
    ("changes", "person"),
    [
        ({}, True),
        ({"subtype": "file_share"}, True),
        ({"subtype": "channel_join"}, False),
        ({"bot_id": "B1"}, False),
        ({"bot_profile": {"id": "B1"}}, False),
        ({"text": " "}, False),
        ({"user": None}, False),
    ],
)
def test_words_of_a_person_are_told_from_those_of_bots_and_notices(
    changes: dict[str, object], person: bool
) -> None:
    assert is_of_a_person({"user": ANNA, "text": "Hello", "ts": "1.0"} | changes) is person
