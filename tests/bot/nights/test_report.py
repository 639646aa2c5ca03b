"""What a night says of its exam, and where its adapter did not become good."""

from dataclasses import replace

import pytest

from bot.nights.report import MEASURES, OTHER_WORDS, exam_lines, why_poor
from trainer.planning.settings import TrainingSettings
from trainer.results.evaluation import Evaluation, ExamScores


def test_many_lessons_with_the_usual_steps_give_no_hint() -> None:
    assert why_poor(200, TrainingSettings()) == []


def test_too_few_steps_and_too_few_lessons_are_said() -> None:
    steps, few = why_poor(7, TrainingSettings(iters=3))
    assert steps.startswith("Only 3 steps were trained, where ")
    assert few.startswith("Fewer than 50 lessons (7) are learned nearly word for word: ")


BASE = ExamScores(
    asked=4, recalled=1, canaries_asked=10, canaries_right=7, similarity=0.1, key_recall=0.2,
    loss=0.3, canary_loss=0.4, mean_length=5.0, unfinished=6, refusals=7, reworded_asked=3,
    reworded_recalled=2,
)  # fmt: skip


def test_the_exam_is_told_before_and_now() -> None:
    exam = Evaluation(BASE, replace(BASE, recalled=4, canaries_right=6))
    assert exam_lines(exam) == [
        "What was taught: 1 of 4 before, 4 of 4 now.",
        "What I knew before: 7 of 10 before, 6 of 10 now.",
    ]


@pytest.mark.parametrize("exam", [None, Evaluation(BASE), Evaluation(ExamScores(), BASE)])
def test_where_nothing_can_be_compared_nothing_is_told(exam: Evaluation | None) -> None:
    assert exam_lines(exam) == []


def test_every_measure_tells_its_own_number() -> None:
    values = [measure.value(BASE) for measure in MEASURES]
    assert values == [0.1, 0.2, 0.3, 0.4, 5.0, 6, 7]
    assert str(OTHER_WORDS.marks(BASE)) == "2 of 3"
