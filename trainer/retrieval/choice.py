"""The choice among the lessons that were found: the best one, and how likely it is right.

The encoder finds; the reranker, which reads question and lesson together, chooses among the first
few. How far the best one is ahead of the others tells as much as its own score.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from trainer.retrieval.calibration import LogisticRegression

CONSIDERED = 5
"""Lessons that are read together with the question."""
COSINE_WEIGHT = 10.0
"""Factor on the cosine when it is added to the reranker's log-odds for the choice."""
FAR_COSINE, FAR_SCORE = -1.0, -20.0
"""Stand for the second lesson where there is only one."""
FEATURES = ("score", "cosine", "lead", "lead in score", "lead in cosine")
"""What the regression is given; leads are ahead of the best other lesson."""


@dataclass(frozen=True)
class Hit:
    """A lesson that was found.

    Attributes:
        id: the lesson's.
        cosine: of the question's vector and the lesson's nearest key.
        score: log-odds of the reranker that the lesson answers the question.
    """

    id: int
    cosine: float
    score: float

    @property
    def value(self) -> float:
        """By which the best one is chosen."""
        return self.score + COSINE_WEIGHT * self.cosine


@dataclass(frozen=True)
class Choice:
    """Lessons in the order of how well they answer a question, and how surely the first does."""

    ids: tuple[int, ...]
    confidence: float


def choose(hits: Sequence[Hit], right: LogisticRegression) -> Choice:
    """Orders some lessons, best first, and says how likely the first one is right.

    Args:
        hits: lessons that were found; without any the confidence is 0.
        right: the regression on FEATURES.
    """
    order = sorted(hits, key=lambda hit: -hit.value)
    confidence = right.probability(features(order)) if order else 0.0
    return Choice(tuple(hit.id for hit in order), confidence)


def features(order: Sequence[Hit]) -> list[float]:
    """Returns FEATURES of the best of some lessons, which are given in the order of their value."""
    best, *others = order
    others = others or [Hit(-1, FAR_COSINE, FAR_SCORE)]
    return [
        best.score,
        best.cosine,
        best.value - others[0].value,
        best.score - max(hit.score for hit in others),
        best.cosine - max(hit.cosine for hit in others),
    ]
