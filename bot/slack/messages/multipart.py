"""An answer in several messages, which are updated in place and may be retried after failures."""

from collections.abc import Callable, Sequence

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.slack.messages import posting
from bot.slack.messages.posting import MessageContent, Place
from bot.slack.transport.errors import SLACK_TROUBLE, code_of
from bot.slack.transport.retry import is_outage

log = structlog.get_logger(__name__)
MESSAGES_READ = 200
"""Messages of the thread that are searched for one whose time stamp is unknown."""


class MultipartMessage:
    """One message for each piece of an answer, in the thread of its question.

    It is not safe to call from several threads at once.
    """

    def __init__(
        self,
        client: WebClient,
        place: Place,
        bot_user: str,
        since: str,
        on_shown: Callable[[str], None],
        stamps: Sequence[str] = (),
    ) -> None:
        """Posts nothing yet.

        Args:
            client: the Web API.
            place: where new messages are posted.
            bot_user: the bot's user id.
            since: the question's time stamp; lost messages are searched for after it.
            on_shown: is called with the time stamp of every message that carries a piece.
            stamps: time stamps of messages that exist and are overwritten.
        """
        self._client = client
        self._place = place
        self._bot_user = bot_user
        self._since = since
        self._on_shown = on_shown
        self.stamps = list(stamps)
        self.streaming: set[str] = set()
        """Time stamps of messages that may still be streams."""
        self._said: dict[str, MessageContent] = {}
        self._lost: str | None = None

    def put(self, pieces: Sequence[MessageContent]) -> None:
        """Makes the messages show these pieces, one each, and deletes those left over.

        After a failure it may be called again: what was posted is updated, not posted twice.

        Raises:
            SlackClientError, OSError: Slack refuses, or is away.
        """
        self.end_streams()
        for number, piece in enumerate(pieces):
            if number < len(self.stamps) and not self._update(self.stamps[number], piece):
                self._drop(number)
            if number >= len(self.stamps):
                self._say(piece)
        self._drop(len(pieces))

    def remove(self) -> None:
        """Deletes all messages.

        Raises:
            SlackClientError, OSError: Slack is away.
        """
        self.end_streams()
        self._drop(0)

    def opened(self, ts: str) -> None:
        """Notes that a stream was started in the message `ts`."""
        self.stamps.append(ts)
        self.streaming.add(ts)
        self._on_shown(ts)

    def may_be_lost(self, beginning: str) -> None:
        """Notes that a message was sent and its answer was lost, so that it may exist or not.

        `beginning` is its text, with which it is looked for before anything is posted again.
        """
        self._lost = beginning

    @property
    def lost(self) -> bool:
        """Whether a message may exist whose time stamp is unknown."""
        return self._lost is not None

    def end_streams(self) -> None:
        """Ends the streams, since a message that is streamed cannot be updated.

        Raises:
            SlackClientError, OSError: Slack is away.
        """
        for ts in list(self.streaming):
            try:
                self._client.chat_stopStream(channel=self._place.channel, ts=ts)
            except SlackApiError as error:
                if is_outage(error):
                    raise
            self.streaming.discard(ts)

    def _say(self, piece: MessageContent) -> None:
        if self._lost is not None and (lost := self._find(self._lost)):
            self._lost = None
            self.stamps.append(lost)
            self.streaming.add(lost)
            self._on_shown(lost)
            self.end_streams()
            if self._update(lost, piece):
                return
            self._drop(len(self.stamps) - 1)
        try:
            ts = posting.say(self._client, self._place, piece)
        except SLACK_TROUBLE as error:
            if is_outage(error):
                self._lost = piece.text
            raise
        self._lost = None
        self.stamps.append(ts)
        self._said[ts] = piece
        self._on_shown(ts)

    def _find(self, beginning: str) -> str | None:
        """The newest message of the bot, of those not noted, with whose text `beginning` begins."""
        thread = self._place.thread
        if thread is None:
            return None
        answer = self._client.conversations_replies(
            channel=self._place.channel, ts=thread, oldest=self._since, limit=MESSAGES_READ
        )
        for message in reversed(answer["messages"]):
            ts, text = str(message["ts"]), str(message.get("text") or "")
            ours = message.get("user") == self._bot_user and ts > self._since
            if ours and ts not in self.stamps and beginning.startswith(text):
                return ts
        return None

    def _update(self, ts: str, piece: MessageContent) -> bool:
        if self._said.get(ts) == piece:
            return True
        try:
            self._client.chat_update(
                channel=self._place.channel,
                ts=ts,
                text=piece.text,
                blocks=[block.to_dict() for block in piece.blocks],
                parse="none",
                link_names=False,
            )
        except SlackApiError as error:
            if is_outage(error):
                raise
            log.warning("a message was not updated", code=code_of(error))
            return False
        self._said[ts] = piece
        return True

    def _drop(self, keep: int) -> None:
        while len(self.stamps) > keep:
            posting.delete(self._client, self._place.channel, self.stamps[-1])
            del self.stamps[-1]
