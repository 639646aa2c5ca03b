"""Delivery of promised answers: runs the slow work, and tells everybody who waits in vain.

Whoever asked hears something: the answer, an apology, or that the bot was switched off. Whom this
process cannot tell, the next one tells at its start.
"""

import contextlib
import threading
from collections.abc import Callable

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.slack.messages import blocks
from bot.slack.messages.multipart import MESSAGES_READ, MultipartMessage
from bot.slack.messages.posting import MessageContent, Place
from bot.slack.state.in_flight import InFlightAnswers
from bot.slack.state.in_flight_answer import InFlightAnswer
from bot.slack.transport.errors import SLACK_TROUBLE, BusyError, ClosedError, code_of, log_failure
from bot.slack.transport.executors import BUSY, SLOW, SLOW_WAITING, BoundedExecutor, Executors
from bot.slack.transport.retry import is_outage
from bot.store.pending_answers import PendingAnswer, PendingAnswers

log = structlog.get_logger(__name__)
SWITCHED_OFF = ":zzz: I was switched off before I could answer. Please ask me again."
SLACK_WAS_AWAY = ":zzz: Slack was away when I had the answer. Please ask me again."
OPEN = SLOW + SLOW_WAITING
"""The most answers in flight at once, those that wait for their turn in a thread included."""
RENEW_SECONDS = 60.0
"""Seconds between two signs of life; Slack removes a status after two minutes."""


def apologise(answer: InFlightAnswer, error: Exception, doing: str) -> None:
    """Tells whoever asked that their answer failed, and logs it; never raises.

    Nothing is said of an answer that somebody else has ended: that one had the last word. Of an
    answer that its own worker ended in order to give it, whoever asked is told; where Slack is
    away, a notice is owed to them.

    Args:
        answer: the answer that failed; it is ended by this.
        error: what went wrong.
        doing: what was done, for the log.
    """
    ended_here = answer.end()
    if not (ended_here or answer.being_given):
        log.info("failed after it was ended", doing=doing, error=type(error).__name__)
        return
    sorry = blocks.sorry(error, doing)
    if not ended_here and is_outage(error):
        # Slack stayed away for longer than `outlast` waits.
        answer.owe()
        return
    try:
        answer.display.say_last(sorry)
    except Exception as silence:  # noqa: BLE001  there is nobody left to tell
        log_failure(silence, f"apologise for {doing}")
        if is_outage(silence):
            answer.owe()


class AnswerDelivery:
    """Runs answers in their executors, and sends notices to everybody who waits in vain."""

    def __init__(
        self,
        pending: PendingAnswers,
        client: WebClient,
        bot_user: str,
        in_flight: InFlightAnswers,
        executors: Executors,
        closing: threading.Event,
    ) -> None:
        """`bot_user` is the bot's user id; `closing` is set when the service stops."""
        self._pending = pending
        self._client = client
        self._bot_user = bot_user
        self._in_flight = in_flight
        self._executors = executors
        self._closing = closing

    def keep(self, answer: InFlightAnswer, work: Callable[[], object], doing: str) -> None:
        """Runs `work` in the slow executor, after the earlier answers of the same thread.

        It takes no place in the executor until its turn: one busy thread holds up no other. Where
        more than OPEN answers are in flight, whoever asked is told to ask again. Never raises.

        Args:
            answer: the answer in flight; it is finished when `work` is done or has failed.
            work: may raise anything; whoever asked is told.
            doing: what is done, for the log.
        """

        def whole() -> None:
            work()

        self._in_turn(answer, self._executors.slow, whole, doing)

    def keep_quick(
        self,
        answer: InFlightAnswer,
        begin: Callable[[], Callable[[], object] | None],
        doing: str,
    ) -> None:
        """Runs `begin` as `keep` does, but where nobody waits for the model.

        What `begin` returns is what is left to do at the model: it runs in the slow executor.
        """
        self._in_turn(answer, self._executors.answers, begin, doing)

    def _in_turn(
        self,
        answer: InFlightAnswer,
        executor: BoundedExecutor,
        work: Callable[[], Callable[[], object] | None],
        doing: str,
    ) -> None:
        if len(self._in_flight.all()) > OPEN:
            with self._in_flight.finishing(answer):
                apologise(answer, BusyError(BUSY), doing)
            return
        answer.in_turn(lambda: self._submit(answer, executor, work, doing))

    def _submit(
        self,
        answer: InFlightAnswer,
        executor: BoundedExecutor,
        work: Callable[[], Callable[[], object] | None],
        doing: str,
    ) -> None:
        with contextlib.suppress(ClosedError):  # break_promises tells whoever asked
            executor.promised(lambda: self._run(answer, work, doing))

    def _run(
        self,
        answer: InFlightAnswer,
        work: Callable[[], Callable[[], object] | None],
        doing: str,
    ) -> None:
        """Does the work, and finishes the answer unless some of it is left for the model."""
        rest: Callable[[], object] | None = None
        try:
            if not answer.ended:
                rest = work()
        except Exception as error:  # noqa: BLE001  whatever it is, people hear of it
            apologise(answer, error, doing)
        finally:
            if rest is None:
                self._in_flight.finish(answer)
        if rest is not None:
            left = rest

            def last() -> None:
                left()

            self._submit(answer, self._executors.slow, last, doing)

    def break_promises(self) -> None:
        """Ends all answers in flight, and tells whoever waits that the bot was switched off.

        Whoever cannot be told now is told at the next start. Never raises.
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
        """Tells everybody whose answer was in flight when the process before this one ended.

        Raises:
            sqlite3.Error: the notes cannot be read.
            NightschoolError: they cannot be removed.
        """
        for note in self._pending.all():
            try:
                self._tell(note, SWITCHED_OFF, note.placeholder or self._last_in(note))
            except SLACK_TROUBLE as error:
                log_failure(error, "tell who waited")
                if is_outage(error):
                    continue
            self._pending.done(note.id)

    def tell_owed(self) -> None:
        """Tells everybody whose answer could not be given because Slack was away.

        Where Slack is still away, their notes stay for the next call.

        Raises:
            sqlite3.Error: the notes cannot be read.
        """
        owed = self._in_flight.owed()
        for note in self._pending.all() if owed else ():
            if note.id not in owed:
                continue
            try:
                self._tell(note, SLACK_WAS_AWAY, note.placeholder)
            except SLACK_TROUBLE as error:
                log_failure(error, "tell who is owed an answer")
                if is_outage(error):
                    continue
            self._in_flight.settle(note.id)

    def keep_alive(self) -> None:
        """Renews the sign of life of every answer each RENEW_SECONDS, until the service closes.

        It runs in a thread of its own, tells whoever is owed a notice as well, and never raises.
        """
        while not self._closing.wait(RENEW_SECONDS):
            try:
                self.tell_owed()
                for answer in self._in_flight.all():
                    if not answer.ended:
                        answer.display.show_life()
            except Exception as error:  # noqa: BLE001  it is tried again with the next round
                log_failure(error, "show that answers are on their way")

    def _tell(self, note: PendingAnswer, notice: str, begun: str | None) -> None:
        """Puts `notice` below the stream `begun`, where there is one, or else in its place."""
        place = Place(note.channel, note.thread)
        stamps = [note.placeholder] if note.placeholder else []
        if begun:
            try:
                # Half an answer stays, with the notice below it.
                self._client.chat_stopStream(
                    channel=note.channel, ts=begun, markdown_text=f"\n\n{notice}"
                )
            except SlackApiError as error:
                if is_outage(error):
                    raise
            else:
                return
        message = MultipartMessage(self._client, place, self._bot_user, "", lambda _: None, stamps)
        message.put([MessageContent(notice)])

    def _last_in(self, note: PendingAnswer) -> str | None:
        """Returns the bot's newest message in a thread; None where nothing is found.

        It may be a stream that began just before the process was killed, and was never noted.
        """
        if note.thread is None:
            return None
        try:
            answer = self._client.conversations_replies(
                channel=note.channel, ts=note.thread, limit=MESSAGES_READ
            )
            own = [one for one in answer["messages"] if one.get("user") == self._bot_user]
        except (*SLACK_TROUBLE, LookupError) as error:
            log.info("a thread was not read", error=type(error).__name__, code=code_of(error))
            return None
        return str(own[-1]["ts"]) if own else None
