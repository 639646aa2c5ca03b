"""The display of an answer that comes whole: a placeholder, which it will replace."""

import threading
from collections.abc import Sequence

from slack_sdk import WebClient

from bot.slack.messages import posting
from bot.slack.messages.posting import MessageContent
from bot.slack.state.in_flight import InFlightAnswer
from bot.slack.transport.retry import outlast


class PlaceholderDisplay:
    """Shows an answer in the messages that it has already, the first of them a placeholder."""

    def __init__(self, client: WebClient, answer: InFlightAnswer, closing: threading.Event) -> None:
        self._client = client
        self._answer = answer
        self._closing = closing

    def show_life(self) -> None:
        """Does nothing: a placeholder does not fade as a status does."""

    def say_last(self, word: MessageContent) -> None:
        """Puts `word` in the place of all messages.

        Raises:
            SlackClientError, OSError: Slack refuses, or stayed away.
        """
        stamps = list(self._answer.stamps)
        first = stamps[0] if stamps else None
        outlast(
            lambda: posting.replace(self._client, self._answer.place, first, [word]),
            self._closing,
        )
        self._delete(stamps[1:])

    def take_back(self) -> None:
        """Deletes all messages."""
        self._delete(self._answer.stamps)

    def hand_over(self) -> list[str]:
        """Leaves the messages to another answer."""
        return self._answer.stamps

    def _delete(self, stamps: Sequence[str]) -> None:
        for ts in stamps:
            posting.delete(self._client, self._answer.place.channel, ts)
