"""Button clicks as typed values, and the Bolt listener that all of them share.

`bot.slack.payloads.acts` says which right a click needs; whose lesson it is, handlers check.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from slack_bolt import Ack

from bot.slack.events.reaction import moment
from bot.slack.messages.ephemeral import Recipient
from bot.slack.payloads import acts
from bot.slack.payloads.dispatcher import Dispatcher


@dataclass(frozen=True)
class Click:
    """Who clicked which button, and on which message."""

    action: str
    value: str
    at: Decimal
    recipient: Recipient
    ts: str
    trigger: str
    message: dict[str, Any]
    """The message as Slack sent it; empty for an ephemeral one."""
    channel_name: str | None = field(default=None, compare=False)
    """The name of the channel, as far as the click tells it."""


ActionHandler = Callable[[Click], object]


def listener(
    dispatcher: Dispatcher, handle: ActionHandler
) -> Callable[[Ack, dict[str, Any]], None]:
    """Makes a Bolt listener that acknowledges a click and has `handle` called once, in a thread.

    It is called where whoever clicked may do that; else, and when it raises, they are told.
    """

    def handle_admitted(click: Click) -> None:
        act = acts.of_action(click.action)
        dispatcher.admit(click.recipient, act, click.channel_name, narrow_only=True)
        handle(click)

    def work(body: dict[str, Any]) -> None:
        click = from_payload(body)
        key = f"action:{body['trigger_id']}"
        dispatcher.once(key, click.recipient, click.action, lambda: handle_admitted(click))

    def run(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        dispatcher.later(work, body)

    return run


def from_payload(body: dict[str, Any]) -> Click:
    """Reads the `block_actions` payload of a message.

    Raises:
        KeyError, IndexError: the payload has no action, user or trigger.
    """
    action, message = body["actions"][0], body.get("message") or {}
    container = body.get("container") or {}
    place = body.get("channel") or {}
    channel = place.get("id") or container.get("channel_id") or ""
    recipient = Recipient(
        body["user"]["id"],
        channel,
        message.get("thread_ts") or container.get("thread_ts"),
        body.get("response_url"),
    )
    return Click(
        action["action_id"],
        str(action.get("value") or ""),
        moment(action.get("action_ts")),
        recipient,
        str(container.get("message_ts") or message.get("ts") or ""),
        body["trigger_id"],
        message,
        place.get("name"),
    )
