"""Listener for Slack's own Stop button, which a thread has while it is being answered."""

from decimal import Decimal, InvalidOperation
from typing import Any

from slack_bolt import App

from bot.permissions import Act
from bot.slack.answers.conversation import STOPPED
from bot.slack.messages.ephemeral import Recipient
from bot.slack.messages.posting import MessageContent, Place
from bot.slack.payloads.dispatcher import Dispatcher
from bot.slack.state.in_flight import InFlightAnswers
from bot.slack.state.sessions import AgentSessions


class StopEvents:
    """Listens for `agent_session_stopped`."""

    def __init__(self, in_flight: InFlightAnswers, sessions: AgentSessions) -> None:
        self._in_flight = in_flight
        self._sessions = sessions

    def register(self, app: App, dispatcher: Dispatcher) -> None:
        """Registers the listener."""

        def stopped(event: dict[str, Any]) -> None:
            channel, thread = event.get("channel"), event.get("thread_ts")
            user, at = event.get("user"), event.get("event_ts")
            if not (channel and thread and user and at):
                return
            place = Place(str(channel), str(thread))
            who = Recipient(str(user), place.channel, place.thread)

            def work() -> None:
                dispatcher.admit(who, Act.ASK)
                self._stop(place, str(at))

            key = f"stopped:{thread}:{at}"
            dispatcher.later(dispatcher.once, key, who, "stop", work)

        app.event("agent_session_stopped")(stopped)

    def _stop(self, place: Place, at: str) -> None:
        """Stops what was being answered in a thread when the button was pressed."""
        # Slack leaves the session as it was: it is ended though nothing is answered any more.
        self._sessions.left(place)
        for answer in self._in_flight.in_thread(place):
            if _before(answer.question, at):
                answer.stop(MessageContent(STOPPED))


def _before(question: str | None, at: str) -> bool:
    """Returns whether a question was asked before the button was pressed; one without a time was.

    The event may come late, when the next question of the thread is being answered.
    """
    try:
        return question is None or Decimal(question) < Decimal(at)
    except InvalidOperation:
        return True
