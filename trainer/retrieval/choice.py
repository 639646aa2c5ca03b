"""The choice among the lessons that were found: the best one, and how likely it is right.

The encoder finds; the reranker, which reads question and lesson together, chooses among the first
few. How far the best one is ahead of the others tells as much as its own score.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from trainer.retrieval.calibration import LogisticRegression

CONSIDERED = 5
"""So many of the nearest lessons are read together with the question."""
WORDS_FOUND = 40
"""The full-text index is asked for so many lessons that share words with the question."""
WORD_CANDIDATES = 2
"""So many of those, the nearest, are read beside them: names tell where all is worded alike."""
COSINE_WEIGHT = 20.0
"""Factor on the cosine when it is added to the reranker's log-odds for the choice."""
MOST = (12.0, 10.0, 0.5)
"""The leads are cut off here, and are this where no other answer was found."""
FAR = 0.3
"""Cosine below which the best lesson is not taken for the answer, however sure the reranker is: it
is so of text that it never read the like of, as of a sentence said a hundred times (0.1 to 0.27).
Of 96 rewordings of the halves to tune on, four are as far from their lesson."""
FAR_CONFIDENCE = 0.05
"""Confidence in such a lesson at most: it is shown as the nearest one where the matter is likely
the team's own."""
FEATURES = ("score", "cosine", "lead", "lead in score", "lead in cosine")
"""What the regression is given; leads are ahead of the best lesson with another answer."""


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
    answer: str = ""
    """Its completion: lessons with the same one do not compete."""

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
        right: the regression on FEATURES; without a reranker, all scores being 0, it has the
            cosines alone and needs no bound on them.
    """
    order = in_order(hits)
    confidence = right.probability(features(order)) if order else 0.0
    if order and order[0].score and order[0].cosine < FAR:
        confidence = min(confidence, FAR_CONFIDENCE)
    return Choice(tuple(hit.id for hit in order), confidence)


def in_order(hits: Sequence[Hit]) -> list[Hit]:
    """Returns some lessons in the order of their value, best first; of equals the first one."""
    return sorted(hits, key=lambda hit: -hit.value)


def features(order: Sequence[Hit]) -> list[float]:
    """Returns FEATURES of the best of some lessons, which are given in the order of their value."""
    best = order[0]
    others = [hit for hit in order if hit.answer != best.answer]
    if not others:
        return [best.score, best.cosine, *MOST]
    leads = (
        best.value - others[0].value,
        best.score - max(hit.score for hit in others),
        best.cosine - max(hit.cosine for hit in others),
    )
    return [best.score, best.cosine, *(min(pair) for pair in zip(leads, MOST, strict=True))]
