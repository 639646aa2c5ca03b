"""The best of some lessons, and the features that say how surely it is right."""

import pytest

from trainer.retrieval.calibration import LogisticRegression
from trainer.retrieval.choice import (
    FAR,
    FAR_CONFIDENCE,
    FEATURES,
    MOST,
    Hit,
    choose,
    features,
    in_order,
)

NOTHING = LogisticRegression((0.0,) * len(FEATURES), 0.0)


def test_the_cosine_and_the_score_choose_together() -> None:
    hits = [Hit(1, 0.95, -6.0, "a"), Hit(2, 0.7, 1.0, "b"), Hit(3, 0.6, 0.0, "c")]
    assert choose(hits, NOTHING).ids == (2, 1, 3)
    assert choose([Hit(1, 0.9, 0.0), Hit(2, 0.7, 1.0)], NOTHING).ids == (1, 2)


def test_of_equals_the_first_stays_first() -> None:
    assert choose([Hit(5, 0.5, 0.0), Hit(3, 0.5, 0.0)], NOTHING).ids == (5, 3)


def test_leads_are_ahead_of_the_best_lesson_with_another_answer() -> None:
    order = in_order([Hit(1, 0.9, 2.0, "a"), Hit(2, 0.8, 1.5, "a"), Hit(3, 0.5, 1.0, "b")])
    assert features(order) == pytest.approx([2.0, 0.9, 9.0, 1.0, 0.4])


def test_leads_are_cut_off_and_the_same_without_another_answer() -> None:
    alone = features([Hit(1, 0.9, 2.0, "a"), Hit(2, 0.8, 1.5, "a")])
    assert alone == [2.0, 0.9, *MOST]
    far = features([Hit(1, 0.9, 2.0, "a"), Hit(2, 0.1, -20.0, "b")])
    assert far == alone


def test_without_lessons_nothing_is_sure() -> None:
    assert choose([], LogisticRegression((0.0,) * len(FEATURES), 9.0)).confidence == 0
    assert choose([Hit(1, 0.9, 2.0)], LogisticRegression((0.0, 1.0, 0, 0, 0), -0.9)).confidence == (
        pytest.approx(0.5)
    )


def test_a_reranker_is_not_believed_of_a_lesson_that_lies_far() -> None:
    sure = LogisticRegression((0.0,) * len(FEATURES), 9.0)
    assert choose([Hit(1, FAR - 0.01, 7.0)], sure).confidence == FAR_CONFIDENCE
    assert choose([Hit(1, FAR, 7.0)], sure).confidence > 0.9
    assert choose([Hit(1, FAR - 0.01, 0.0)], sure).confidence > 0.9, "there is no reranker"
    assert choose([Hit(1, FAR - 0.01, 7.0)], NOTHING).confidence == FAR_CONFIDENCE
    unsure = LogisticRegression((0.0,) * len(FEATURES), -9.0)
    assert choose([Hit(1, FAR - 0.01, 7.0)], unsure).confidence < FAR_CONFIDENCE
