"""Words for one person, where they are: seen by nobody else, or else in their direct messages."""

from dataclasses import dataclass

import structlog
from slack_sdk import WebClient
from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    MarkdownTextObject,
    SectionBlock,
)

from bot.slack.posting import Piece, Place, respond, say
from bot.slack.text import shorten
from bot.slack.trouble import SLACK_TROUBLE, code_of

log = structlog.get_logger(__name__)
SECTION_LIMIT = 2900


@dataclass(frozen=True)
class Ear:
    """Whom to tell, and where they are. `response_url` is of the click or command, if any."""

    user: str
    channel: str
    thread: str | None = None
    response_url: str | None = None


def whisper(client: WebClient, ear: Ear, piece: Piece) -> None:
    """Tells one person; never raises.

    In a thread an answer to a response_url would stand in the channel, so it is the second choice
    there. Where both fail (the bot is not in the channel, the address is old), they get it
    directly.
    """
    if ear.thread:
        told = _ephemeral(client, ear, piece) or _responded(ear, piece)
    else:
        told = _responded(ear, piece) or _ephemeral(client, ear, piece)
    if told:
        return
    try:
        say(client, Place(ear.user), piece)
    except SLACK_TROUBLE as error:
        log.warning("nobody was told", error=type(error).__name__, code=code_of(error))


def instead(client: WebClient, ear: Ear, piece: Piece) -> None:
    """The same in the place of the message whose button was pressed."""
    if not _responded(ear, piece, replace=True):
        whisper(client, ear, piece)


def section(text: str) -> SectionBlock:
    """A paragraph of escaped mrkdwn; `@` and `#` before a word stay what they are."""
    return SectionBlock(text=MarkdownTextObject(text=shorten(text, SECTION_LIMIT), verbatim=True))


def with_buttons(text: str, *buttons: ButtonElement) -> Piece:
    """A paragraph with buttons below it."""
    blocks: list[Block] = [section(text)]
    if buttons:
        blocks.append(ActionsBlock(elements=list(buttons)))
    return Piece(text, tuple(blocks))


def _ephemeral(client: WebClient, ear: Ear, piece: Piece) -> bool:
    try:
        client.chat_postEphemeral(
            channel=ear.channel,
            user=ear.user,
            thread_ts=ear.thread,
            text=piece.text,
            blocks=list(piece.blocks) or None,
            parse="none",
            link_names=False,
        )
    except SLACK_TROUBLE as error:
        log.info("nothing was whispered", error=type(error).__name__, code=code_of(error))
        return False
    return True


def _responded(ear: Ear, piece: Piece, *, replace: bool = False) -> bool:
    return ear.response_url is not None and respond(ear.response_url, piece, replace=replace)
