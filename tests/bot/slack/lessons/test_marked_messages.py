"""Marked messages: which of them are offered as lessons, and what is said about the others."""

import pytest

from bot.slack.lessons import forms, marked_messages
from bot.slack.lessons.message_source import MessageSource
from bot.slack.messages import modals
from tests.bot.slack.conftest import Drive
from tests.slack_server.pressing import initial_values
from tests.slack_server.workspace import GENERAL, OTHER_BOT, texts_in

MARK = "mortar_board"


def test_a_marked_answer_of_the_bot_is_rated_instead(drive: Drive) -> None:
    direct = drive()
    said = direct.react(direct.ask("Who are you?"), MARK)
    assert "That is an answer of mine" in said.text


def test_words_of_another_bot_are_not_offered(drive: Drive) -> None:
    direct = drive()
    words = direct.write("Build 7 is green.", user=OTHER_BOT)
    words.bot_id = "B0OTHER"
    assert direct.react(words, MARK).text == ""
    direct.choose(words)
    assert marked_messages.NOBODY in texts_in(direct.form()["blocks"])


def test_the_offer_stands_in_the_thread_and_reads_the_message_anew(drive: Drive) -> None:
    direct = drive()
    asked = direct.write("Where is the key?")
    words = direct.write("Behind the poster.", thread=asked.ts)
    offer = direct.react(words, MARK)
    assert offer.thread_ts == asked.ts
    direct.press(marked_messages.OFFER, f"{GENERAL}:{words.ts}")
    assert initial_values(direct.form()) == {
        modals.QUESTION: "Where is the key?",
        modals.ANSWER: "Behind the poster.",
    }


def test_a_message_that_cannot_be_read_is_said_in_the_form(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    direct = drive()
    monkeypatch.setattr(MessageSource, "passage", fail)
    direct.choose(direct.write("Behind the poster."))
    assert direct.form()["callback_id"] == f"{forms.TEACH_THIS}_note"
    assert "One moment" not in str(direct.form()["blocks"])
