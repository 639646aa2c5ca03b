"""Follows edits and deletions of messages that the bot has answered or learned from.

When a question is deleted, its answer in flight stops, its shown answers are deleted and blanked in
the store, and the lessons from them are withdrawn. When it is edited, it is answered anew in the
messages of the old answer, and the ratings of the old answer go with it.
"""

import structlog
from slack_sdk import WebClient

from bot.feedback.message_changes import MessageChanges
from bot.slack.answers.conversation import Conversation
from bot.slack.answers.intake import AnsweredPeople
from bot.slack.events.message import IncomingMessage, MessageChange
from bot.slack.events.observers import Observers
from bot.slack.messages import blocks, posting
from bot.slack.messages.posting import Place
from bot.slack.state.in_flight import InFlightAnswers
from bot.slack.state.in_flight_answer import InFlightAnswer
from bot.slack.state.threads import Threads
from bot.slack.transport.errors import SLACK_TROUBLE, log_failure
from bot.slack.transport.retry import is_outage
from bot.store import Store

log = structlog.get_logger(__name__)


class MessageEdits:
    """Follows edits and deletions of messages."""

    def __init__(
        self,
        store: Store,
        changes: MessageChanges,
        answered: AnsweredPeople,
        client: WebClient,
        in_flight: InFlightAnswers,
        threads: Threads,
        conversation: Conversation,
        observers: Observers,
    ) -> None:
        self._store = store
        self._changes = changes
        self._answered = answered
        self._client = client
        self._in_flight = in_flight
        self._threads = threads
        self._conversation = conversation
        self._observers = observers

    def revise(self, change: MessageChange) -> None:
        """Follows an edit or a deletion, once; a message that was no question stays unanswered.

        Failures of Slack are logged and not raised.

        Raises:
            NightschoolError: the change cannot be noted.
        """
        noted = self._in_flight.change(change)
        if noted is None:
            return
        taken, under_way = noted
        message = change.message
        if message is not None and (message.text.strip() or message.files):
            if taken:
                self._follow_edit(message, under_way)
            return
        try:
            self._forget(change, under_way)
        except SLACK_TROUBLE as error:
            log_failure(error, "take an answer back")

    def withdraw(self, channel: str, ts: str) -> None:
        """Withdraws the examples that were taught from a deleted message; it may be repeated."""
        withdrawn = self._changes.message_deleted(channel, ts)
        if withdrawn:
            log.info("a message was deleted", withdrawn=len(withdrawn))

    def _forget(self, change: MessageChange, under_way: InFlightAnswer | None) -> None:
        self._changes.message_deleted(change.channel, change.ts)
        if under_way is not None and under_way.end():
            under_way.display.take_back()
        replies, comparisons = self._store.replies, self._store.comparisons
        for reply in replies.to_question(change.channel, change.ts):
            for channel, ts in replies.places(reply):
                posting.delete(self._client, channel, ts)
            replies.blank(reply)
        for comparison in comparisons.of_question(change.channel, change.ts):
            for channel, ts in comparisons.places(comparison):
                posting.delete(self._client, channel, ts)
            comparisons.blank(comparison)

    def _follow_edit(self, message: IncomingMessage, under_way: InFlightAnswer | None) -> None:
        if self._threads.is_meant(message) and self._answered.refusal(message) is None:
            try:
                self._ask_again(message, under_way)
            except Exception as error:  # noqa: BLE001  the old answer was stopped: they hear of it
                self._apologise(message, under_way, error)
            return
        if under_way is not None and under_way.end():
            # It addresses somebody else now, or its author is not answered here any more: a shown
            # answer stays, one in flight is removed.
            try:
                under_way.display.take_back()
            except SLACK_TROUBLE as error:
                log_failure(error, "take an answer back")
        for observer in self._observers.edits:
            observer(message)

    def _ask_again(self, message: IncomingMessage, under_way: InFlightAnswer | None) -> None:
        if under_way is not None and under_way.end():
            stamps = under_way.display.hand_over()
        else:
            stamps = self._shown(message)
        self._changes.question_edited(message.channel, message.ts)
        answer = self._in_flight.take_again(message)
        log.info("a question was edited", channel=message.channel)
        self._conversation.answer(message, answer, stamps)

    def _apologise(
        self, message: IncomingMessage, under_way: InFlightAnswer | None, error: Exception
    ) -> None:
        """Says in the thread that the new wording could not be taken.

        Where Slack is away, the notice is owed if an answer was in flight; else nobody is told.
        """
        sorry = blocks.sorry(error, "ask again")
        if is_outage(error):
            if under_way is not None:
                under_way.owe()
            return
        try:
            posting.say(self._client, Place(message.channel, message.thread), sorry)
        except SLACK_TROUBLE as silence:
            log_failure(silence, "apologise for ask again")

    def _shown(self, message: IncomingMessage) -> list[str]:
        """The time stamps of the messages that show answers to a question, or its comparisons."""
        replies, comparisons = self._store.replies, self._store.comparisons
        asked = message.channel, message.ts
        answered = [
            place for reply in replies.to_question(*asked) for place in replies.places(reply)
        ]
        compared = [
            place
            for comparison in comparisons.of_question(*asked)
            for place in comparisons.places(comparison)
        ]
        return [ts for _, ts in answered + compared]
