"""Streams an answer into its thread: by Slack's streaming calls, or by updates of one message.

Some servers refuse streams, and streams end by themselves after some minutes or break. From then
on the answer is a message that is updated, and in the end it stands there whole and once. Where
Slack has no room for another stream, and where an answer is known whole, it comes as one message.

Nothing that waits for Slack's limits holds a lock: a stop or an edit ends an answer meanwhile.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.models.blocks import Block, MarkdownBlock, MarkdownTextObject, SectionBlock
from slack_sdk.web.chat_stream import ChatStream

from bot.slack.messages.markdown import has_table, mrkdwn, no_channel
from bot.slack.messages.markdown_stream import MarkdownStream, whole
from bot.slack.messages.mrkdwn import ChannelOf, split
from bot.slack.messages.multipart import MultipartMessage
from bot.slack.messages.posting import THINKING, MessageContent
from bot.slack.state.in_flight import InFlightAnswers
from bot.slack.state.in_flight_answer import InFlightAnswer
from bot.slack.state.pacing import StreamingState
from bot.slack.state.sessions import AgentSessions
from bot.slack.transport.connection import Identity
from bot.slack.transport.errors import SLACK_TROUBLE, code_of
from bot.slack.transport.pacing.client import REFUSALS
from bot.slack.transport.pacing.pacer import NoRoomError
from bot.slack.transport.retry import is_outage, outlast

log = structlog.get_logger(__name__)
STATUS = "is thinking…"
STREAM_SECONDS = 0.7
"""Seconds between two pieces of one stream; where there are many, `Turns` makes it longer."""
UPDATE_SECONDS = 1.3
"""Seconds between two updates of one message; where there are many, likewise."""
NO_STREAMS = {"unknown_method", "missing_scope", "not_allowed_token_type", "feature_not_enabled"}
"""Error codes of Slack after which no further answer tries to stream."""
NO_TABLES = {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"}
"""Error codes of Slack after which no further answer tries to show a table as Slack's own."""
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
        self._reserved = self._turning = self._noticed = False
        self._guard = threading.RLock()
        answer.shown_by(self)

    def show_life(self) -> None:
        """Shows that the question was taken, as a status or else as a message; never raises.

        Where Slack has no room for it now, nothing is shown.
        """
        with self._guard, self._context.state.pacer.at_once():
            if self._closed or self._answer.ended or self._text:
                return
            try:
                if self._begin_session() or self._set_status(STATUS) or self._messages.stamps:
                    return
                self._streams = False
                self._messages.put([MessageContent(THINKING)])
            except NoRoomError:
                return
            except SLACK_TROUBLE as error:
                log.warning("no sign of life", error=type(error).__name__, code=code_of(error))

    def begin(self, work: Callable[[], object]) -> None:
        """Begins to work on the answer, and shows meanwhile that the question was taken.

        However soon the work has something to show, that sign comes first.
        """
        with self._guard:
            work()
            self.show_life()

    def add(self, piece: str) -> None:
        """Adds more Markdown of the answer, and shows it when the rate limits allow."""
        with self._guard, self._context.state.pacer.at_once():
            if self._closed:
                return
            self._text += piece
            self._markdown.add(piece)
            if not self._may_show():
                return
            try:
                if self._streams:
                    self._append()
                else:
                    self._messages.put([MessageContent(text) for text in self._pieces(self._text)])
            except NoRoomError as error:
                # What was not sent stays in the stream's own buffer, and goes with the next piece.
                if self._turning:
                    self._stop_streaming(error)
                elif self._stream is None or not self._stream.ts:
                    self._release()
            except SLACK_TROUBLE as error:
                self._stop_streaming(error)

    def finish(
        self, text: str, footer: Sequence[Block], before: Callable[[], object] = lambda: None
    ) -> bool:
        """Gives the whole answer, with `footer` below it, as soon as Slack has room for it.

        Args:
            text: the answer as Markdown, whole.
            footer: the blocks at the end of its last message.
            before: is called when the answer is given, before it is shown.

        Returns:
            Whether it was given; False where somebody else ended it, even while it waited.

        Raises:
            SlackClientError, OSError: Slack refuses, or stayed away.
        """
        refusals = 0
        try:
            while self._answer.give():
                try:
                    before()
                    outlast(lambda: self._show_whole(text, footer), self._context.closing)
                except NoRoomError as full:
                    refusals += full.refused
                    if refusals > REFUSALS:
                        raise
                    self._answer.withhold()
                    self._wait(full)
                else:
                    return True
            return False
        finally:
            self._leave()

    def say_last(self, notice: MessageContent) -> None:
        """Leaves what was shown of the answer, and puts `notice` below it.

        Raises:
            SlackClientError, OSError: Slack refuses, or stayed away.
        """
        self._insist(lambda: self._put_below(notice))

    def take_back(self) -> None:
        """Deletes what was shown of the answer.

        Raises:
            SlackClientError, OSError: Slack stayed away.
        """

        def remove() -> None:
            self._set_status("")
            self._messages.remove()

        self._insist(remove)

    def hand_over(self) -> list[str]:
        """Ends the stream, and returns the time stamps of the messages for another answer.

        Raises:
            SlackClientError, OSError: Slack stayed away.
        """
        self._insist(self._messages.end_streams)
        return self._messages.stamps

    def _insist(self, act: Callable[[], object]) -> None:
        """Does something that closes the answer, as soon as Slack has room for all of it."""

        def attempt() -> None:
            refusals = 0
            while True:
                try:
                    with self._guard, self._context.state.pacer.at_once():
                        self._closed = True
                        act()
                except NoRoomError as full:
                    refusals += full.refused
                    if refusals > REFUSALS:
                        raise
                    self._wait(full, always=True)
                else:
                    return

        try:
            outlast(attempt, self._context.closing)
        finally:
            self._leave()

    def _wait(self, full: NoRoomError, *, always: bool = False) -> None:
        """Waits for the place of a call; without `always`, until the answer is ended."""
        self._context.state.pacer.wait(
            full.method, full.channel, lambda: self._answer.ended and not always
        )

    def _may_show(self) -> bool:
        """Whether there is room to show more now, and it is the turn of this answer."""
        state = self._context.state
        if not self._streams:
            return state.updates.may(self, UPDATE_SECONDS)
        if self._stream is not None and self._stream.ts:
            return state.appends.may(self, STREAM_SECONDS)
        self._reserved = self._reserved or state.room.reserve()
        return self._reserved

    def _release(self) -> None:
        if self._reserved:
            self._reserved = False
            self._context.state.room.release()

    def _leave(self) -> None:
        """Takes part in nothing that the answers share any longer."""
        with self._guard:
            self._release()
        self._context.state.appends.leave(self)
        self._context.state.updates.leave(self)

    def _begin_session(self) -> bool:
        answer = self._answer
        return self._context.sessions.begin(self._place, answer.person, answer.title)

    def _show_whole(self, text: str, footer: Sequence[Block]) -> None:
        with self._guard, self._context.state.pacer.at_once():
            if self._streams and self._stream is not None and self._stream.ts:
                try:
                    if self._append(last=True, footer=footer):
                        self._closed = True
                        return
                except NoRoomError as error:
                    if not self._turning:
                        raise
                    self._stop_streaming(error)
                except SLACK_TROUBLE as error:
                    self._stop_streaming(error)
            if not self._put_table(text, footer):
                self._put(with_footer(self._pieces(text), footer))
            self._closed = True

    def _put_table(self, text: str, footer: Sequence[Block]) -> bool:
        """Shows an answer with a table as Slack's own; False where there is none, or Slack refuses.

        Without a table, and from the first refusal on, answers are plain: tables stand there as
        columns of equal width.
        """
        if not self._context.state.tables or not has_table(text):
            return False
        safe = whole(text, self._context.channel_of)
        if safe is None:
            return False
        content = MessageContent(self._pieces(text)[0], (MarkdownBlock(text=safe), *footer))
        try:
            self._put([content])
        except SlackApiError as error:
            if code_of(error) not in NO_TABLES:
                raise
            log.warning("an answer has no table", code=code_of(error))
            self._context.state.tables = False
            return False
        return True

    def _put_below(self, notice: MessageContent) -> None:
        if self._stream is not None and self._stream.ts:
            # Where it is tried again, the stream's own buffer holds the notice already.
            below = None if self._noticed else f"\n\n{notice.text}"
            self._noticed = True
            try:
                self._stream.stop(markdown_text=below)
            except NoRoomError:
                raise
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

    def _append(self, *, last: bool = False, footer: Sequence[Block] = ()) -> bool:
        """Streams what is ready; returns whether the answer is whole, which `last` asks for."""
        for text, full in self._markdown.take(last=last):
            if self._stream is None and not text:
                continue
            self._turning = full
            stream = self._stream or self._new_stream()
            if not last or full:
                self._send(stream, text)
            if full:
                stream.stop()
                self._close_stream(stream)
                self._turning = False
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
        except NoRoomError:
            raise
        except SLACK_TROUBLE as error:
            if not begun and is_outage(error):
                self._messages.may_be_lost(text)
            raise
        if not begun and stream.ts:
            self._context.state.appends.shown(self)
            self._messages.opened(stream.ts)

    def _close_stream(self, stream: ChatStream) -> None:
        if stream.ts and stream.ts not in self._messages.stamps:
            self._messages.opened(stream.ts)
        self._messages.streaming.discard(stream.ts or "")
        self._stream = None
        self._release()

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
        self._turning = False
        self._release()
        if isinstance(error, SlackApiError) and code in NO_STREAMS:
            self._context.state.streams = False

    def _put(self, pieces: Sequence[MessageContent]) -> None:
        self._messages.put(pieces)
        if self._in_place:
            # Slack removes a status when a message is posted, not when one is updated.
            self._set_status("")

    def _pieces(self, text: str) -> list[str]:
        return _split(text, self._context.channel_of)

    def _set_status(self, status: str) -> bool:
        """Sets the status in the thread, or takes it away; False where Slack refuses.

        Raises:
            NoRoomError: Slack has no room for a sign of life now.
        """
        if self._place.thread is None:
            return False
        try:
            self._context.client.assistant_threads_setStatus(
                channel_id=self._place.channel, thread_ts=self._place.thread, status=status
            )
        except NoRoomError:
            if status:
                raise
            return False
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
