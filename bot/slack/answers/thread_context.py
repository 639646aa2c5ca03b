"""What was said in a thread before the bot was called into it, bounded, each line with its name."""

from collections import deque
from collections.abc import Iterator
from typing import Any

import structlog
from slack_sdk import WebClient

from bot.privacy.consent import Privacy
from bot.slack.events.message import IncomingMessage
from bot.slack.messages.mrkdwn import name, shorten
from bot.slack.state.member_names import MemberNames
from bot.slack.transport.errors import SLACK_TROUBLE, code_of
from bot.store import Store

log = structlog.get_logger(__name__)
MESSAGES = 20
CHARACTERS = 3000
LINE = 600
"""Characters of one message."""
PAGE = 200
PAGES = 5
NOBODY = "someone"


class ThreadContext:
    """Reads threads that the bot is called into."""

    def __init__(
        self, client: WebClient, store: Store, privacy: Privacy, names: MemberNames
    ) -> None:
        self._client = client
        self._store = store
        self._privacy = privacy
        self._names = names

    def before(self, message: IncomingMessage) -> tuple[str, ...]:
        """What people said above `message` in its thread, oldest first, as `name: words`.

        The first message is the topic and stays; of the others the newest, so that all of it is
        at most CHARACTERS long. Left out are the bot, what it was asked and has answered, which
        it knows, and whoever has opted out. A thread that cannot be read is an empty one.
        """
        if not message.reply or message.direct:
            return ()
        answered = self._store.replies.asked_in(message.channel, message.thread)
        first: dict[str, Any] | None = None
        newest: deque[dict[str, Any]] = deque(maxlen=MESSAGES)
        try:
            for earlier in self._thread(message):
                author = earlier.get("user")
                if earlier["ts"] in answered or author == self._names.own:
                    continue
                if not self._privacy.keeps(str(author or "")):
                    continue
                if earlier["ts"] == message.thread:
                    first = earlier
                else:
                    newest.append(earlier)
        except (*SLACK_TROUBLE, LookupError) as error:
            log.warning("a thread was not read", error=type(error).__name__, code=code_of(error))
        top = [self._line(first)] if first else []
        room = CHARACTERS - sum(map(len, top))
        lines: list[str] = []
        for earlier in reversed(newest):
            line = self._line(earlier)
            room -= len(line)
            if room < 0:
                break
            lines.append(line)
        return tuple(line for line in [*top, *reversed(lines)] if line)

    def _thread(self, message: IncomingMessage) -> Iterator[dict[str, Any]]:
        """The messages above `message`, oldest first; of endless threads only the beginning."""
        cursor = None
        for _ in range(PAGES):
            answer = self._client.conversations_replies(
                channel=message.channel,
                ts=message.thread,
                latest=message.ts,
                limit=PAGE,
                cursor=cursor,
            )
            yield from (earlier for earlier in answer["messages"] if earlier["ts"] < message.ts)
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return

    def _line(self, message: dict[str, Any]) -> str:
        """On one line, so that nobody can speak in another one's name."""
        words = " ".join(self._names.readable(message.get("text") or "").split())
        if not words:
            return ""
        user = message.get("user")
        who = self._names.name(user) if user and not message.get("bot_id") else None
        return f"{name(who or message.get('username') or NOBODY)}: {shorten(words, LINE)}"
