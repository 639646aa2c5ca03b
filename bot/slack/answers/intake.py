"""Takes each message that is meant for the bot, once, and has it answered.

Nothing is answered in channels that are switched off, nor to outsiders where the settings say so.
"""

import threading
from collections import OrderedDict
from contextlib import suppress

from slack_sdk import WebClient

from bot.permissions import Act, RightsError
from bot.privacy.consent import MUTED, Privacy
from bot.slack.answers.conversation import Conversation
from bot.slack.events.message import IncomingMessage
from bot.slack.messages import blocks
from bot.slack.messages.ephemeral import Recipient, send_ephemeral
from bot.slack.messages.posting import MessageContent
from bot.slack.payloads.admission import Admission
from bot.slack.payloads.dispatcher import Dispatcher
from bot.slack.state.in_flight import InFlightAnswers
from bot.slack.state.threads import Threads
from bot.slack.transport.errors import ClosedError

KEPT = 500
"""How many messages that could not be taken are remembered, so that one apology is sent."""


class AnsweredPeople:
    """Decides who is answered where."""

    def __init__(self, privacy: Privacy, admission: Admission) -> None:
        self._privacy = privacy
        self._admission = admission

    def refusal(self, message: IncomingMessage) -> str | None:
        """Returns why a message is not answered, as a sentence for its author; None where it is.

        It waits for Slack only where outsiders are not answered and it is not known who asks.
        """
        if not self._privacy.listens(message.channel):
            return MUTED
        try:
            self._admission.admit(message.user, Act.ASK)
        except RightsError as refusal:
            return str(refusal)
        return None


class MessageIntake:
    """Decides which messages the bot answers."""

    def __init__(
        self,
        answered: AnsweredPeople,
        admission: Admission,
        client: WebClient,
        dispatcher: Dispatcher,
        threads: Threads,
        in_flight: InFlightAnswers,
        conversation: Conversation,
    ) -> None:
        self._answered = answered
        self._admission = admission
        self._client = client
        self._dispatcher = dispatcher
        self._threads = threads
        self._in_flight = in_flight
        self._conversation = conversation
        self._failed: OrderedDict[str, None] = OrderedDict()
        self._guard = threading.Lock()

    def hear(self, message: IncomingMessage) -> None:
        """Takes a message that is meant for the bot, and has it answered; never raises.

        The `message` and the `app_mention` event of one message both come here, in no fixed
        order, and so do redelivered events. The first of them takes the message.
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
        refusal = self._answered.refusal(message)
        if refusal is not None:
            if self._dispatcher.handled_events.claim(message.key):
                self._refuse(message, refusal)
            return
        taken = self._in_flight.take(message)
        if taken is None:
            return
        answer, newest = taken
        if newest is None or not (newest == message or threads.is_meant(newest)):
            # It was deleted, or edited to address somebody else, before its event came.
            self._in_flight.finish(answer)
            return
        self._conversation.answer(newest, answer)
        with suppress(ClosedError):
            # Forms and buttons of theirs are to find it known: Slack waits only three seconds.
            self._dispatcher.later(self._admission.learn, message.user)
        for early in threads.take_early(newest):
            self._dispatcher.first(self.hear, early)

    def _refuse(self, message: IncomingMessage, why: str) -> None:
        """Tells the author why they are not answered, if the message names the bot or is direct."""
        if self._threads.names_bot(message) or message.direct:
            send_ephemeral(self._client, _author(message), MessageContent(why))

    def _apologise(self, message: IncomingMessage, error: Exception) -> None:
        """Tells the author once, though several events bring the same message."""
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
