"""Which threads the bot takes part in, and so answers in without being mentioned again."""

import threading
from collections import OrderedDict
from typing import TypeVar

import structlog
from slack_sdk import WebClient

from bot.slack.events.message import IncomingMessage
from bot.slack.messages.mrkdwn import mentioned
from bot.slack.transport.errors import SLACK_TROUBLE, code_of
from bot.store import Store

log = structlog.get_logger(__name__)
KEPT = 2000
"""Threads in memory; beyond that the oldest are dropped."""
EARLY = 50
"""Threads whose replies arrived before their first message, in memory."""
SOON_SECONDS = 30.0
"""How long after its first message a reply may have been written to count as early."""
REPLIES_READ = 50
"""The bot's newest replies in a thread that are read from the store."""
K = TypeVar("K")
V = TypeVar("V")


class Threads:
    """Who has asked the bot in which thread, and which threads began with a question to it.

    It is safe from any thread of the process.
    """

    def __init__(self, client: WebClient, store: Store, bot_user: str) -> None:
        self._client = client
        self._store = store
        self._bot_user = bot_user
        self._asked: OrderedDict[tuple[str, str], set[str]] = OrderedDict()
        self._began: OrderedDict[tuple[str, str], bool] = OrderedDict()
        self._early: OrderedDict[tuple[str, str], list[IncomingMessage]] = OrderedDict()
        self._guard = threading.Lock()

    def heard(self, message: IncomingMessage) -> None:
        """Notes that the bot took this message, and so takes part in its thread."""
        with self._guard:
            asked = _kept(self._asked, (message.channel, message.thread), set())
            asked.add(message.user)
            if not message.reply:
                _kept(self._began, (message.channel, message.thread), True)

    def forget(self, person: str) -> None:
        """Forgets in which threads a person has asked, and their early messages."""
        with self._guard:
            for asked in self._asked.values():
                asked.discard(person)
            for early in self._early.values():
                early[:] = [message for message in early if message.user != person]

    def keep_early(self, message: IncomingMessage) -> None:
        """Keeps a reply that is not for the bot yet: it may have arrived before the first message.

        Only replies without a mention, written within SOON_SECONDS, are kept, and in memory only.
        """
        soon = float(message.ts) - float(message.thread) < SOON_SECONDS
        if message.reply and soon and not mentioned(message.text):
            with self._guard:
                _kept(self._early, (message.channel, message.thread), [], EARLY).append(message)

    def take_early(self, message: IncomingMessage) -> list[IncomingMessage]:
        """Returns, once, the replies that arrived before `message`, which begins their thread."""
        with self._guard:
            return self._early.pop((message.channel, message.ts), [])

    def names_bot(self, message: IncomingMessage) -> bool:
        """Whether a message mentions the bot."""
        return self._bot_user in mentioned(message.text)

    def is_meant(self, message: IncomingMessage) -> bool:
        """Whether a message is for the bot: mentions it, is direct, or follows up in a thread."""
        return self.names_bot(message) or message.direct or self.follows_up(message)

    def follows_up(self, message: IncomingMessage) -> bool:
        """Whether a reply in a thread is for the bot, though it does not mention it.

        In a thread that began with a question to the bot, every reply is, unless it mentions
        somebody else. In a thread that it was called into, only those of people who called it are.
        """
        if not message.reply or mentioned(message.text):
            return False
        asked = self._persons(message)
        return bool(asked) and (message.user in asked or self._began_here(message))

    def _persons(self, message: IncomingMessage) -> set[str]:
        with self._guard:
            known = set(self._asked.get((message.channel, message.thread), ()))
        stored = self._store.replies.in_thread(message.channel, message.thread, REPLIES_READ)
        return known | {reply.person for reply in stored}

    def _began_here(self, message: IncomingMessage) -> bool:
        place = (message.channel, message.thread)
        with self._guard:
            if place in self._began:
                return self._began[place]
        try:
            answer = self._client.conversations_replies(
                channel=message.channel, ts=message.thread, limit=1
            )
            parent = answer["messages"][0]
        except (*SLACK_TROUBLE, LookupError) as error:
            log.warning("a thread was not read", error=type(error).__name__, code=code_of(error))
            return False  # to wait for a mention is better than to intrude
        began = self._bot_user in mentioned(parent.get("text") or "")
        with self._guard:
            return _kept(self._began, place, began)


def _kept(cache: OrderedDict[K, V], key: K, value: V, limit: int = KEPT) -> V:
    """Returns the value of `key`, `value` if it had none; drops the oldest beyond `limit`."""
    kept = cache.setdefault(key, value)
    cache.move_to_end(key)
    while len(cache) > limit:
        cache.popitem(last=False)
    return kept
