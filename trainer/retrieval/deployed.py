"""The bot as deployed on the questions of an exam: what it does with each, and how that ends.

No model is called here. The thresholds and checks are those that the bot decides by
(`bot.answers.planning`); what an adapter says and what a finder finds are given.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from trainer.evaluation import recalled
from trainer.evaluation.exam import ExamQuestion
from trainer.evaluation.gate import cost
from trainer.models.tokenization import Messages
from trainer.results.deployed import DeployedMarks, DeployedScores, Outcome
from trainer.results.evaluation import ExamComparison, Match
from trainer.retrieval.decision import Source, Untaught, source_of
from trainer.retrieval.faithfulness import faithful
from trainer.retrieval.finder import FoundLessons
from trainer.retrieval.same_words import SAME_CONFIDENCE, SAME_LIKENESS, TaughtQuestions

Find = Callable[[Sequence[str]], Sequence[FoundLessons]]
"""Returns what the lessons say to each question."""


@dataclass(frozen=True)
class TaughtLesson:
    """One question and its answer; lessons of several turns answer no question alone."""

    id: int | None
    prompt: str
    completion: str

    @property
    def turns(self) -> Messages:
        """Returns the two turns that a model is shown before the question."""
        return [
            {"role": "user", "content": self.prompt},
            {"role": "assistant", "content": self.completion},
        ]


@dataclass(frozen=True)
class PlannedAnswer:
    """What is done with a question.

    Attributes:
        question: of the exam.
        source: where the answer comes from.
        lesson: behind the answer; None of a model's own words, and where it is declined.
    """

    question: ExamQuestion
    source: Source
    lesson: TaughtLesson | None = None

    def told_by(self, mastered: frozenset[int]) -> bool:
        """Returns whether an adapter that has mastered some lessons tells this one."""
        return self.source == "taught" and self.lesson is not None and self.lesson.id in mastered

    def sent(self) -> Messages:
        """Returns what an adapter is shown that tells the lesson."""
        before, last = self.question.messages[:-1], self.question.messages[-1]
        return [*before, *(self.lesson.turns if self.lesson else []), last]


@dataclass(frozen=True)
class DeployedSheet:
    """How the questions of an exam ended with one bot, and how many its adapter told."""

    taught: tuple[Outcome, ...]
    reworded: tuple[Outcome, ...]
    told: tuple[int, int] = (0, 0)

    def scores(self) -> DeployedScores:
        """Returns the counts, as they go into a card."""
        return DeployedScores(
            DeployedMarks.of(self.taught, self.told[0]),
            DeployedMarks.of(self.reworded, self.told[1]),
        )


def plan_answers(
    questions: Sequence[ExamQuestion],
    lessons: Sequence[TaughtLesson],
    find: Find,
    untaught: Untaught,
) -> list[PlannedAnswer]:
    """Returns what the bot does with each question, whatever adapter is in use.

    Args:
        questions: of one turn each.
        lessons: everything that the bot knows.
        find: asked for the questions that are not in nearly the taught words.
        untaught: what is done with what no lesson answers.
    """
    same = _in_the_same_words(questions, lessons)
    others = [q.prompt for place, q in enumerate(questions) if place not in same]
    found = iter(find(others) if others else ())
    everything = [same.get(place) or next(found) for place in range(len(questions))]
    return [
        _planned(question, known, lessons, untaught)
        for question, known in zip(questions, everything, strict=True)
    ]


def _planned(
    question: ExamQuestion,
    known: FoundLessons,
    lessons: Sequence[TaughtLesson],
    untaught: Untaught,
) -> PlannedAnswer:
    source = source_of(known.confidence, known.own, untaught)
    lesson = lessons[known.places[0]] if source in ("taught", "near") else None
    return PlannedAnswer(question, source, lesson)


def outcome_of(plan: PlannedAnswer, said: str | None, model_right: bool) -> tuple[Outcome, bool]:
    """Returns how a question ends, and whether in the adapter's words.

    Args:
        plan: what is done with it.
        said: what the adapter tells of the lesson; None where it is not asked, or finds no end.
        model_right: whether the model that answers what no lesson does is right.
    """
    if plan.lesson is None:
        if plan.source == "model":
            return ("model_right" if model_right else "model_wrong"), False
        return "declined", False
    question, text = plan.question, plan.lesson.completion
    told = said is not None and faithful(text, said, question.prompt)
    if told and said is not None:
        text = said
    right = recalled(question.expected, text, question.prompt)
    if plan.source == "near":
        return ("near_right" if right else "near_wrong"), False
    return ("taught_right" if right else "taught_wrong"), told


def compare_deployed(ours: DeployedSheet, theirs: DeployedSheet) -> ExamComparison:
    """Compares two bots on the same questions, in points (see `trainer.evaluation.gate.cost`)."""
    return ExamComparison(
        recall=_points(ours.taught, theirs.taught),
        reworded=_points(ours.reworded, theirs.reworded),
    )


def _points(ours: Sequence[Outcome], theirs: Sequence[Outcome]) -> Match:
    gains = [cost(b) - cost(a) for a, b in zip(ours, theirs, strict=True)]
    return Match(sum(max(gain, 0) for gain in gains), sum(max(-gain, 0) for gain in gains))


def _in_the_same_words(
    questions: Sequence[ExamQuestion], lessons: Sequence[TaughtLesson]
) -> dict[int, FoundLessons]:
    """Returns what is found by words alone, by the place of the question, where that is enough."""
    taught = TaughtQuestions([lesson.prompt for lesson in lessons])
    found = {}
    for number, question in enumerate(questions):
        likest = taught.likest(question.prompt)
        if likest and likest[0][0] >= SAME_LIKENESS:
            found[number] = FoundLessons((likest[0][1],), SAME_CONFIDENCE, 1.0)
    return found
