"""What the bot does with the questions of an exam, and how each of them ends."""

from collections.abc import Sequence

import pytest

from trainer.evaluation.exam import ExamQuestion
from trainer.results.deployed import DeployedMarks, DeployedScores
from trainer.results.evaluation import ExamComparison, Match
from trainer.retrieval.deployed import (
    DeployedSheet,
    PlannedAnswer,
    TaughtLesson,
    compare_deployed,
    outcome_of,
    plan_answers,
)
from trainer.retrieval.finder import FoundLessons

DOOR = TaughtLesson(7, "What is the code of the door?", "The code of the door is K4711.")
BIN = TaughtLesson(8, "Who empties the bins?", "Noor empties the bins.")
LESSONS = [DOOR, BIN]


def question(prompt: str, expected: str = DOOR.completion, system: str = "") -> ExamQuestion:
    before = [{"role": "system", "content": system}] if system else []
    return ExamQuestion([*before, {"role": "user", "content": prompt}], expected)


class Finder:
    """Says the same of every question, and notes which it was asked."""

    def __init__(self, confidence: float = 0.0, own: float = 1.0, place: int = 0) -> None:
        self.found = FoundLessons((place,), confidence, own)
        self.asked: list[str] = []

    def __call__(self, questions: Sequence[str]) -> list[FoundLessons]:
        self.asked += questions
        return [self.found] * len(questions)


def test_a_question_in_nearly_the_taught_words_takes_no_encoder() -> None:
    finder = Finder()
    asked = [question("what is the code of the door"), question("And who empties the bins?")]
    plans = plan_answers(asked, LESSONS, finder, "decline")
    assert [(plan.source, plan.lesson) for plan in plans] == [("taught", DOOR), ("taught", BIN)]
    assert finder.asked == []


def test_only_other_words_are_looked_up_and_each_gets_its_own_finding() -> None:
    finder = Finder(0.9, place=1)
    prompts = ["Door, please: which digits?", DOOR.prompt, "Rubbish duty is whose?"]
    plans = plan_answers([question(p) for p in prompts], LESSONS, finder, "decline")
    assert [plan.lesson for plan in plans] == [BIN, DOOR, BIN]
    assert [plan.question.prompt for plan in plans] == prompts
    assert finder.asked == [prompts[0], prompts[2]]


def test_another_number_is_another_question() -> None:
    rooms = [
        TaughtLesson(1, "Where is room 7?", "Upstairs."),
        TaughtLesson(2, "Where is room 8?", "Here."),
    ]
    finder = Finder()
    plans = plan_answers(
        [question("Where is room 8?"), question("Where is room 9?")], rooms, finder, "decline"
    )
    assert plans[0].lesson == rooms[1]
    assert (plans[1].source, plans[1].lesson) == ("none", None)
    assert finder.asked == ["Where is room 9?"]


def test_of_two_lessons_with_the_same_question_the_newest_one_answers() -> None:
    newer = TaughtLesson(9, DOOR.prompt, "The code is K5000 now.")
    (plan,) = plan_answers([question(DOOR.prompt)], [DOOR, newer, BIN], Finder(), "decline")
    assert plan.lesson == newer


@pytest.mark.parametrize(
    ("confidence", "own", "untaught", "source"),
    [
        (0.7, 0.9, "decline", "taught"),
        (0.3, 0.9, "decline", "near"),
        (0.3, 0.9, "silent", "none"),
        (0.3, 0.9, "adapter", "model"),
        (0.01, 0.1, "decline", "model"),
        (0.01, 0.9, "decline", "none"),
    ],
)
def test_it_decides_by_the_thresholds_of_the_bot(
    confidence: float, own: float, untaught: str, source: str
) -> None:
    finder = Finder(confidence, own)
    (plan,) = plan_answers([question("Which digits?")], LESSONS, finder, untaught)  # type: ignore[arg-type]  # a case of the table
    assert plan.source == source
    assert (plan.lesson is not None) == (source in ("taught", "near"))


def test_an_adapter_tells_what_it_has_mastered_with_the_lesson_before_the_question() -> None:
    plan = PlannedAnswer(question("Which digits?", system="Be brief."), "taught", DOOR)
    assert plan.told_by(frozenset({7}))
    assert not plan.told_by(frozenset({8}))
    assert not PlannedAnswer(plan.question, "near", DOOR).told_by(frozenset({7}))
    assert [(turn["role"], turn["content"]) for turn in plan.sent()] == [
        ("system", "Be brief."),
        ("user", DOOR.prompt),
        ("assistant", DOOR.completion),
        ("user", "Which digits?"),
    ]


def test_a_lesson_without_a_number_is_told_by_nobody() -> None:
    plan = PlannedAnswer(question("?"), "taught", TaughtLesson(None, "A?", "B."))
    assert not plan.told_by(frozenset({7}))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("The door's code is K4711.", False),
        ("The code of the door is K4711.", True),
        ("The code of the door is K4712.", False),
        (None, False),
    ],
    ids=["another word", "as taught", "another code", "nothing"],
)
def test_what_an_adapter_changed_is_quoted_and_stays_right(said: str | None, told: bool) -> None:
    plan = PlannedAnswer(question("Which code has it?"), "taught", DOOR)
    assert outcome_of(plan, said, model_right=False) == ("taught_right", told)


def test_another_lesson_is_surely_wrong_or_only_near() -> None:
    asked = question("Which digits?")
    assert outcome_of(PlannedAnswer(asked, "taught", BIN), None, True) == ("taught_wrong", False)
    assert outcome_of(PlannedAnswer(asked, "near", BIN), None, True) == ("near_wrong", False)
    assert outcome_of(PlannedAnswer(asked, "near", DOOR), None, False) == ("near_right", False)


def test_what_no_lesson_answers_is_as_right_as_the_model_or_declined() -> None:
    asked = question("Which digits?")
    assert outcome_of(PlannedAnswer(asked, "model"), None, True) == ("model_right", False)
    assert outcome_of(PlannedAnswer(asked, "model"), None, False) == ("model_wrong", False)
    assert outcome_of(PlannedAnswer(asked, "none"), None, True) == ("declined", False)


def test_bots_are_compared_question_by_question_in_points() -> None:
    """A surely wrong answer in the place of a right one loses two, one that is declined one."""
    ours = DeployedSheet(("taught_wrong", "declined", "taught_right"), ("near_right", "declined"))
    theirs = DeployedSheet(
        ("taught_right", "near_right", "taught_wrong"), ("near_right", "near_wrong")
    )
    assert compare_deployed(ours, theirs) == ExamComparison(Match(2, 3), Match(0, 0))
    assert compare_deployed(theirs, ours) == ExamComparison(Match(3, 2), Match(0, 0))


def test_a_sheet_is_summed_up_part_by_part() -> None:
    sheet = DeployedSheet(("taught_right", "taught_right"), ("declined",), told=(2, 0))
    assert sheet.scores() == DeployedScores(
        DeployedMarks(taught_right=2, told=2), DeployedMarks(declined=1)
    )
