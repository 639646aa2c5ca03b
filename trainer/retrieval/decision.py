"""What is done with a question: how surely a lesson answers it decides, and whose matter it is."""

from typing import Literal, get_args

from scipy.special import logit

Source = Literal["taught", "near", "model", "none"]
"""Where an answer comes from: a lesson; the nearest lesson, introduced as such; a model's own
words; or nowhere, as nobody taught it and it is declined."""
SOURCES: tuple[Source, ...] = get_args(Source)
Untaught = Literal["decline", "mark", "adapter", "silent"]
"""What is done with a question that no lesson answers."""
TAUGHT = 0.65
"""Confidence from which the best lesson is taken for the answer."""
NEAR = 0.02
"""Confidence from which the best lesson may be shown as the nearest: all right ones are above."""
NEAR_ODDS = -3.0
"""Sum of the log-odds that the lesson answers and that the matter is the team's own, from which it
is shown: so a general question is not shown a lesson that hardly fits."""
LEAST = 1e-9
"""Probabilities are kept so far from 0 and 1."""
OWN = 0.6
"""Probability from which a question that no lesson is near to is taken for an own matter."""


def source_of(confidence: float, own: float | None, untaught: Untaught) -> Source:
    """Returns how a question is answered.

    Args:
        confidence: the chance that the best lesson answers it; 0 without a lesson.
        own: the chance that it is about the team's own matters; None where nothing can tell, and
            then a model answers whatever no lesson does.
        untaught: what is done with what no lesson answers.
    """
    if confidence >= TAUGHT:
        return "taught"
    if untaught in ("mark", "adapter") or own is None:
        return "model"
    if confidence >= NEAR and _log_odds(confidence) + _log_odds(own) >= NEAR_ODDS:
        return "near" if untaught == "decline" else "none"
    return "none" if own >= OWN else "model"


def _log_odds(probability: float) -> float:
    return float(logit(min(max(probability, LEAST), 1 - LEAST)))
