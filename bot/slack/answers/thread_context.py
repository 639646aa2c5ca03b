"""Reads what people said in a thread before the bot was called into it, within bounds."""

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
"""Messages after the first one of the thread."""
CHARACTERS = 3000
"""Characters of all lines together."""
LINE = 600
"""Characters of one message."""
PAGE = 200
"""Messages read with one call."""
PAGES = 5
"""Calls for one thread."""
NOBODY = "someone"


class ThreadContext:
    """Reads the threads that the bot is called into."""

    def __init__(
        self, client: WebClient, store: Store, privacy: Privacy, names: MemberNames
    ) -> None:
        self._client = client
        self._store = store
        self._privacy = privacy
        self._names = names

    def before(self, message: IncomingMessage) -> tuple[str, ...]:
        """Returns what people said above `message` in its thread, oldest first.

        Each line is `name: text`. The first message of the thread is its topic and always among
        them; of the others the newest are taken, as many as fit into CHARACTERS. Left out are the
        bot, the questions that it has answered (they are in its history), and whoever has opted
        out. A thread that cannot be read counts as empty; that is logged and not raised.
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
        left = CHARACTERS - sum(map(len, top))
        lines: list[str] = []
        for earlier in reversed(newest):
            line = self._line(earlier)
            left -= len(line)
            if left < 0:
                break
            lines.append(line)
        return tuple(line for line in [*top, *reversed(lines)] if line)

    def _thread(self, message: IncomingMessage) -> Iterator[dict[str, Any]]:
        """Yields the messages above `message`, oldest first, of at most PAGES pages."""
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
        """A message as one line, so that nobody can speak in another person's name."""
        text = " ".join(self._names.readable(message.get("text") or "").split())
        if not text:
            return ""
        user = message.get("user")
        author = self._names.name(user) if user and not message.get("bot_id") else None
        return f"{name(author or message.get('username') or NOBODY)}: {shorten(text, LINE)}"
