"""Links to messages, so that people find where a lesson came from."""

import structlog
from slack_sdk import WebClient

from bot.slack.transport.errors import SLACK_TROUBLE, code_of
from bot.store import Store

log = structlog.get_logger(__name__)


class Permalinks:
    """Slack's permanent links, asked for one by one."""

    def __init__(self, client: WebClient, store: Store) -> None:
        self._client = client
        self._store = store

    def of(self, channel: str, ts: str) -> str | None:
        """Slack's permanent link to a message; None where it gives none."""
        try:
            answer = self._client.chat_getPermalink(channel=channel, message_ts=ts)
            return str(answer["permalink"])
        except (*SLACK_TROUBLE, LookupError) as error:
            log.info("no link to a message", error=type(error).__name__, code=code_of(error))
            return None

    def of_reply(self, reply_id: int) -> str | None:
        """The link to the first message of an answer; None where it was not shown in Slack."""
        places = self._store.replies.places(reply_id)
        return self.of(*places[0]) if places else None

    def keep(self, example_id: int | None, reply_id: int) -> None:
        """Keeps with an example the link to the answer that it came of; at most one call to Slack.

        Call it when the person has been answered already.
        """
        if example_id is None:
            return
        example = self._store.examples.get(example_id)
        if example.reply_id != reply_id or example.permalink:
            return
        if link := self.of_reply(reply_id):
            self._store.examples.link(example_id, link)
