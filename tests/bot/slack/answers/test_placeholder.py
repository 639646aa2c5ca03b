"""A placeholder stays until the answer, or a notice, stands in its place."""

import threading

import pytest
from slack_sdk import WebClient

from bot.slack.answers.placeholder import PlaceholderDisplay
from bot.slack.messages import posting
from bot.slack.messages.posting import MessageContent, Place
from bot.slack.state.in_flight_answer import InFlightAnswer
from tests.slack_server import SlackServer
from tests.slack_server.workspace import ANNA, GENERAL

NOTICE = MessageContent("It failed.")


def display(client: WebClient, texts: list[str]) -> PlaceholderDisplay:
    """The display of an answer that has these messages."""
    stamps = [posting.say(client, Place(GENERAL), MessageContent(text)) for text in texts]
    answer = InFlightAnswer(1, Place(GENERAL), ANNA, stamps=stamps)
    return PlaceholderDisplay(client, answer, threading.Event())


def texts(slack: SlackServer) -> list[str]:
    return [message.text for message in slack.bot_messages()]


def test_a_notice_takes_the_place_of_all_messages(slack: SlackServer, client: WebClient) -> None:
    shown = display(client, ["one", "two", "three"])
    first = slack.bot_messages()[0]
    shown.say_last(NOTICE)
    assert slack.bot_messages() == [first]
    assert first.text == "It failed."


def test_without_any_message_a_notice_is_posted(slack: SlackServer, client: WebClient) -> None:
    display(client, []).say_last(NOTICE)
    assert texts(slack) == ["It failed."]


def test_a_notice_outlasts_an_outage(
    slack: SlackServer, client: WebClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.transport.retry.WAITS", (0.0,) * 3)
    slack.fail("chat.postMessage", "service_unavailable", status=503)
    shown = display(client, [])
    shown.say_last(NOTICE)
    assert texts(slack) == ["It failed."]


def test_messages_are_handed_over_or_taken_back(slack: SlackServer, client: WebClient) -> None:
    shown = display(client, ["one", "two"])
    assert shown.hand_over() == [message.ts for message in slack.bot_messages()]
    shown.show_life()
    assert texts(slack) == ["one", "two"]
    shown.take_back()
    assert texts(slack) == []
