"""Messages that are meant for the bot are taken, once, and left to be answered."""

import threading
from collections import OrderedDict

from slack_sdk import WebClient

from bot.privacy.consent import MUTED, Privacy
from bot.slack.answers.conversation import Conversation
from bot.slack.events.message import IncomingMessage
from bot.slack.messages import blocks
from bot.slack.messages.ephemeral import Recipient, send_ephemeral
from bot.slack.messages.posting import MessageContent
from bot.slack.payloads.dispatcher import Dispatcher
from bot.slack.state.in_flight import InFlightAnswers
from bot.slack.state.threads import Threads

KEPT = 500
"""Messages that could not be taken, and whose authors were told; in memory only."""


class MessageIntake:
    """Decides which messages the bot answers."""

    def __init__(
        self,
        privacy: Privacy,
        client: WebClient,
        dispatcher: Dispatcher,
        threads: Threads,
        in_flight: InFlightAnswers,
        conversation: Conversation,
    ) -> None:
        self._privacy = privacy
        self._client = client
        self._dispatcher = dispatcher
        self._threads = threads
        self._in_flight = in_flight
        self._conversation = conversation
        self._failed: OrderedDict[str, None] = OrderedDict()
        self._guard = threading.Lock()

    def hear(self, message: IncomingMessage) -> None:
        """Takes a message that is meant for the bot, and has it answered.

        The message and the app_mention event of the same words both come here, in no fixed order;
        a redelivered one does too. The first takes it.
        """
        try:
            self._hear(message)
        except Exception as error:  # noqa: BLE001  whatever it is, the person hears of it
            self._apologise(message, error)

    def _hear(self, message: IncomingMessage) -> None:
        threads = self._threads
        if not threads.is_meant(message):
            threads.keep_early(message)
            if not threads.is_meant(message):  # its thread may have begun just now
                return
        if not self._privacy.listens(message.channel):
            if self._dispatcher.handled_events.claim(message.key):
                self._say_muted(message)
            return
        taken = self._in_flight.take(message)
        if taken is None:
            return
        answer, newest = taken
        if newest is None or not (newest == message or threads.is_meant(newest)):
            # Deleted, or turned to somebody else, before we heard of it.
            self._in_flight.finish(answer)
            return
        self._conversation.answer(newest, answer)
        for early in threads.take_early(newest):
            self._dispatcher.later(self.hear, early)

    def _say_muted(self, message: IncomingMessage) -> None:
        """Tells who named the bot in a channel that is not switched on, and nobody else."""
        if self._threads.names_bot(message):
            send_ephemeral(self._client, _author(message), MessageContent(MUTED))

    def _apologise(self, message: IncomingMessage, error: Exception) -> None:
        """Tells the author, once, though several events bring the same message."""
        sorry = blocks.sorry(error, "hear")
        with self._guard:
            told = message.key in self._failed
            self._failed[message.key] = None
            if len(self._failed) > KEPT:
                self._failed.popitem(last=False)
        if not told and (message.direct or self._threads.names_bot(message)):
            send_ephemeral(self._client, _author(message), sorry)


def _author(message: IncomingMessage) -> Recipient:
    return Recipient(message.user, message.channel, message.thread if message.reply else None)
