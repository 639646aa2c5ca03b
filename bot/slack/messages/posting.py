"""Posts, updates and deletes messages of the bot."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

import structlog
from slack_sdk import WebClient
from slack_sdk.models.blocks import Block

from bot.slack.transport.connection import response_client
from bot.slack.transport.errors import SLACK_TROUBLE, code_of
from bot.slack.transport.pacing.pacer import NoRoomError

log = structlog.get_logger(__name__)
THINKING = ":hourglass_flowing_sand: Thinking…"


@dataclass(frozen=True)
class Place:
    """Where a message is posted; with `thread` None, in the channel itself."""

    channel: str
    thread: str | None = None


@dataclass(frozen=True)
class MessageContent:
    """One message: `text` is escaped mrkdwn; with blocks, notifications show it instead of them."""

    text: str
    blocks: tuple[Block, ...] = ()


def say(client: WebClient, place: Place, content: MessageContent) -> str:
    """Posts a message and returns its time stamp.

    Links in it are never unfurled. Slack looks for no names in it, here and in all other calls: a
    model may repeat an `@channel` that it was asked about.

    Raises:
        SlackClientError, OSError: Slack refused it, or is away.
    """
    return post(client, place, content)[1]


def post(client: WebClient, place: Place, content: MessageContent) -> tuple[str, str]:
    """Posts a message as `say` does, and returns the channel in which it stands and its time stamp.

    The channel of what is sent to a person is that of their direct messages.

    Raises:
        SlackClientError, OSError: Slack refused it, or is away.
    """
    answer = client.chat_postMessage(
        channel=place.channel,
        thread_ts=place.thread,
        text=content.text,
        blocks=list(content.blocks) or None,
        unfurl_links=False,
        unfurl_media=False,
        parse="none",
        link_names=False,
    )
    return str(answer["channel"]), str(answer["ts"])


def sign_of_life(client: WebClient, place: Place, text: str = THINKING) -> str | None:
    """Posts a placeholder and returns its time stamp; None where that failed, which is logged."""
    try:
        return say(client, place, MessageContent(text))
    except SLACK_TROUBLE as error:
        log.warning("no placeholder", error=type(error).__name__, code=code_of(error))
        return None


def replace(
    client: WebClient, place: Place, placeholder: str | None, pieces: Sequence[MessageContent]
) -> list[str]:
    """Replaces the placeholder by the first piece and posts the others after it.

    Where the placeholder cannot be updated, it is deleted and all pieces are posted.

    Returns:
        The time stamps of the messages, one for each piece.

    Raises:
        SlackClientError, OSError: Slack refused to post, or is away.
    """
    stamps: list[str] = []
    if placeholder is not None and _update(client, place.channel, placeholder, pieces[0]):
        stamps.append(placeholder)
    stamps.extend(say(client, place, piece) for piece in pieces[len(stamps) :])
    if placeholder is not None and placeholder not in stamps:
        delete(client, place.channel, placeholder)
    return stamps


def tell(client: WebClient, person: str, response_url: str, content: MessageContent) -> None:
    """Answers a command so that only its author sees it; never raises.

    Slack takes five answers to a response_url, for half an hour; after that `person` gets a direct
    message.
    """
    if respond(response_url, content):
        return
    try:
        say(client, Place(person), content)
    except SLACK_TROUBLE as error:
        log.warning("nobody was told", error=type(error).__name__, code=code_of(error))


def respond(response_url: str, content: MessageContent, *, replace: bool = False) -> bool:
    """Sends an ephemeral message to a response_url; False where that failed, which is logged.

    With `replace`, it replaces the message whose button was pressed.
    """
    try:
        answer = response_client(response_url).send(
            text=content.text,
            blocks=list(content.blocks) or None,
            response_type="ephemeral",
            replace_original=replace,
            unfurl_links=False,
            unfurl_media=False,
        )
    except SLACK_TROUBLE as error:
        log.warning("a private answer was not sent", error=type(error).__name__)
        return False
    if answer.status_code != HTTPStatus.OK:
        log.warning("a private answer was refused", status=answer.status_code)
    return answer.status_code == HTTPStatus.OK


def _update(client: WebClient, channel: str, ts: str, content: MessageContent) -> bool:
    try:
        client.chat_update(
            channel=channel,
            ts=ts,
            text=content.text,
            blocks=list(content.blocks) or None,
            parse="none",
            link_names=False,
        )
    except NoRoomError:
        raise
    except SLACK_TROUBLE as error:
        log.warning("a message was not updated", error=type(error).__name__, code=code_of(error))
        return False
    return True


def delete(client: WebClient, channel: str, ts: str) -> None:
    """Deletes a message of the bot; a refusal is logged.

    Raises:
        NoRoomError: there is no room for the call, and this thread does not wait for it.
    """
    try:
        client.chat_delete(channel=channel, ts=ts)
    except NoRoomError:
        raise
    except SLACK_TROUBLE as error:
        log.warning("a message was not deleted", error=type(error).__name__, code=code_of(error))
