"""Where the bot is part of the conversation, and so answers without being named again."""

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
EARLY = 50
SOON_SECONDS = 30.0
REPLIES_READ = 50
K = TypeVar("K")
V = TypeVar("V")


class Threads:
    """Who has asked the bot in which thread, and which threads began with a question to it."""

    def __init__(self, client: WebClient, store: Store, own: str) -> None:
        self._client = client
        self._store = store
        self._own = own
        self._asked: OrderedDict[tuple[str, str], set[str]] = OrderedDict()
        self._began: OrderedDict[tuple[str, str], bool] = OrderedDict()
        self._early: OrderedDict[tuple[str, str], list[IncomingMessage]] = OrderedDict()
        self._guard = threading.Lock()

    def heard(self, message: IncomingMessage) -> None:
        """The bot took this message: from now on it is part of the thread."""
        with self._guard:
            asked = _kept(self._asked, (message.channel, message.thread), set())
            asked.add(message.user)
            if not message.reply:
                _kept(self._began, (message.channel, message.thread), True)

    def forget(self, person: str) -> None:
        """Forgets where somebody asked."""
        with self._guard:
            for asked in self._asked.values():
                asked.discard(person)
            for early in self._early.values():
                early[:] = [message for message in early if message.user != person]

    def keep_early(self, message: IncomingMessage) -> None:
        """Words in a thread that are meant for nobody yet: they may have overtaken its beginning.

        Kept in memory only, for a few of those that were written soon after the beginning.
        """
        soon = float(message.ts) - float(message.thread) < SOON_SECONDS
        if message.reply and soon and not mentioned(message.text):
            with self._guard:
                _kept(self._early, (message.channel, message.thread), [], EARLY).append(message)

    def take_early(self, message: IncomingMessage) -> list[IncomingMessage]:
        """What overtook the beginning of a thread, now that it is here."""
        with self._guard:
            return self._early.pop((message.channel, message.ts), [])

    def names_bot(self, message: IncomingMessage) -> bool:
        """Whether a message mentions the bot."""
        return self._own in mentioned(message.text)

    def is_meant(self, message: IncomingMessage) -> bool:
        """Whether a message is for the bot: names it, is alone with it, or is in its thread."""
        return self.names_bot(message) or message.direct or self.follows_up(message)

    def follows_up(self, message: IncomingMessage) -> bool:
        """Whether words in a thread are meant for the bot, though they do not name it.

        In a thread that began with a question to it, everybody's are, unless they name somebody
        else. In a thread of people that it was called into, only of those who called it.
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
            return False  # it is better to be named again than to butt in
        began = self._own in mentioned(parent.get("text") or "")
        with self._guard:
            return _kept(self._began, place, began)


def _kept(cache: OrderedDict[K, V], key: K, value: V, limit: int = KEPT) -> V:
    """The value under `key`, `value` where there was none; the oldest go when there are many."""
    kept = cache.setdefault(key, value)
    cache.move_to_end(key)
    while len(cache) > limit:
        cache.popitem(last=False)
    return kept
