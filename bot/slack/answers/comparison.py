"""Base and tuned, asked the same thing: blind to be voted on, or open with their names."""

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
from bot.slack.state.in_flight import InFlightAnswer, InFlightAnswers
from bot.store import Store

_OPEN = re.compile(r"\s*open\s*:\s*(.*)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class ComparisonRequest:
    """What is to be compared; `open` says at once which answer is whose."""

    text: str
    open: bool


def wanted(text: str, *, blind_by_default: bool = True) -> ComparisonRequest:
    """Reads `question`, or `open: question`."""
    opened = _OPEN.fullmatch(text)
    if opened:
        return ComparisonRequest(opened[1], open=True)
    return ComparisonRequest(text, open=not blind_by_default)


class ModelComparisons:
    """Answers a question with both models in the messages of an answer under way."""

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
        """`blind` hides which answer is whose where a question does not say."""
        self._store = store
        self._assistant = assistant
        self._client = client
        self._delivery = delivery
        self._in_flight = in_flight
        self._closing = closing
        self._blind = blind

    def promise(self, answer: InFlightAnswer, question: Question, doing: str) -> None:
        """Leaves the comparison to the slow executor; a placeholder says so until it is there.

        Args:
            answer: what was promised; it has the placeholder already where it has any message.
            question: what both models are asked; see `wanted` for its text.
            doing: what is done, for the log.
        """
        if not answer.stamps:
            placeholder = posting.sign_of_life(self._client, answer.place)
            if placeholder is not None:
                self._in_flight.shown(answer, placeholder)
        answer.shown_by(PlaceholderDisplay(self._client, answer, self._closing))
        self._delivery.keep(answer, lambda: self.compare(question, answer), doing)

    def compare(self, question: Question, answer: InFlightAnswer) -> None:
        """Answers with both models and posts what they said, in the messages of `answer`.

        What nobody waits for any more is not shown, and not kept.

        Raises:
            NightschoolError: there is nothing to ask, or the engine failed.
            SlackClientError: Slack refused to post.
        """
        asked = wanted(question.text, blind_by_default=self._blind)
        comparison = self._assistant.compare(replace(question, text=asked.text))
        if answer.ended:
            self._drop(comparison)
            return
        # Nobody can vote where nothing is kept, and so nobody would be told which is which.
        kept = comparison.tuned.kept
        hidden = not asked.open and _is_choice(comparison) and kept
        build = blind_comparison.comparison if hidden else blocks.comparison
        before = list(answer.stamps)
        first = before[0] if before else None
        shown = posting.replace(self._client, answer.place, first, build(comparison))
        self._delete(answer.place, before[1:])
        if not answer.give():
            # Stopped, deleted or edited while it was being posted.
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
    """Whether there are two models, and they differ: else a vote would say nothing."""
    base, tuned = comparison.base, comparison.tuned
    return tuned.adapter is not None and base.text.strip() != tuned.text.strip()
