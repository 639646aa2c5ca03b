"""Ephemeral messages: seen by one person alone, where they are or in their direct messages."""

from dataclasses import dataclass

import structlog
from slack_sdk import WebClient
from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
)

from bot.slack.messages.blocks import section
from bot.slack.messages.posting import MessageContent, Place, respond, say
from bot.slack.transport.errors import SLACK_TROUBLE, code_of

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Recipient:
    """Whom to tell, and where they are; `response_url` is that of a click or command, if any."""

    user: str
    channel: str
    thread: str | None = None
    response_url: str | None = None


def send_ephemeral(client: WebClient, recipient: Recipient, content: MessageContent) -> None:
    """Shows a message to one person alone; never raises.

    A response_url posts into the channel even when the click came from a thread, so in threads it
    is the second choice. Where both ways fail (the bot is not in the channel, the address has
    expired), the person gets a direct message.
    """
    if recipient.thread:
        told = _ephemeral(client, recipient, content) or _responded(recipient, content)
    else:
        told = _responded(recipient, content) or _ephemeral(client, recipient, content)
    if told:
        return
    try:
        say(client, Place(recipient.user), content)
    except SLACK_TROUBLE as error:
        log.warning("nobody was told", error=type(error).__name__, code=code_of(error))


def replace_ephemeral(client: WebClient, recipient: Recipient, content: MessageContent) -> None:
    """Replaces the message whose button was pressed; where that fails, sends a new one."""
    if not _responded(recipient, content, replace=True):
        send_ephemeral(client, recipient, content)


def with_buttons(text: str, *buttons: ButtonElement) -> MessageContent:
    """Builds a message of one section of escaped mrkdwn, with buttons below it."""
    blocks: list[Block] = [section(text)]
    if buttons:
        blocks.append(ActionsBlock(elements=list(buttons)))
    return MessageContent(text, tuple(blocks))


def _ephemeral(client: WebClient, recipient: Recipient, content: MessageContent) -> bool:
    try:
        client.chat_postEphemeral(
            channel=recipient.channel,
            user=recipient.user,
            thread_ts=recipient.thread,
            text=content.text,
            blocks=list(content.blocks) or None,
            parse="none",
            link_names=False,
        )
    except SLACK_TROUBLE as error:
        log.info("no ephemeral message", error=type(error).__name__, code=code_of(error))
        return False
    return True


def _responded(recipient: Recipient, content: MessageContent, *, replace: bool = False) -> bool:
    return recipient.response_url is not None and respond(
        recipient.response_url, content, replace=replace
    )
