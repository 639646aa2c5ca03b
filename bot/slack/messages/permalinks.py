"""Permalinks of messages, so that people find where a lesson came from."""

import structlog
from slack_sdk import WebClient

from bot.slack.transport.errors import SLACK_TROUBLE, code_of
from bot.store import Store

log = structlog.get_logger(__name__)


class Permalinks:
    """Asks Slack for permalinks."""

    def __init__(self, client: WebClient, store: Store) -> None:
        self._client = client
        self._store = store

    def of(self, channel: str, ts: str) -> str | None:
        """Returns the permalink of a message; None where Slack gives none, which is logged."""
        try:
            answer = self._client.chat_getPermalink(channel=channel, message_ts=ts)
            return str(answer["permalink"])
        except (*SLACK_TROUBLE, LookupError) as error:
            log.info("no link to a message", error=type(error).__name__, code=code_of(error))
            return None

    def of_reply(self, reply_id: int) -> str | None:
        """Returns the permalink of an answer's first message; None if it was not shown in Slack."""
        places = self._store.replies.places(reply_id)
        return self.of(*places[0]) if places else None

    def keep(self, example_id: int | None, reply_id: int) -> None:
        """Stores with an example the permalink of the reply that it came from.

        It makes at most one call to Slack, and is to be called after the person was answered. It
        does nothing for `example_id` None, or where the example came from another reply or has a
        permalink already.

        Raises:
            NotFoundError: there is no such example.
        """
        if example_id is None:
            return
        example = self._store.examples.get(example_id)
        if example.reply_id != reply_id or example.permalink:
            return
        if link := self.of_reply(reply_id):
            self._store.examples.link(example_id, link)
