"""What a night says where its adapter did not become good."""

from bot.nights.report import why_poor
from trainer.planning.settings import TrainingSettings


def test_many_lessons_with_the_usual_steps_give_no_hint() -> None:
    assert why_poor(200, TrainingSettings()) == []


def test_too_few_steps_and_too_few_lessons_are_said() -> None:
    steps, few = why_poor(7, TrainingSettings(iters=3))
    assert steps.startswith("Only 3 steps were trained, where ")
    assert few.startswith("Fewer than 50 lessons (7) are learned nearly word for word: ")
