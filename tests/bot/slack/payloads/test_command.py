"""A command is acknowledged first, read as people read it, and run once."""

from typing import Any

import pytest
from slack_sdk import WebClient

from bot.slack.messages.ephemeral import Recipient
from bot.slack.payloads import command
from bot.slack.payloads.command import Command
from bot.slack.payloads.dispatcher import Dispatcher
from bot.store import Store
from tests.bot.slack.direct import AtOnce
from tests.slack_server import SlackServer
from tests.slack_server.workspace import ANNA, GENERAL

acknowledge: Any = lambda: None  # noqa: E731  one line
"""A test that looks at the acknowledgements has one of its own."""


@pytest.fixture
def dispatcher(store: Store, client: WebClient) -> Dispatcher:
    """Does the work at once."""
    return Dispatcher(store.handled_events, AtOnce(), client)


@pytest.fixture
def payload(slack: SlackServer) -> dict[str, Any]:
    """A command as Slack sends it."""
    return {
        "command": "/teach",
        "text": "<@U1>",
        "user_id": ANNA,
        "channel_id": GENERAL,
        "trigger_id": "t1",
        "response_url": slack.response_url(GENERAL, ANNA),
    }


def test_a_command_has_its_words_as_people_read_them_and_as_they_came(
    dispatcher: Dispatcher, payload: dict[str, Any]
) -> None:
    run: list[Command] = []
    command.listener(dispatcher, lambda _: "@anna", run.append)(acknowledge, payload)
    url = payload["response_url"]
    assert run == [Command("/teach", "@anna", ANNA, GENERAL, "t1", url, "<@U1>")]
    assert run[0].recipient == Recipient(ANNA, GENERAL, None, url)


def test_a_command_without_words_is_empty(dispatcher: Dispatcher, payload: dict[str, Any]) -> None:
    run: list[Command] = []
    listen = command.listener(dispatcher, lambda text: text, run.append)
    listen(acknowledge, payload | {"text": None})
    assert (run[0].text, run[0].raw) == ("", "")


def test_a_command_is_acknowledged_before_it_is_run_and_run_once(
    dispatcher: Dispatcher, payload: dict[str, Any]
) -> None:
    order: list[str] = []
    ack: Any = lambda: order.append("ack")  # noqa: E731  one line
    listen = command.listener(dispatcher, lambda text: text, lambda c: order.append(c.name))
    listen(ack, payload)
    listen(ack, payload)
    listen(ack, payload | {"trigger_id": "t2"})
    assert order == ["ack", "/teach", "ack", "ack", "/teach"]


def test_the_author_hears_of_a_failure(
    dispatcher: Dispatcher, payload: dict[str, Any], slack: SlackServer
) -> None:
    def fail(_: str) -> str:
        raise ValueError

    command.listener(dispatcher, fail, print)(acknowledge, payload)
    (told,) = slack.bot_messages(ephemeral_to=ANNA)
    assert "(error " in told.text
