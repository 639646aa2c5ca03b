"""Asks the base model and the tuned one the same question and shows both answers.

A comparison is blind, to be voted on, or open, with the names of the models.
"""

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

from slack_sdk import WebClient

from bot.answers.assistant import Assistant
from bot.answers.questions import Comparison, Question
from bot.slack.answers import blind_comparison
from bot.slack.answers.delivery import AnswerDelivery
from bot.slack.answers.placeholder import PlaceholderDisplay
from bot.slack.messages import blocks, posting
from bot.slack.messages.posting import Place
from bot.slack.state.in_flight import InFlightAnswers
from bot.slack.state.in_flight_answer import InFlightAnswer
from bot.store import Store

_OPEN = re.compile(r"\s*open\s*:\s*(.*)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class ComparisonRequest:
    """The question to compare; `open` means that the answers are shown with the models' names."""

    text: str
    open: bool


def wanted(text: str, *, blind_by_default: bool = True) -> ComparisonRequest:
    """Reads `question`, or `open: question`, which asks for the names of the models.

    `blind_by_default` says whether names are hidden where the text does not ask for them.
    """
    opened = _OPEN.fullmatch(text)
    if opened:
        return ComparisonRequest(opened[1], open=True)
    return ComparisonRequest(text, open=not blind_by_default)


class ModelComparisons:
    """Answers questions with both models, in the messages of an answer in flight."""

    def __init__(
        self,
        store: Store,
        assistant: Assistant,
        client: WebClient,
        delivery: AnswerDelivery,
        in_flight: InFlightAnswers,
        closing: threading.Event,
        *,
        blind: bool,
    ) -> None:
        """`blind` hides the names of the models where a question does not ask for them."""
        self._store = store
        self._assistant = assistant
        self._client = client
        self._delivery = delivery
        self._in_flight = in_flight
        self._closing = closing
        self._blind = blind

    def promise(self, answer: InFlightAnswer, question: Question, doing: str) -> None:
        """Posts a placeholder and has the slow executor make the comparison; never raises.

        Args:
            answer: the answer in flight; where it has a message, that is the placeholder already.
            question: what both models are asked; its text is read by `wanted`.
            doing: what is done, for the log.
        """
        if not answer.stamps:
            placeholder = posting.sign_of_life(self._client, answer.place)
            if placeholder is not None:
                self._in_flight.shown(answer, placeholder)
        answer.shown_by(PlaceholderDisplay(self._client, answer, self._closing))
        self._delivery.keep(answer, lambda: self.compare(question, answer), doing)

    def compare(self, question: Question, answer: InFlightAnswer) -> None:
        """Generates both answers and posts them in the messages of `answer`.

        A comparison whose answer was ended meanwhile is neither shown nor kept.

        Raises:
            NightschoolError: there is nothing to ask, or the engine failed.
            SlackClientError: Slack refused to post.
        """
        asked = wanted(question.text, blind_by_default=self._blind)
        comparison = self._assistant.compare(replace(question, text=asked.text))
        if answer.ended:
            self._drop(comparison)
            return
        # Votes need stored replies: without them nobody would ever be told which is which.
        kept = comparison.tuned.kept
        hidden = not asked.open and _is_choice(comparison) and kept
        build = blind_comparison.comparison if hidden else blocks.comparison
        before = list(answer.stamps)
        first = before[0] if before else None
        content = build(comparison, self._store.places.named)
        shown = posting.replace(self._client, answer.place, first, content)
        self._delete(answer.place, before[1:])
        if not answer.give():
            # The question was stopped, deleted or edited while this was being posted.
            self._delete(answer.place, shown)
            self._drop(comparison)
        elif kept and question.ts:
            for ts in shown:
                self._store.comparisons.posted(comparison.id, answer.place.channel, ts)

    def _delete(self, place: Place, stamps: Sequence[str]) -> None:
        for ts in stamps:
            posting.delete(self._client, place.channel, ts)

    def _drop(self, comparison: Comparison) -> None:
        self._store.comparisons.blank(comparison.id)
        for reply in (comparison.base, comparison.tuned):
            self._store.replies.blank(reply.id)


def _is_choice(comparison: Comparison) -> bool:
    """Whether an adapter answered, and differently from the base: else a vote says nothing."""
    base, tuned = comparison.base, comparison.tuned
    return tuned.adapter is not None and base.text.strip() != tuned.text.strip()
