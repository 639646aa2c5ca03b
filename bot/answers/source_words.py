"""The words by which Slack, the page and the command line say where an answer comes from."""

from trainer.retrieval.decision import Source
from trainer.retrieval.same_words import SAME_CONFIDENCE

UNTAUGHT = "nobody taught this"
BASE = "base model"


def own_words(adapter: str | None, *, known: bool) -> str:
    """Returns whose words an answer is that repeats no lesson, and that none answers it.

    Args:
        adapter: the version that wrote it; None is the base model.
        known: whether anybody could tell if a lesson answers the question.
    """
    whose = f"{adapter or BASE}'s own words"
    return f"{UNTAUGHT} · {whose}" if known else whose


def sureness(source: Source | None, confidence: float | None) -> str:
    """Returns how surely an answer is right, as people read it; empty where that says nothing.

    It says nothing of a question in the taught words, which has its answer, nor of one that is
    declined.

    Args:
        source: where the answer comes from; None where that is not known.
        confidence: the chance that it is right; None where that is not known.
    """
    if source in (None, "none") or confidence is None:
        return ""
    if source == "taught" and confidence >= SAME_CONFIDENCE:
        return ""
    return f"{confidence:.0%} sure"
