"""Streams an answer into its thread: by Slack's streaming calls, or by updates of one message.

Some servers refuse streams, and streams end by themselves after some minutes or break. From then
on the answer is a message that is updated, and in the end it stands there whole and once.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.models.blocks import Block, MarkdownTextObject, SectionBlock
from slack_sdk.web.chat_stream import ChatStream

from bot.slack.messages.markdown import mrkdwn, no_channel
from bot.slack.messages.markdown_stream import MarkdownStream
from bot.slack.messages.mrkdwn import ChannelOf, split
from bot.slack.messages.multipart import MultipartMessage
from bot.slack.messages.posting import THINKING, MessageContent
from bot.slack.state.in_flight import InFlightAnswers
from bot.slack.state.in_flight_answer import InFlightAnswer
from bot.slack.state.pacing import StreamingState
from bot.slack.state.sessions import AgentSessions
from bot.slack.transport.connection import Identity
from bot.slack.transport.errors import SLACK_TROUBLE, code_of
from bot.slack.transport.retry import is_outage, outlast

log = structlog.get_logger(__name__)
STATUS = "is thinking…"
STREAM_SECONDS = 0.7
"""Seconds between two pieces of a stream; Slack takes some 100 chat.appendStream a minute."""
UPDATE_SECONDS = 1.3
"""Seconds between two updates of a message; Slack takes some 50 chat.update a minute."""
NO_STREAMS = {"unknown_method", "missing_scope", "not_allowed_token_type", "feature_not_enabled"}
"""Error codes of Slack after which no further answer tries to stream."""
EMPTY = "…"
"""What is shown of an answer without any text."""
SECTION_CHARACTERS = 1900
"""Characters of one section block; two of them carry the longest message."""


@dataclass(frozen=True)
class StreamingContext:
    """What all streamed answers share."""

    client: WebClient
    identity: Identity
    in_flight: InFlightAnswers
    closing: threading.Event
    """Set when the service stops: nothing waits for Slack any longer."""
    sessions: AgentSessions
    """Slack's own sign that a thread is being answered, where the workspace has it."""
    state: StreamingState = field(default_factory=StreamingState)
    team_of: Callable[[str], str | None] = lambda _: None
    """Returns the id of a person's workspace, as far as it is known."""
    channel_of: ChannelOf = no_channel
    """Knows the channels whose names become links."""


class LiveAnswer:
    """The `AnswerDisplay` of one streamed answer.

    It is safe from any thread: a stop or an edit may end it while its worker adds pieces.
    """

    def __init__(
        self, context: StreamingContext, answer: InFlightAnswer, stamps: Sequence[str] = ()
    ) -> None:
        """`stamps` are messages that show an earlier answer, and are overwritten."""
        self._context = context
        self._answer = answer
        self._place = answer.place
        self._messages = MultipartMessage(
            context.client,
            answer.place,
            context.identity.user,
            answer.question or "",
            lambda ts: context.in_flight.shown(answer, ts),
            stamps,
        )
        for ts in stamps:
            context.in_flight.shown(answer, ts)
        self._markdown = MarkdownStream(channel_of=context.channel_of)
        self._stream: ChatStream | None = None
        self._in_place = bool(stamps)
        self._streams = context.state.streams and not stamps
        self._text = ""
        self._closed = False
        self._guard = threading.RLock()
        answer.shown_by(self)

    def show_life(self) -> None:
        """Shows that the question was taken, as a status or else as a message; never raises."""
        with self._guard:
            if self._closed or self._answer.ended or self._text:
                return
            answer = self._answer
            if self._context.sessions.begin(self._place, answer.person, answer.title):
                return
            if self._set_status(STATUS) or self._messages.stamps:
                return
            self._streams = False
            try:
                self._messages.put([MessageContent(THINKING)])
            except SLACK_TROUBLE as error:
                log.warning("no sign of life", error=type(error).__name__, code=code_of(error))

    def add(self, piece: str) -> None:
        """Adds more Markdown of the answer, and shows it when the rate limits allow."""
        with self._guard:
            if self._closed:
                return
            self._text += piece
            self._markdown.add(piece)
            if not self._context.state.pace.may(
                STREAM_SECONDS if self._streams else UPDATE_SECONDS
            ):
                return
            try:
                if self._streams:
                    self._append()
                else:
                    self._messages.put([MessageContent(text) for text in self._pieces(self._text)])
            except SLACK_TROUBLE as error:
                self._stop_streaming(error)

    def finish(self, text: str, footer: Sequence[Block]) -> None:
        """Shows the whole answer, with `footer` below it.

        Args:
            text: the answer as Markdown, whole.
            footer: the blocks at the end of its last message.

        Raises:
            SlackClientError, OSError: Slack refuses, or stayed away.
        """
        with self._guard:
            self._closed = True
            if self._streams:
                try:
                    if self._append(last=True, footer=footer):
                        return
                except SLACK_TROUBLE as error:
                    self._stop_streaming(error)
            self._put(with_footer(self._pieces(text), footer))

    def say_last(self, notice: MessageContent) -> None:
        """Leaves what was shown of the answer, and puts `notice` below it.

        Raises:
            SlackClientError, OSError: Slack refuses, or stayed away.
        """
        with self._guard:
            self._closed = True
            if self._stream is not None and self._stream.ts:
                try:
                    self._stream.stop(markdown_text=f"\n\n{notice.text}")
                except SLACK_TROUBLE as error:
                    self._stop_streaming(error)
                else:
                    self._messages.streaming.discard(self._stream.ts)
                    return
            if not self._text.strip():
                self._put([notice])
                return
            *pieces, last = self._pieces(self._text)
            texts = [*pieces, f"{last}\n\n{notice.text}"]
            self._put([MessageContent(text) for text in texts])

    def take_back(self) -> None:
        """Deletes what was shown of the answer.

        Raises:
            SlackClientError, OSError: Slack stayed away.
        """
        with self._guard:
            self._closed = True
            self._set_status("")
            outlast(self._messages.remove, self._context.closing)

    def hand_over(self) -> list[str]:
        """Ends the stream, and returns the time stamps of the messages for another answer.

        Raises:
            SlackClientError, OSError: Slack stayed away.
        """
        with self._guard:
            self._closed = True
            outlast(self._messages.end_streams, self._context.closing)
            return self._messages.stamps

    def _append(self, *, last: bool = False, footer: Sequence[Block] = ()) -> bool:
        """Streams what is ready; returns whether the answer is whole, which `last` asks for."""
        for text, full in self._markdown.take(last=last):
            if self._stream is None and not text:
                continue
            stream = self._stream or self._new_stream()
            if not last or full:
                self._send(stream, text)
            if full:
                stream.stop()
                self._close_stream(stream)
            elif last:
                stream.stop(markdown_text=text, blocks=list(footer) or None)
                self._close_stream(stream)
                return True
        return False

    def _new_stream(self) -> ChatStream:
        self._stream = self._context.client.chat_stream(
            buffer_size=1,
            channel=self._place.channel,
            thread_ts=self._place.thread or "",
            recipient_user_id=self._answer.person,
            recipient_team_id=self._team(),
        )
        return self._stream

    def _team(self) -> str:
        """Returns the id of the workspace of whoever asked; Slack refuses to stream to another."""
        asker = self._answer
        return self._context.team_of(asker.person) or asker.team or self._context.identity.team

    def _send(self, stream: ChatStream, text: str) -> None:
        begun = stream.ts
        if not text:
            return
        try:
            stream.append(markdown_text=text)
        except SLACK_TROUBLE as error:
            if not begun and is_outage(error):
                self._messages.may_be_lost(text)
            raise
        if not begun and stream.ts:
            self._messages.opened(stream.ts)

    def _close_stream(self, stream: ChatStream) -> None:
        if stream.ts and stream.ts not in self._messages.stamps:
            self._messages.opened(stream.ts)
        self._messages.streaming.discard(stream.ts or "")
        self._stream = None

    def _stop_streaming(self, error: Exception) -> None:
        """Goes over from a stream to a message that is updated, after `error`."""
        code = code_of(error)
        log.warning("an answer is no stream any more", error=type(error).__name__, code=code)
        if self._stream is not None and self._stream.ts:
            if self._stream.ts not in self._messages.stamps:
                self._messages.opened(self._stream.ts)
            self._messages.streaming.add(self._stream.ts)
        elif self._stream is not None and is_outage(error) and not self._messages.lost:
            # Stopping a stream that has not begun starts it, without any text.
            self._messages.may_be_lost("")
        self._streams, self._stream = False, None
        if isinstance(error, SlackApiError) and code in NO_STREAMS:
            self._context.state.streams = False

    def _put(self, pieces: Sequence[MessageContent]) -> None:
        outlast(lambda: self._messages.put(pieces), self._context.closing)
        if self._in_place:
            # Slack removes a status when a message is posted, not when one is updated.
            self._set_status("")

    def _pieces(self, text: str) -> list[str]:
        return _split(text, self._context.channel_of)

    def _set_status(self, status: str) -> bool:
        if self._place.thread is None:
            return False
        try:
            self._context.client.assistant_threads_setStatus(
                channel_id=self._place.channel, thread_ts=self._place.thread, status=status
            )
        except SLACK_TROUBLE as error:
            log.info("no status", error=type(error).__name__, code=code_of(error))
            return False
        return True


def _split(text: str, channel_of: ChannelOf = no_channel) -> list[str]:
    """Renders Markdown as mrkdwn, in pieces that fit a message; at least one."""
    return split(mrkdwn(text, channel_of).strip() or EMPTY)


def with_footer(texts: Sequence[str], footer: Sequence[Block]) -> list[MessageContent]:
    """Makes a message of each piece of an answer, the last with `footer` below it.

    Args:
        texts: mrkdwn, at least one piece.
        footer: blocks; without any, the messages have text alone.
    """
    if not footer:
        return [MessageContent(text) for text in texts]
    sections = [
        SectionBlock(text=MarkdownTextObject(text=part, verbatim=True), expand=True)
        for part in split(texts[-1], SECTION_CHARACTERS)
    ]
    return [
        *(MessageContent(text) for text in texts[:-1]),
        MessageContent(texts[-1], (*sections, *footer)),
    ]
