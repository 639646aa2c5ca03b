"""Sends the weekly digests that wait in the store."""

import threading
from collections.abc import Callable
from datetime import datetime

import structlog
from slack_sdk import WebClient

from bot.feedback.benefits.digest import gather_digest
from bot.feedback.experts.directory import Directory
from bot.permissions import Rights
from bot.privacy.consent import Privacy
from bot.settings import MEMBER, Settings
from bot.slack.benefits import digest_message
from bot.slack.lessons.scope_buttons import place_of
from bot.slack.messages import posting
from bot.slack.messages.posting import Place
from bot.slack.transport.errors import SLACK_TROUBLE, code_of
from bot.slack.transport.retry import is_outage
from bot.store import Store
from bot.store.weekly.digests import DueDigest

log = structlog.get_logger(__name__)
AT_ONCE = 20
"""Digests that are sent in one round at most."""


class DigestSender:
    """Sends each digest once; safe from any thread."""

    def __init__(
        self, store: Store, settings: Settings, client: WebClient, now: Callable[[], datetime]
    ) -> None:
        """`now` is the clock."""
        self._store = store
        self._settings = settings
        self._client = client
        self._rights, self._privacy = Rights(store, settings), Privacy(store, settings)
        self._experts = Directory(store, settings)
        self._now = now
        self._sending = threading.Lock()

    def deliver(self) -> None:
        """Sends what waits; where Slack is away, the rest waits for the next call."""
        with self._sending:
            for due in self._store.digests.unsent(AT_ONCE):
                if not self._sent(due):
                    return
                self._store.digests.sent(due)

    def _sent(self, due: DueDigest) -> bool:
        """Sends one digest, if its recipient is still to get it; False where Slack is away."""
        if not self._gets_it(due.recipient):
            return True
        direct = bool(MEMBER.fullmatch(due.recipient))
        audience = place_of(due.recipient, "" if direct else due.recipient)
        digest = gather_digest(self._store, self._settings, audience, self._now())
        if digest.empty:
            return True
        can_ask = bool(self._experts.experts())
        content = digest_message.content(digest, can_ask=can_ask)
        try:
            posting.say(self._client, Place(due.recipient), content)
        except SLACK_TROUBLE as error:
            log.warning("a digest was not sent", error=type(error).__name__, code=code_of(error))
            return not is_outage(error)
        return True

    def _gets_it(self, recipient: str) -> bool:
        """Returns whether somebody who was to get a digest still is: a teacher, or the channel."""
        if not MEMBER.fullmatch(recipient):
            return recipient == self._settings.digest.channel
        return self._rights.is_teacher(recipient) and self._privacy.keeps(recipient)
