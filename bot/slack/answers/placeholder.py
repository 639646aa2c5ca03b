"""The display of an answer that is not streamed: a placeholder that the answer replaces."""

import threading
from collections.abc import Sequence

from slack_sdk import WebClient

from bot.slack.messages import posting
from bot.slack.messages.posting import MessageContent
from bot.slack.state.in_flight_answer import InFlightAnswer
from bot.slack.transport.retry import outlast


class PlaceholderDisplay:
    """An `AnswerDisplay` over the messages that the answer has, the first of them a placeholder."""

    def __init__(self, client: WebClient, answer: InFlightAnswer, closing: threading.Event) -> None:
        self._client = client
        self._answer = answer
        self._closing = closing

    def show_life(self) -> None:
        """Does nothing: unlike a status, a placeholder stays until it is replaced."""

    def say_last(self, notice: MessageContent) -> None:
        """Replaces all messages by `notice`.

        Raises:
            SlackClientError, OSError: Slack refuses, or stayed away.
        """
        stamps = list(self._answer.stamps)
        first = stamps[0] if stamps else None
        outlast(
            lambda: posting.replace(self._client, self._answer.place, first, [notice]),
            self._closing,
        )
        self._delete(stamps[1:])

    def take_back(self) -> None:
        """Deletes all messages; what Slack refuses to delete is logged."""
        self._delete(self._answer.stamps)

    def hand_over(self) -> list[str]:
        """Returns the time stamps of the messages, for another answer to overwrite."""
        return self._answer.stamps

    def _delete(self, stamps: Sequence[str]) -> None:
        for ts in stamps:
            posting.delete(self._client, self._answer.place.channel, ts)
