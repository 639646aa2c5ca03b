"""Base and tuned, asked the same thing: blind to be voted on, or open with their names."""

import re
from dataclasses import dataclass, replace

from bot.answers.questions import Comparison, Question
from bot.slack.answers import blind_comparison
from bot.slack.dependencies import Services
from bot.slack.messages import blocks, posting
from bot.slack.messages.posting import Place
from bot.slack.state.in_flight import InFlightAnswer

_OPEN = re.compile(r"\s*open\s*:\s*(.*)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class ComparisonRequest:
    """What is to be compared; `open` says at once which answer is whose."""

    text: str
    open: bool


def wanted(text: str, *, blind_by_default: bool = True) -> ComparisonRequest:
    """`question`, or `open: question`."""
    found = _OPEN.fullmatch(text)
    return (
        ComparisonRequest(found[1], open=True)
        if found
        else ComparisonRequest(text, open=not blind_by_default)
    )


def compare(
    services: Services, question: Question, text: str, place: Place, answer: InFlightAnswer
) -> None:
    """Answers with both models and posts what they said, in the messages of `answer`.

    What nobody waits for any more is not shown, and not kept.

    Raises:
        NightschoolError: there is nothing to ask, or the engine failed.
        SlackClientError: Slack refused to post.
    """
    asked = wanted(text, blind_by_default=services.settings.slack.blind_compare)
    comparison = services.assistant.compare(replace(question, text=asked.text))
    if answer.ended:
        _drop(services, comparison)
        return
    # Nobody can vote where nothing is kept, and so nobody would be told which is which.
    kept = comparison.tuned.kept
    hidden = not asked.open and _is_choice(comparison) and kept
    pieces = blind_comparison.comparison(comparison) if hidden else blocks.comparison(comparison)
    before = list(answer.stamps)
    shown = posting.replace(services.client, place, before[0] if before else None, pieces)
    for ts in before[1:]:
        posting.delete(services.client, place.channel, ts)
    if not answer.end():
        # Stopped, deleted or edited while it was being posted.
        for ts in shown:
            posting.delete(services.client, place.channel, ts)
        _drop(services, comparison)
    elif kept and question.ts:
        for ts in shown:
            services.store.comparisons.posted(comparison.id, place.channel, ts)


def _drop(services: Services, comparison: Comparison) -> None:
    services.store.comparisons.blank(comparison.id)
    for reply in (comparison.base, comparison.tuned):
        services.store.replies.blank(reply.id)


def _is_choice(comparison: Comparison) -> bool:
    """Whether there are two models, and they differ: else a vote would say nothing."""
    base, tuned = comparison.base, comparison.tuned
    return tuned.adapter is not None and base.text.strip() != tuned.text.strip()
