"""The gate: decides from an evaluation whether a new adapter is promoted. It is pure.

All comparisons are paired, as the models answered the same questions. They count the questions
that only one of two models got right (exact sign test, one-sided). The bot as deployed is compared
in points, of which a surely wrong answer costs two.
"""

from dataclasses import dataclass
from math import comb

from trainer.errors import TrainingError
from trainer.results.deployed import Outcome
from trainer.results.evaluation import Evaluation, ExamScores, Match
from trainer.results.mastery import CONTRADICTION, CUT, Mastery

LIKELY = 0.05
"""Significance level of the sign test: below this probability a loss is not taken for chance."""
TOLERATED = 0.2
"""Largest share of the general questions known before that may be lost, chance or not."""
TOLERATED_UNASKED = 0.5
"""The same where, as deployed, the base model answers them: the adapter is only asked for what it
was taught, with the lesson before it, and its words are checked. Large sets cost it more of what
the base knew: 500 lessons 7 of 25 general questions, 1,000 lessons 9 (docs/log.md). One that lost
more than half is taken for broken."""
BETTER = 0.02
"""Smallest gain in mean similarity that counts as nearer to the taught answers."""
SURELY_WRONG = 2
"""Points that a wrong answer shown as taught costs; any other one that is not right costs one."""
MASTERED = 0.9
"""Least share of its lessons that an adapter masters."""


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
    # Nobody hears from an adapter then what it forgot, if the bot finds lessons in other words.
    unasked = evaluation.general_by_base and evaluation.deployed is not None
    tolerated = (TOLERATED_UNASKED if unasked else TOLERATED) * max(base.canaries_right, 1)
    surely = _worse(evaluation.against_base.canaries) and not unasked
    if surely or lost > tolerated:
        return Verdict(
            False, f"It forgot too much: {kept}, {base.canaries_right} before; {learned}."
        )
    reason = _worse_than_current(ours, evaluation, unasked=unasked) or _worse_deployed(evaluation)
    if reason:
        return Verdict(False, reason)
    before = f"{base.recalled} before"
    return Verdict(True, f"{learned} ({before}), {kept} ({base.canaries_right} before).")


def hold_to_mastery(verdict: Verdict, ours: Mastery | None, current: Mastery | None) -> Verdict:
    """Returns the verdict, or why the weights do not know enough to be promoted all the same.

    The bot quotes what its adapter has not mastered, so that an exam with its notes hides weights
    that learned little. Without mastery nothing is asked of them.

    Args:
        verdict: of the exam.
        ours: what the candidate has mastered; None where nobody looked.
        current: likewise of the adapter in use; None also where there is none.
    """
    if not verdict.promote or ours is None:
        return verdict
    if ours.share < MASTERED:
        return Verdict(
            False,
            f"Too little was mastered: {ours.mastered} of {ours.teachable} lessons word for word, "
            "where nine in ten are needed.",
        )
    if current is None:
        return verdict
    shared = {*ours.ids, *ours.missing} & {*current.ids, *current.missing}
    # Of two lessons that deny each other only one can be mastered, this time the other one; and
    # nothing can teach half an answer.
    shared -= {number for number, why in ours.reasons.items() if why in (CONTRADICTION, CUT)}
    now, before = len(shared & {*ours.ids}), len(shared & {*current.ids})
    if now < before:
        return Verdict(
            False,
            f"Worse than the adapter in use: {now} of the {len(shared)} lessons that both were "
            f"taught are mastered, {before} by that one.",
        )
    return verdict


def cost(outcome: Outcome) -> int:
    """Returns the points that an answer of the bot as deployed costs: 0 for a right one."""
    if outcome.endswith("_right"):
        return 0
    return SURELY_WRONG if outcome == "taught_wrong" else 1


def chance_of(won: int, lost: int) -> float:
    """Returns the probability that the first of two equal models loses at least so many questions.

    That is the upper tail of the binomial distribution with n = won + lost and p = 1/2.

    Args:
        won: questions that only the first one got right.
        lost: questions that only the second one got right.
    """
    decided = won + lost
    return sum(comb(decided, k) for k in range(lost, decided + 1)) / 2.0**decided


def _worse_than_current(ours: ExamScores, evaluation: Evaluation, *, unasked: bool) -> str:
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
    if _worse(against.canaries) and not unasked:
        kept = f"{ours.general} general questions right"
        return f"Worse than the adapter in use: {kept}, {current.canaries_right} by that one."
    return ""


def _worse_deployed(evaluation: Evaluation) -> str:
    """Returns why the bot would answer worse with the candidate; empty if it would not."""
    ours, theirs = evaluation.deployed, evaluation.deployed_current
    if ours is None or theirs is None:
        return ""
    against = evaluation.against_deployed
    for name, match, now, before in (
        ("taught questions", against.recall, ours.taught, theirs.taught),
        ("questions in other words", against.reworded, ours.reworded, theirs.reworded),
    ):
        # Both bots quote the same notes, so that chance has little part in this: no sign test.
        if match.lost > match.won or now.taught_wrong > before.taught_wrong:
            return (
                f"The bot would answer {name} worse than this evening: {now.right} of {now.asked} "
                f"right and {now.taught_wrong} surely wrong, {before.right} and "
                f"{before.taught_wrong} before."
            )
    return ""


def _improved(ours: ExamScores, base: ExamScores) -> bool:
    """Returns whether more lessons are recalled, or as many, but not none, with nearer answers."""
    if not ours.recalled or ours.recalled != base.recalled:
        return ours.recalled > base.recalled
    return (ours.similarity or 0.0) >= (base.similarity or 0.0) + BETTER


def _worse(match: Match) -> bool:
    return chance_of(match.won, match.lost) < LIKELY
