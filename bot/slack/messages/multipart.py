"""The messages that carry one answer, put right in place however often that fails halfway."""

from collections.abc import Callable, Sequence

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.slack.messages import posting
from bot.slack.messages.posting import MessageContent, Place
from bot.slack.transport.errors import SLACK_TROUBLE, code_of
from bot.slack.transport.retry import is_outage

log = structlog.get_logger(__name__)
LOOKED_AT = 200


class MultipartMessage:
    """One message a piece, in the thread of a question. Not safe for several threads at once."""

    def __init__(
        self,
        client: WebClient,
        place: Place,
        own: str,
        since: str,
        on_shown: Callable[[str], None],
        stamps: Sequence[str] = (),
    ) -> None:
        """Begins with the messages `stamps`, which are there already.

        Args:
            client: Slack.
            place: the thread.
            own: the bot's user id.
            since: the question's time stamp; what the bot said after it may be a lost page.
            on_shown: told of every message that comes to carry a piece.
            stamps: messages whose content may be replaced.
        """
        self._client = client
        self._place = place
        self._own = own
        self._since = since
        self._on_shown = on_shown
        self.stamps = list(stamps)
        self.streaming: set[str] = set()
        """Messages that may still be streams."""
        self._said: dict[str, MessageContent] = {}
        self._lost: str | None = None

    def put(self, pieces: Sequence[MessageContent]) -> None:
        """Makes the messages say this and nothing else; may be called again after it failed.

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
        """Deletes all of them."""
        self.end_streams()
        self._drop(0)

    def opened(self, ts: str) -> None:
        """A stream was started."""
        self.stamps.append(ts)
        self.streaming.add(ts)
        self._on_shown(ts)

    def may_be_lost(self, beginning: str) -> None:
        """Something that begins so was sent, and no answer came: it may stand there or not."""
        self._lost = beginning

    @property
    def lost(self) -> bool:
        """Whether something may stand there that we do not know the time stamp of."""
        return self._lost is not None

    def end_streams(self) -> None:
        """Lets no message be a stream any more: only then can it be changed.

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
        """A message of ours that begins so, or is still empty, and that we know nothing of."""
        thread = self._place.thread
        if thread is None:
            return None
        answer = self._client.conversations_replies(
            channel=self._place.channel, ts=thread, oldest=self._since, limit=LOOKED_AT
        )
        for message in reversed(answer["messages"]):
            ts, text = str(message["ts"]), str(message.get("text") or "")
            ours = message.get("user") == self._own and ts > self._since
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
        for ts in self.stamps[keep:]:
            posting.delete(self._client, self._place.channel, ts)
        del self.stamps[keep:]
