"""A click is read from whatever message it was on, acknowledged first, and handled once."""

from concurrent.futures import Executor
from decimal import Decimal
from typing import Any

import pytest
from slack_sdk import WebClient

from bot.slack.messages.ephemeral import Recipient
from bot.slack.payloads import action
from bot.slack.payloads.action import Click
from bot.slack.payloads.dispatcher import Dispatcher
from bot.store import Store
from tests.bot.slack.direct import AtOnce
from tests.slack_server import SlackServer
from tests.slack_server.workspace import ANNA, GENERAL

acknowledge: Any = lambda: None  # noqa: E731  one line
"""A test that looks at the acknowledgements has one of its own."""


MESSAGE = {"ts": "2.0", "thread_ts": "1.0", "text": "Press"}
PAYLOAD: dict[str, Any] = {
    "actions": [{"action_id": "act", "value": "7", "action_ts": "3.5"}],
    "channel": {"id": GENERAL},
    "container": {"message_ts": "2.0", "channel_id": GENERAL, "thread_ts": "1.0"},
    "message": MESSAGE,
    "response_url": "https://a.example",
    "trigger_id": "t1",
    "user": {"id": ANNA},
}


@pytest.fixture
def dispatcher(store: Store, client: WebClient) -> Dispatcher:
    """Does the work at once."""
    quick: Executor = AtOnce()
    return Dispatcher(store.handled_events, quick, client)


def test_a_click_on_a_message_is_read() -> None:
    recipient = Recipient(ANNA, GENERAL, "1.0", "https://a.example")
    expected = Click("act", "7", Decimal("3.5"), recipient, "2.0", "t1", MESSAGE)
    assert action.from_payload(PAYLOAD) == expected


def test_a_click_on_an_ephemeral_message_is_known_by_its_container() -> None:
    payload = {k: v for k, v in PAYLOAD.items() if k not in ("message", "channel")}
    click = action.from_payload(payload)
    assert (click.message, click.ts) == ({}, "2.0")
    assert (click.recipient.channel, click.recipient.thread) == (GENERAL, "1.0")


def test_a_click_outside_of_messages_has_no_place() -> None:
    payload = {"actions": [{"action_id": "act"}], "trigger_id": "t1", "user": {"id": ANNA}}
    click = action.from_payload(payload)
    assert (click.value, click.at, click.ts) == ("", Decimal(0), "")
    assert click.recipient == Recipient(ANNA, "")


def test_a_click_is_acknowledged_before_it_is_handled_and_handled_once(
    dispatcher: Dispatcher,
) -> None:
    order: list[str] = []
    ack: Any = lambda: order.append("ack")  # noqa: E731  one line
    listen = action.listener(dispatcher, lambda click: order.append(click.action))
    listen(ack, PAYLOAD)
    listen(ack, PAYLOAD)
    listen(ack, PAYLOAD | {"trigger_id": "t2"})
    assert order == ["ack", "act", "ack", "ack", "act"]


def test_whoever_clicked_hears_of_a_failure(dispatcher: Dispatcher, slack: SlackServer) -> None:
    def fail(_: Click) -> None:
        raise ValueError

    payload = PAYLOAD | {"container": {}, "message": {}, "response_url": None}
    action.listener(dispatcher, fail)(acknowledge, payload)
    (told,) = slack.bot_messages(ephemeral_to=ANNA)
    assert "(error " in told.text
