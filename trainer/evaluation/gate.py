"""The gate: decides from an evaluation whether a new adapter is promoted. It is pure.

All comparisons are paired, as the models answered the same questions. They count the questions
that only one of two models got right (exact sign test, one-sided).
"""

from dataclasses import dataclass
from math import comb

from trainer.errors import TrainingError
from trainer.results.evaluation import Evaluation, ExamScores, Match

LIKELY = 0.05
"""Significance level of the sign test: below this probability a loss is not taken for chance."""
TOLERATED = 0.2
"""Largest share of the general questions known before that may be lost, chance or not."""
BETTER = 0.02
"""Smallest gain in mean similarity that counts as nearer to the taught answers."""


@dataclass(frozen=True)
class Verdict:
    """Whether to promote, and why in one sentence for people."""

    promote: bool
    reason: str


def decide(evaluation: Evaluation) -> Verdict:
    """Decides whether the candidate of an evaluation is promoted.

    Args:
        evaluation: with a candidate, and with the adapter in use if there is one.

    Raises:
        TrainingError: the base model was examined alone.
    """
    base, ours = evaluation.base, evaluation.candidate
    if ours is None:
        raise TrainingError("The exam had no candidate: there is nothing to judge.")
    learned = f"{ours.taught} lessons recalled"
    if not _improved(ours, base):
        return Verdict(False, f"Not better than the base model: {learned}, {base.recalled} by it.")
    kept = f"{ours.general} general questions right"
    lost = base.canaries_right - ours.canaries_right
    if _worse(evaluation.against_base.canaries) or lost > TOLERATED * max(base.canaries_right, 1):
        return Verdict(
            False, f"It forgot too much: {kept}, {base.canaries_right} before; {learned}."
        )
    if reason := _worse_than_current(ours, evaluation):
        return Verdict(False, reason)
    before = f"{base.recalled} before"
    return Verdict(True, f"{learned} ({before}), {kept} ({base.canaries_right} before).")


def chance_of(won: int, lost: int) -> float:
    """Returns the probability that the first of two equal models loses at least so many questions.

    That is the upper tail of the binomial distribution with n = won + lost and p = 1/2.

    Args:
        won: questions that only the first one got right.
        lost: questions that only the second one got right.
    """
    decided = won + lost
    return sum(comb(decided, k) for k in range(lost, decided + 1)) / 2.0**decided


def _worse_than_current(ours: ExamScores, evaluation: Evaluation) -> str:
    """Returns why the adapter in use should stay; empty if the candidate is no worse."""
    current, against = evaluation.current, evaluation.against_current
    if current is None:
        return ""
    learned = f"{ours.taught} lessons recalled"
    if _worse(against.recall):
        return f"Worse than the adapter in use: {learned}, {current.recalled} by that one."
    if _worse(against.reworded):
        return (
            "Worse than the adapter in use when asked in other words: "
            f"{ours.reworded} in other words, {current.reworded_recalled} by that one; {learned}."
        )
    if _worse(against.canaries):
        kept = f"{ours.general} general questions right"
        return f"Worse than the adapter in use: {kept}, {current.canaries_right} by that one."
    return ""


def _improved(ours: ExamScores, base: ExamScores) -> bool:
    """Returns whether more lessons are recalled, or as many, but not none, with nearer answers."""
    if not ours.recalled or ours.recalled != base.recalled:
        return ours.recalled > base.recalled
    return (ours.similarity or 0.0) >= (base.similarity or 0.0) + BETTER


def _worse(match: Match) -> bool:
    return chance_of(match.won, match.lost) < LIKELY
