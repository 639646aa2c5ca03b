"""Whether a new adapter may answer. Pure: an evaluation in, a verdict with its reason out.

All comparisons are paired: both models answered the same questions, and what counts are the
questions that only one of them got right (exact sign test, one-sided).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import comb
from typing import Any

LIKELY = 0.05
"""Below this probability a loss is not taken for chance."""
TOLERATED = 0.2
"""Share of the general questions known before that may be lost, chance or not."""
BETTER = 0.02
"""What counts as nearer to the taught answers, in mean similarity."""


@dataclass(frozen=True)
class Verdict:
    """Promote or not, and why in one sentence."""

    promote: bool
    reason: str


def decide(evaluation: Mapping[str, Any]) -> Verdict:
    """Judges a candidate by the exam's result, as `trainer.evaluation.exam` writes it.

    Args:
        evaluation: `base` and `candidate`, and `current` if there is one, with their scores;
            `against` with won and lost questions.
    """
    base, ours = evaluation["base"], evaluation["candidate"]
    learned = f"{ours['recalled']} of {ours['asked']} lessons recalled"
    if not _improved(ours, base):
        return Verdict(
            False, f"Not better than the base model: {learned}, {base['recalled']} by it."
        )
    kept = f"{ours['canaries_right']} of {ours['canaries_asked']} general questions right"
    lost = base["canaries_right"] - ours["canaries_right"]
    if _worse(evaluation["against"]["base"]["canaries"]) or lost > TOLERATED * max(
        base["canaries_right"], 1
    ):
        return Verdict(
            False, f"It forgot too much: {kept}, {base['canaries_right']} before; {learned}."
        )
    if current := evaluation.get("current"):
        matches = evaluation["against"]["current"]
        if _worse(matches["recall"]):
            return Verdict(
                False,
                f"Worse than the adapter in use: {learned}, {current['recalled']} by that one.",
            )
        if _worse(matches["reworded"]):
            words = f"{ours['reworded_recalled']} of {ours['reworded_asked']} in other words"
            return Verdict(
                False,
                "Worse than the adapter in use when asked in other words: "
                f"{words}, {current['reworded_recalled']} by that one; {learned}.",
            )
        if _worse(matches["canaries"]):
            return Verdict(
                False,
                f"Worse than the adapter in use: {kept}, {current['canaries_right']} by that one.",
            )
    before = f"{base['recalled']} before"
    return Verdict(True, f"{learned} ({before}), {kept} ({base['canaries_right']} before).")


def chance_of(won: int, lost: int) -> float:
    """Probability of losing at least so many of the decided questions between equals."""
    decided = won + lost
    return sum(comb(decided, k) for k in range(lost, decided + 1)) / 2.0**decided


def _improved(ours: Mapping[str, Any], base: Mapping[str, Any]) -> bool:
    """More lessons recalled, or as many (of which there must be some) with nearer answers."""
    if not ours["recalled"] or ours["recalled"] != base["recalled"]:
        return bool(ours["recalled"] > base["recalled"])
    return bool(ours["similarity"] >= base["similarity"] + BETTER)


def _worse(match: Mapping[str, int]) -> bool:
    return chance_of(match["won"], match["lost"]) < LIKELY
