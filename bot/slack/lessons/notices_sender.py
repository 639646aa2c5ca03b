"""Sends people what they are to hear of their lessons, from the outbox in the store.

What they are told of may have happened on the terminal, on the page or in a night, where there is
no connection to Slack.
"""

import threading

import structlog
from slack_sdk import WebClient

from bot.slack.lessons.author_notices import notice_message
from bot.slack.messages import posting
from bot.slack.messages.posting import Place
from bot.slack.state.member_names import MemberNames
from bot.slack.transport.errors import SLACK_TROUBLE, code_of
from bot.slack.transport.retry import is_outage
from bot.store import Store
from bot.store.notices import Notice

log = structlog.get_logger(__name__)
AT_ONCE = 50
"""Notices that are sent in one round at most."""


class NoticesSender:
    """Sends each notice as a direct message; safe from any thread."""

    def __init__(self, store: Store, client: WebClient, names: MemberNames) -> None:
        self._store = store
        self._client = client
        self._names = names
        self._sending = threading.Lock()

    def deliver(self) -> None:
        """Sends what is to be told; where Slack is away, the rest waits for the next call.

        A notice counts as told once Slack has taken or refused it, so that an outage loses none.
        """
        with self._sending:
            for notice in self._store.notices.untold(AT_ONCE):
                if not self._sent(notice):
                    return
                self._store.notices.claim(notice.id)

    def _sent(self, notice: Notice) -> bool:
        """Sends one notice; returns False where Slack is away."""
        content = notice_message(self._store, notice, self._names.author)
        if content is None or self._store.people.opted_out(notice.person):
            return True
        try:
            posting.say(self._client, Place(notice.person), content)
        except SLACK_TROUBLE as error:
            log.warning("somebody was not told", error=type(error).__name__, code=code_of(error))
            return not is_outage(error)
        return True
