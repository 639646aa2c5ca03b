"""Slash commands as typed values, and the Bolt listener that all of them share."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from slack_bolt import Ack

from bot.slack.messages.ephemeral import Recipient
from bot.slack.payloads import acts
from bot.slack.payloads.dispatcher import Dispatcher


@dataclass(frozen=True)
class Command:
    """Who ran which command, where, and with which text, as a person reads it."""

    name: str
    text: str
    user: str
    channel: str
    trigger: str
    response_url: str
    raw: str = ""
    """The text as Slack sent it, with the ids of mentions and channels."""
    channel_name: str | None = field(default=None, compare=False)
    """The name of the channel as Slack calls it in commands; it tells private ones apart."""

    @property
    def recipient(self) -> Recipient:
        """Whom to answer, by the response_url of the command."""
        return Recipient(self.user, self.channel, response_url=self.response_url)


CommandHandler = Callable[[Command], object]


def listener(
    dispatcher: Dispatcher, readable: Callable[[str], str], handle: CommandHandler
) -> Callable[[Ack, dict[str, Any]], None]:
    """Makes a Bolt listener that acknowledges a command and has `handle` called once, in a thread.

    Args:
        dispatcher: runs the work, and tells the author what failed.
        readable: converts mrkdwn to the text that people read.
        handle: does what the command asks for, where its author may; may raise anything.
    """

    def handle_admitted(payload: dict[str, Any]) -> None:
        command = _from_payload(payload, readable)
        # What is judged is what is run: a mention of the bot is left out of it, wherever it stood.
        act = acts.of_command(command.name, command.text)
        dispatcher.admit(command.recipient, act, command.channel_name)
        handle(command)

    def work(payload: dict[str, Any]) -> None:
        author = Recipient(
            payload["user_id"], payload["channel_id"], response_url=payload["response_url"]
        )
        dispatcher.once(
            f"command:{payload['trigger_id']}",
            author,
            payload["command"],
            lambda: handle_admitted(payload),
        )

    def run(ack: Ack, command: dict[str, Any]) -> None:
        ack()
        dispatcher.later(work, command)

    return run


def _from_payload(payload: dict[str, Any], readable: Callable[[str], str]) -> Command:
    raw = payload.get("text") or ""
    return Command(
        name=payload["command"],
        text=readable(raw),
        user=payload["user_id"],
        channel=payload["channel_id"],
        trigger=payload["trigger_id"],
        response_url=payload["response_url"],
        raw=raw,
        channel_name=payload.get("channel_name"),
    )
