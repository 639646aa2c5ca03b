"""An answer as people see it grow: in Slack's own stream, or in one message that is updated.

Streams are refused on some servers, end by themselves after some minutes, and die: from then on
the answer is a message that is updated, and at the end it stands there whole, once.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.models.blocks import Block, MarkdownTextObject, SectionBlock
from slack_sdk.web.chat_stream import ChatStream

from bot.slack.messages.markdown import mrkdwn
from bot.slack.messages.markdown_stream import MarkdownStream
from bot.slack.messages.mrkdwn import split
from bot.slack.messages.multipart import MultipartMessage
from bot.slack.messages.posting import THINKING, MessageContent
from bot.slack.state.in_flight import InFlightAnswer, InFlightAnswers
from bot.slack.state.pacing import StreamingState
from bot.slack.transport.connection import Identity
from bot.slack.transport.errors import SLACK_TROUBLE, code_of
from bot.slack.transport.retry import is_outage, outlast

log = structlog.get_logger(__name__)
STATUS = "is thinking…"
STREAM_SECONDS = 0.7
"""Between two pieces of a stream; chat.appendStream may be called some 100 times a minute."""
UPDATE_SECONDS = 1.3
"""Between two updates of a message; chat.update may be called some 50 times a minute."""
NO_STREAMS = {"unknown_method", "missing_scope", "not_allowed_token_type", "feature_not_enabled"}
"""After these no further answer tries to stream."""
EMPTY = "…"
HALF = 1900
"""Characters of one section; two of them carry a full piece."""


@dataclass(frozen=True)
class StreamingContext:
    """What all answers share that are shown while they grow."""

    client: WebClient
    identity: Identity
    in_flight: InFlightAnswers
    closing: threading.Event
    """Set when the service stops: nothing waits for Slack any longer."""
    state: StreamingState = field(default_factory=StreamingState)


class LiveAnswer:
    """The display of one answer on its way.

    It may be broken off from another thread than the one that writes it.
    """

    def __init__(
        self, context: StreamingContext, answer: InFlightAnswer, stamps: Sequence[str] = ()
    ) -> None:
        """Begins in the messages `stamps`, where an answer to the question stood before."""
        self._context = context
        self._answer = answer
        self._place = answer.place
        self._pages = MultipartMessage(
            context.client,
            answer.place,
            context.identity.user,
            answer.question or "",
            lambda ts: context.in_flight.shown(answer, ts),
            stamps,
        )
        for ts in stamps:
            context.in_flight.shown(answer, ts)
        self._flow = MarkdownStream()
        self._stream: ChatStream | None = None
        self._in_place = bool(stamps)
        self._streams = context.state.streams and not stamps
        self._text = ""
        self._closed = False
        self._guard = threading.RLock()
        answer.shown_by(self)

    def show_life(self) -> None:
        """Shows that the question was taken: as a status, or in a message where that fails."""
        with self._guard:
            if self._closed or self._answer.ended or self._text:
                return
            if self._set_status(STATUS) or self._pages.stamps:
                return
            self._streams = False
            try:
                self._pages.put([MessageContent(THINKING)])
            except SLACK_TROUBLE as error:
                log.warning("no sign of life", error=type(error).__name__, code=code_of(error))

    def add(self, piece: str) -> None:
        """Takes more of the answer, and shows it when the time has come."""
        with self._guard:
            if self._closed:
                return
            self._text += piece
            self._flow.add(piece)
            if not self._context.state.pace.may(
                STREAM_SECONDS if self._streams else UPDATE_SECONDS
            ):
                return
            try:
                if self._streams:
                    self._append()
                else:
                    self._pages.put([MessageContent(text) for text in _pieces(self._text)])
            except SLACK_TROUBLE as error:
                self._stumble(error)

    def finish(self, text: str, foot: Sequence[Block]) -> None:
        """Shows the whole answer, and `foot` below it.

        Raises:
            SlackClientError, OSError: Slack refuses, or stayed away.
        """
        with self._guard:
            self._closed = True
            if self._streams:
                try:
                    if self._append(last=True, foot=foot):
                        return
                except SLACK_TROUBLE as error:
                    self._stumble(error)
            self._put(with_foot(_pieces(text), foot))

    def say_last(self, word: MessageContent) -> None:
        """Leaves what was said, with a last word below it.

        Raises:
            SlackClientError, OSError: Slack refuses, or stayed away.
        """
        with self._guard:
            self._closed = True
            if self._stream is not None and self._stream.ts:
                try:
                    self._stream.stop(markdown_text=f"\n\n{word.text}")
                except SLACK_TROUBLE as error:
                    self._stumble(error)
                else:
                    self._pages.streaming.discard(self._stream.ts)
                    return
            said = _pieces(f"{self._text.rstrip()}\n\n") if self._text.strip() else []
            pieces = [MessageContent(text) for text in said]
            last = pieces.pop() if pieces else None
            self._put([*pieces, MessageContent(f"{last.text}\n\n{word.text}") if last else word])

    def take_back(self) -> None:
        """Takes back what was shown: the question is gone."""
        with self._guard:
            self._closed = True
            self._set_status("")
            outlast(self._pages.remove, self._context.closing)

    def hand_over(self) -> list[str]:
        """Leaves the messages to the answer of the question's new wording."""
        with self._guard:
            self._closed = True
            outlast(self._pages.end_streams, self._context.closing)
            return self._pages.stamps

    def _append(self, *, last: bool = False, foot: Sequence[Block] = ()) -> bool:
        """Streams what is ready; with `last`, whether the answer stands there whole."""
        for out, full in self._flow.take(last=last):
            if self._stream is None and not out:
                continue
            stream = self._stream or self._new_stream()
            if not last or full:
                self._send(stream, out)
            if full:
                stream.stop()
                self._close_stream(stream)
            elif last:
                stream.stop(markdown_text=out, blocks=list(foot) or None)
                self._close_stream(stream)
                return True
        return False

    def _new_stream(self) -> ChatStream:
        self._stream = self._context.client.chat_stream(
            buffer_size=1,
            channel=self._place.channel,
            thread_ts=self._place.thread or "",
            recipient_user_id=self._answer.person,
            recipient_team_id=self._context.identity.team,
        )
        return self._stream

    def _send(self, stream: ChatStream, out: str) -> None:
        begun = stream.ts
        if not out:
            return
        try:
            stream.append(markdown_text=out)
        except SLACK_TROUBLE as error:
            if not begun and is_outage(error):
                self._pages.may_be_lost(out)
            raise
        if not begun and stream.ts:
            self._pages.opened(stream.ts)

    def _close_stream(self, stream: ChatStream) -> None:
        if stream.ts and stream.ts not in self._pages.stamps:
            self._pages.opened(stream.ts)
        self._pages.streaming.discard(stream.ts or "")
        self._stream = None

    def _stumble(self, error: Exception) -> None:
        """From now on the answer is a message that is updated."""
        code = code_of(error)
        log.warning("an answer is no stream any more", error=type(error).__name__, code=code)
        if self._stream is not None and self._stream.ts:
            if self._stream.ts not in self._pages.stamps:
                self._pages.opened(self._stream.ts)
            self._pages.streaming.add(self._stream.ts)
        elif self._stream is not None and is_outage(error) and not self._pages.lost:
            # A stream that is ended without having begun begins empty.
            self._pages.may_be_lost("")
        self._streams, self._stream = False, None
        if isinstance(error, SlackApiError) and code in NO_STREAMS:
            self._context.state.streams = False

    def _put(self, pieces: Sequence[MessageContent]) -> None:
        outlast(lambda: self._pages.put(pieces), self._context.closing)
        if self._in_place:
            # Slack ends a status where a message comes, not where one is changed.
            self._set_status("")

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


def _pieces(text: str) -> list[str]:
    return split(mrkdwn(text).strip() or EMPTY)


def with_foot(texts: Sequence[str], foot: Sequence[Block]) -> list[MessageContent]:
    """Pieces of an answer as messages, the last with what stands small below it."""
    if not foot:
        return [MessageContent(text) for text in texts]
    sections = [
        SectionBlock(text=MarkdownTextObject(text=half, verbatim=True), expand=True)
        for half in split(texts[-1], HALF)
    ]
    return [
        *(MessageContent(text) for text in texts[:-1]),
        MessageContent(texts[-1], (*sections, *foot)),
    ]
