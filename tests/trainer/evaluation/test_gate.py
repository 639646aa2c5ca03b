"""The gate: better than the base, no worse than the adapter in use, and nothing forgotten."""

from dataclasses import replace
from typing import Any

import pytest

from trainer.errors import TrainingError
from trainer.evaluation.gate import Verdict, chance_of, cost, decide, hold_to_mastery
from trainer.results.deployed import DeployedMarks, DeployedScores
from trainer.results.evaluation import Evaluation, ExamComparison, ExamScores, Match
from trainer.results.mastery import CONTRADICTION, TOO_LONG, Mastery


def scores(recalled: int, canaries: int, similarity: float = 0.5) -> ExamScores:
    return ExamScores(
        asked=16,
        recalled=recalled,
        similarity=similarity,
        reworded_asked=16,
        reworded_recalled=recalled // 2,
        canaries_asked=40,
        canaries_right=canaries,
    )


def evaluation(**changes: Any) -> Evaluation:
    """A clean success; changes replace parts of it."""
    success = Evaluation(
        base=scores(0, 28, 0.2),
        candidate=scores(16, 28, 0.95),
        against_base=ExamComparison(canaries=Match(2, 2)),
    )
    return replace(success, **changes)


def with_current(
    recall: tuple[int, int], canaries: tuple[int, int], reworded: tuple[int, int] = (0, 0)
) -> Evaluation:
    matches = ExamComparison(Match(*recall), Match(*reworded), Match(*canaries))
    return evaluation(current=scores(14, 28), against_current=matches)


def test_a_candidate_that_learned_and_forgot_nothing_is_promoted() -> None:
    verdict = decide(evaluation())
    assert verdict.promote
    assert verdict.reason == (
        "16 of 16 lessons recalled (0 before), 28 of 40 general questions right (28 before)."
    )


def test_one_that_learned_nothing_is_not() -> None:
    verdict = decide(evaluation(candidate=scores(0, 28, 0.2)))
    assert not verdict.promote
    assert verdict.reason.startswith("Not better than the base model: 0 of 16")


def test_one_that_recalls_nothing_is_not_even_if_its_answers_came_nearer() -> None:
    verdict = decide(evaluation(candidate=scores(0, 28, 0.4)))
    assert not verdict.promote
    assert verdict.reason == "Not better than the base model: 0 of 16 lessons recalled, 0 by it."


def test_a_style_counts_as_learned_when_answers_come_nearer_to_it() -> None:
    """Lessons of style have no key words that the base could not say."""
    assert decide(evaluation(base=scores(9, 28, 0.3), candidate=scores(9, 28, 0.4))).promote


@pytest.mark.parametrize(
    ("right", "won", "lost"),
    [(21, 0, 7), (23, 0, 5), (22, 6, 12)],
    ids=["many", "surely fewer", "a fifth, whatever chance says"],
)
def test_one_that_forgot_is_not_promoted(right: int, won: int, lost: int) -> None:
    against = ExamComparison(canaries=Match(won, lost))
    verdict = decide(evaluation(candidate=scores(16, right, 0.9), against_base=against))
    assert not verdict.promote
    assert verdict.reason.startswith(f"It forgot too much: {right} of 40 general questions right")


@pytest.mark.parametrize(("right", "promoted"), [(16, True), (14, True), (13, False)])
def test_where_the_base_answers_general_questions_half_of_them_may_be_lost(
    right: int, promoted: bool
) -> None:
    """As large sets cost them; the bot answers none of them worse."""
    against = ExamComparison(canaries=Match(0, 28 - right))
    found = evaluation(candidate=scores(16, right, 0.9), against_base=against)
    asked = replace(found, deployed=DeployedScores())
    assert not decide(asked).promote
    assert decide(replace(asked, general_by_base=True)).promote == promoted
    unexamined = replace(found, general_by_base=True)
    assert not decide(unexamined).promote, (
        "the bot may have no encoder, and leave all to the adapter"
    )


def test_where_the_base_answers_them_the_one_in_use_may_know_more_general_questions() -> None:
    found = with_current((4, 0), (0, 5))
    assert not decide(found).promote
    assert decide(replace(found, deployed=DeployedScores(), general_by_base=True)).promote


@pytest.mark.parametrize(("won", "lost"), [(0, 4), (3, 5), (0, 1)])
def test_a_loss_that_may_be_chance_is_forgiven(won: int, lost: int) -> None:
    against = ExamComparison(canaries=Match(won, lost))
    right = 28 + won - lost
    assert decide(evaluation(candidate=scores(16, right, 0.9), against_base=against)).promote


@pytest.mark.parametrize(
    ("recall", "canaries", "promoted"),
    [
        ((2, 0), (0, 0), True),
        ((0, 3), (0, 0), True),
        ((0, 5), (0, 0), False),
        ((4, 0), (0, 5), False),
        ((6, 6), (5, 5), True),
    ],
)
def test_the_adapter_in_use_is_only_replaced_by_one_that_is_not_surely_worse(
    recall: tuple[int, int], canaries: tuple[int, int], promoted: bool
) -> None:
    verdict = decide(with_current(recall, canaries))
    assert verdict.promote == promoted
    assert promoted or verdict.reason.startswith("Worse than the adapter in use: ")


def test_a_base_that_knows_no_canary_is_no_obstacle() -> None:
    found = evaluation(base=scores(0, 0, 0.1), candidate=scores(16, 0, 0.9))
    assert decide(replace(found, against_base=ExamComparison())).promote


def test_the_chance_of_a_loss_is_the_one_sided_sign_test() -> None:
    assert chance_of(0, 0) == 1.0
    assert chance_of(0, 5) == pytest.approx(1 / 32)
    assert chance_of(1, 5) == pytest.approx(7 / 64)


def test_one_that_is_surely_worse_in_other_words_is_not_promoted() -> None:
    verdict = decide(with_current((0, 0), (0, 0), reworded=(0, 6)))
    assert not verdict.promote
    assert "in other words: 8 of 16" in verdict.reason
    assert decide(with_current((0, 0), (0, 0), reworded=(3, 6))).promote


def test_the_base_model_alone_cannot_be_judged() -> None:
    with pytest.raises(TrainingError, match="no candidate"):
        decide(Evaluation(base=scores(0, 28)))


def deployed(recall: tuple[int, int], reworded: tuple[int, int]) -> Evaluation:
    scores = DeployedScores(DeployedMarks(10, 2, near_right=1), DeployedMarks(8, 1, declined=4))
    return evaluation(
        deployed=scores,
        deployed_current=scores,
        against_deployed=ExamComparison(Match(*recall), Match(*reworded)),
    )


@pytest.mark.parametrize(
    ("recall", "reworded", "promoted"),
    [
        ((0, 0), (0, 0), True),
        ((0, 1), (0, 0), False),
        ((9, 0), (0, 1), False),
        ((1, 1), (0, 0), True),
        ((5, 5), (6, 6), True),
    ],
)
def test_the_bot_as_deployed_may_not_be_worse_than_this_evening(
    recall: tuple[int, int], reworded: tuple[int, int], promoted: bool
) -> None:
    assert decide(deployed(recall, reworded)).promote == promoted


def test_it_says_in_which_words_the_bot_would_be_worse() -> None:
    assert decide(deployed((0, 5), (0, 0))).reason == (
        "The bot would answer taught questions worse than this evening: 11 of 13 right and "
        "2 surely wrong, 11 and 2 before."
    )
    assert (
        "questions in other words worse than this evening: 8 of 13 right and 1 surely"
        in decide(deployed((0, 0), (0, 5))).reason
    )


def test_a_bot_that_was_examined_on_one_side_alone_is_not_compared() -> None:
    assert decide(replace(deployed((0, 9), (0, 9)), deployed_current=None)).promote
    assert decide(replace(deployed((0, 9), (0, 9)), deployed=None)).promote


def test_a_surely_wrong_answer_costs_as_much_as_two_that_are_missing() -> None:
    assert cost("taught_wrong") == 2 * cost("declined") == 2
    assert [cost("near_wrong"), cost("model_wrong")] == [1, 1]
    assert [cost("taught_right"), cost("near_right"), cost("model_right")] == [0, 0, 0]


GOOD = Verdict(True, "It learned.")


@pytest.mark.parametrize(
    ("mastered", "asked", "promoted"),
    [
        (9, 10, True),
        (8, 9, False),
        (3, 3, True),
        (2, 3, False),
        (135, 150, True),
        (134, 150, False),
    ],
)
def test_nine_in_ten_lessons_must_be_mastered(mastered: int, asked: int, promoted: bool) -> None:
    verdict = hold_to_mastery(GOOD, Mastery(asked, mastered), None)
    assert verdict.promote == promoted
    assert promoted or verdict.reason == (
        f"Too little was mastered: {mastered} of {asked} lessons word for word, where nine in ten "
        "are needed."
    )


def known(ids: set[int], missing: set[int]) -> Mastery:
    return Mastery(len(ids) + len(missing), len(ids), tuple(ids), tuple(missing))


def test_of_the_shared_lessons_no_fewer_may_be_mastered_than_by_the_adapter_in_use() -> None:
    """Lessons that only one of the two was taught do not count."""
    current = known({1, 2, 3, 4, 90, 91}, {5})
    ours = known({2, 3, 4, 5, *range(10, 30)}, {1})
    assert hold_to_mastery(GOOD, ours, current) == GOOD, "another one instead"
    ours = known({3, 4, 5, *range(10, 40)}, {1, 2})
    verdict = hold_to_mastery(GOOD, ours, current)
    assert not verdict.promote
    assert verdict.reason == (
        "Worse than the adapter in use: 3 of the 5 lessons that both were taught are mastered, "
        "4 by that one."
    )


def test_nothing_is_asked_of_weights_that_nobody_looked_at() -> None:
    """As of an adapter in use whose card is older than that."""
    assert hold_to_mastery(GOOD, None, known({1}, set())) == GOOD
    assert hold_to_mastery(GOOD, known({1}, set()), None) == GOOD


def test_what_the_exam_refused_stays_refused_for_its_reason() -> None:
    refused = Verdict(False, "It forgot too much.")
    assert hold_to_mastery(refused, Mastery(10, 0), None) == refused


def test_more_surely_wrong_answers_are_not_bought_with_fewer_declined_ones() -> None:
    before = DeployedScores(DeployedMarks(10), DeployedMarks(8, 1, declined=9))
    now = DeployedScores(DeployedMarks(10), DeployedMarks(14, 3, declined=1))
    exam = evaluation(
        deployed=now, deployed_current=before, against_deployed=ExamComparison(Match(), Match(9, 4))
    )
    assert not decide(exam).promote


def test_a_shared_lesson_that_another_denies_is_no_loss_and_one_that_is_long_is() -> None:
    current = known({1, 2}, set())
    ours = replace(known({1, *range(10, 30)}, {2}), reasons={2: CONTRADICTION})
    assert hold_to_mastery(Verdict(True, ""), ours, current).promote
    assert not hold_to_mastery(
        Verdict(True, ""), replace(ours, reasons={2: TOO_LONG}), current
    ).promote
