"""A promised answer: the slow work, a last word whatever comes of it, and what a restart owes.

Somebody who asked hears something: the answer, an apology, or that the bot was switched off.
"""

import contextlib
import threading
from collections.abc import Callable

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.slack.messages import blocks
from bot.slack.messages.multipart import MultipartMessage
from bot.slack.messages.posting import MessageContent, Place
from bot.slack.state.in_flight import InFlightAnswer, InFlightAnswers
from bot.slack.transport.errors import SLACK_TROUBLE, BusyError, ClosedError, log_failure
from bot.slack.transport.executors import BUSY, SLOW, SLOW_WAITING, BoundedExecutor
from bot.slack.transport.retry import is_outage
from bot.store.pending_answers import PendingAnswer, PendingAnswers

log = structlog.get_logger(__name__)
SWITCHED_OFF = ":zzz: I was switched off before I could answer. Please ask me again."
SLACK_WAS_AWAY = ":zzz: Slack was away when I had the answer. Please ask me again."
OPEN = SLOW + SLOW_WAITING
"""Answers that may be owed at once, those that wait for their turn in a thread included."""
RENEW_SECONDS = 60.0
"""Slack takes a status away after two minutes."""


def apologise(answer: InFlightAnswer, error: Exception, doing: str) -> None:
    """Has the last word about what went wrong; never raises.

    An answer that somebody else has ended has had its last word. One that its own worker ended,
    in order to give it, has not: whoever asked hears that it failed, or where Slack is away, is
    owed a word.
    """
    first = answer.end()
    if not (first or answer.being_given):
        log.info("failed after it was ended", doing=doing, error=type(error).__name__)
        return
    sorry = blocks.sorry(error, doing)
    if not first and is_outage(error):
        # Slack stayed away for longer than anybody waits.
        answer.owe()
        return
    try:
        answer.display.say_last(sorry)
    except Exception as silence:  # noqa: BLE001  there is nobody left to tell
        log_failure(silence, f"apologise for {doing}")
        if is_outage(silence):
            answer.owe()


class AnswerDelivery:
    """Has answers made in the slow executor, and tells everybody who waits in vain."""

    def __init__(
        self,
        pending: PendingAnswers,
        client: WebClient,
        own: str,
        in_flight: InFlightAnswers,
        slow: BoundedExecutor,
        closing: threading.Event,
    ) -> None:
        """`own` is the bot's user id; `closing` is set when the service stops."""
        self._pending = pending
        self._client = client
        self._own = own
        self._in_flight = in_flight
        self._slow = slow
        self._closing = closing

    def keep(self, answer: InFlightAnswer, work: Callable[[], object], doing: str) -> None:
        """Has `work` done after what was asked before in the same thread.

        It takes no place in the executor until then: one busy thread holds up no other.
        """

        def run() -> None:
            with self._in_flight.finishing(answer):
                if answer.ended:
                    return
                try:
                    work()
                except Exception as error:  # noqa: BLE001  whatever it is, people hear of it
                    apologise(answer, error, doing)

        def submit() -> None:
            with contextlib.suppress(ClosedError):  # break_promises tells them
                self._slow.promised(run)

        if len(self._in_flight.all()) > OPEN:
            with self._in_flight.finishing(answer):
                apologise(answer, BusyError(BUSY), doing)
            return
        answer.in_turn(submit)

    def break_promises(self) -> None:
        """Tells everybody who still waits that they wait in vain; never raises.

        Whom it cannot tell, the next start tells.
        """
        for answer in self._in_flight.all():
            told = True
            if answer.end():
                try:
                    answer.display.say_last(MessageContent(SWITCHED_OFF))
                except Exception as error:  # noqa: BLE001  the others are to be told as well
                    told = False
                    log_failure(error, "break a promise")
            self._in_flight.finish(answer, told=told)

    def tell_who_waited(self) -> None:
        """Tells those whose answer died with the process before this one."""
        for note in self._pending.all():
            try:
                self._tell(note, SWITCHED_OFF)
            except SLACK_TROUBLE as error:
                log_failure(error, "tell who waited")
                if is_outage(error):
                    continue
            self._pending.done(note.id)

    def tell_owed(self) -> None:
        """Tells those whose answer could not be given because Slack was away, once it is back."""
        owed = self._in_flight.owed()
        for note in self._pending.all() if owed else ():
            if note.id not in owed:
                continue
            try:
                self._tell(note, SLACK_WAS_AWAY)
            except SLACK_TROUBLE as error:
                log_failure(error, "tell who is owed an answer")
                if is_outage(error):
                    continue
            self._in_flight.settle(note.id)

    def keep_alive(self) -> None:
        """Shows again and again that answers are on their way, until the service closes."""
        while not self._closing.wait(RENEW_SECONDS):
            try:
                self.tell_owed()
                for answer in self._in_flight.all():
                    if not answer.ended:
                        answer.display.show_life()
            except Exception as error:  # noqa: BLE001  it is tried again with the next round
                log_failure(error, "show that answers are on their way")

    def _tell(self, note: PendingAnswer, word: str) -> None:
        place = Place(note.channel, note.thread)
        stamps = [note.placeholder] if note.placeholder else []
        if note.placeholder:
            try:
                # Half an answer stays, with the word below it.
                self._client.chat_stopStream(
                    channel=note.channel, ts=note.placeholder, markdown_text=f"\n\n{word}"
                )
            except SlackApiError as error:
                if is_outage(error):
                    raise
            else:
                return
        message = MultipartMessage(self._client, place, self._own, "", lambda _: None, stamps)
        message.put([MessageContent(word)])
