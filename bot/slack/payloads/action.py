"""What all buttons share: the form of the payload, once, and a word where it fails.

A click needs no membership and no right: every handler checks for itself who may do what.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from slack_bolt import Ack

from bot.slack.dependencies import Services
from bot.slack.events.reaction import moment
from bot.slack.messages import blocks
from bot.slack.messages.ephemeral import Recipient, send_ephemeral


@dataclass(frozen=True)
class Click:
    """Who pressed which button, on which message."""

    action: str
    value: str
    at: Decimal
    recipient: Recipient
    ts: str
    trigger: str
    message: dict[str, Any]
    """As it stands in Slack; empty for one that only its reader sees."""


ActionHandler = Callable[[Services, Click], None]


def listener(services: Services, handle: ActionHandler) -> Callable[[Ack, dict[str, Any]], None]:
    """A Bolt listener that acknowledges and leaves the work to the quick lane.

    What `handle` raises is told to who clicked. The same click sent twice is handled once.
    """

    def work(body: dict[str, Any]) -> None:
        if not services.store.handled_events.claim(f"action:{body['trigger_id']}"):
            return
        click = from_payload(body)
        try:
            handle(services, click)
        except Exception as error:  # noqa: BLE001  whatever it is, the person hears of it
            send_ephemeral(services.client, click.recipient, blocks.sorry(error, click.action))

    def run(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        services.executors.quick.submit(work, body)

    return run


def from_payload(body: dict[str, Any]) -> Click:
    """Reads a `block_actions` payload of a message."""
    action, message = body["actions"][0], body.get("message") or {}
    container = body.get("container") or {}
    channel = (body.get("channel") or {}).get("id") or container.get("channel_id") or ""
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
    )
