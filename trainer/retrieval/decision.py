"""What is done with a question: how surely a lesson answers it decides, and whose matter it is."""

from typing import Literal, get_args

Source = Literal["taught", "near", "model", "none"]
"""Where an answer comes from: a lesson; the nearest lesson, introduced as such; a model's own
words; or nowhere, as nobody taught it and it is declined."""
SOURCES: tuple[Source, ...] = get_args(Source)
Untaught = Literal["decline", "mark", "adapter", "silent"]
"""What is done with a question that no lesson answers."""
TAUGHT = 0.6
"""Confidence from which the best lesson is taken for the answer."""
NEAR = 0.02
"""Confidence from which the best lesson is shown as the nearest one to a question about the team's
own matters: nearly all right lessons are above it, and half of the wrong ones."""
NEAR_ANYWAY = 0.25
"""Confidence from which it is shown whatever the question seems to be about."""
OWN = 0.38
"""Probability from which a question is about the team's own matters."""


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
    if own < OWN and confidence < NEAR_ANYWAY:
        return "model"
    return "near" if confidence >= NEAR and untaught == "decline" else "none"
