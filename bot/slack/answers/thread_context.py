"""What was said in a thread before the bot was called into it, bounded, each line with its name."""

from collections import deque
from collections.abc import Iterator
from typing import Any

import structlog

from bot.slack.dependencies import Services
from bot.slack.events.message import IncomingMessage
from bot.slack.messages.mrkdwn import name, readable, shorten
from bot.slack.transport.errors import SLACK_TROUBLE, code_of

log = structlog.get_logger(__name__)
MESSAGES = 20
CHARACTERS = 3000
LINE = 600
"""Characters of one message."""
PAGE = 200
PAGES = 5
NOBODY = "someone"


def said_before(services: Services, message: IncomingMessage) -> tuple[str, ...]:
    """What people said above `message` in its thread, oldest first, as `name: words`.

    The first message is the topic and stays; of the others the newest, so that all of it is at
    most CHARACTERS long. Left out are the bot, and what it was asked and has answered: it knows
    that. A thread that cannot be read is an empty one.
    """
    if not message.reply or message.direct:
        return ()
    answered = services.store.replies.asked_in(message.channel, message.thread)
    first: dict[str, Any] | None = None
    newest: deque[dict[str, Any]] = deque(maxlen=MESSAGES)
    try:
        for said in _thread(services, message):
            if said["ts"] in answered or said.get("user") == services.identity.user:
                continue
            if not services.privacy.keeps(str(said.get("user", ""))):
                continue  # has opted out
            if said["ts"] == message.thread:
                first = said
            else:
                newest.append(said)
    except (*SLACK_TROUBLE, LookupError) as error:
        log.warning("a thread was not read", error=type(error).__name__, code=code_of(error))
    top = [_line(services, first)] if first else []
    room = CHARACTERS - sum(map(len, top))
    lines: list[str] = []
    for said in reversed(newest):
        line = _line(services, said)
        room -= len(line)
        if room < 0:
            break
        lines.append(line)
    return tuple(line for line in [*top, *reversed(lines)] if line)


def _thread(services: Services, message: IncomingMessage) -> Iterator[dict[str, Any]]:
    """The messages above `message`, oldest first; of endless threads only the beginning."""
    cursor = None
    for _ in range(PAGES):
        answer = services.client.conversations_replies(
            channel=message.channel,
            ts=message.thread,
            latest=message.ts,
            limit=PAGE,
            cursor=cursor,
        )
        yield from (said for said in answer["messages"] if said["ts"] < message.ts)
        cursor = (answer.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            return


def _line(services: Services, said: dict[str, Any]) -> str:
    """On one line, so that nobody can speak in another one's name."""
    words = readable(said.get("text") or "", services.identity.user, services.member_names.name)
    words = " ".join(words.split())
    if not words:
        return ""
    user = said.get("user")
    who = services.member_names.name(user) if user and not said.get("bot_id") else None
    return f"{name(who or said.get('username') or NOBODY)}: {shorten(words, LINE)}"
