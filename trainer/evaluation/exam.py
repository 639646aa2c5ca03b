"""The exam: the same questions to the base, the candidate and the adapter in use.

Every answer is greedy. Asked are what was taught, the same in wordings that were not trained,
what was held out, and general questions that the base may know. The result has numbers only:
nobody's words leave with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean

import numpy as np

from trainer.augmentation.replay import answer_rows
from trainer.augmentation.rule_paraphrases import rewordings
from trainer.augmentation.surface_forms import unseen_wordings
from trainer.canaries import canaries
from trainer.evaluation import compare, summarize_results
from trainer.models.loading import LoadedModel
from trainer.models.tokenization import Messages, TokenRow
from trainer.results.evaluation import Evaluation, ExamComparison, ExamScores

LESSONS = 64
"""Lessons asked at most, chosen by chance."""
OTHER_WORDINGS = 24
"""Questions in other wordings asked at most."""
EXAM_SEED = 1000
"""Set apart from the seeds of training: other wordings."""
TRAINED_WORDINGS = 96
"""Rewordings that training may have used, of the same generator: short questions have few."""
OTHER_TRIES = 8


@dataclass(frozen=True)
class ExamQuestion:
    """A conversation up to the last question, and what was taught as its answer."""

    messages: Messages
    expected: str

    @property
    def prompt(self) -> str:
        """The last thing asked."""
        return self.messages[-1]["content"]

    def answered(self) -> Messages:
        """The conversation with what was taught as its end."""
        return [*self.messages, {"role": "assistant", "content": self.expected}]


@dataclass(frozen=True)
class Exam:
    """The questions of one exam, in three parts, and the base model's answers to general ones."""

    taught: tuple[ExamQuestion, ...]
    reworded: tuple[ExamQuestion, ...]
    held_out: tuple[ExamQuestion, ...]
    system: str = ""
    own: tuple[TokenRow, ...] = ()
    """What the base model says to the general questions; see `with_own_answers`."""


@dataclass(frozen=True)
class AnswerSheet:
    """One model's marks: which questions it answered right, and how."""

    taught: tuple[bool, ...]
    reworded: tuple[bool, ...]
    held_out: tuple[bool, ...]
    canaries: tuple[bool, ...]
    similarities: tuple[float, ...]
    """Of the answers to what was taught."""
    key_recalls: tuple[float, ...]
    """Share of the key words of what was taught that came back, likewise."""
    unfinished: int
    """Answers to lessons that did not come to an end."""
    refusals: int
    """Answers to lessons that decline to give one."""
    mean_length: float
    """Tokens of an answer to what was taught."""
    loss: float | None
    """Mean cross-entropy of the taught answers after wordings that are not trained, and of what was
    held out, in nats a token; None where there are none."""
    canary_loss: float | None
    """Likewise of the base model's own answers to the general questions, where they are known."""

    def scores(self) -> ExamScores:
        """The marks in numbers, rounded, as they go into a card."""
        summary = summarize_results(self.similarities)
        return ExamScores(
            asked=len(self.taught),
            recalled=sum(self.taught),
            similarity=round(summary.mean_score, 4),
            pass_rate=round(summary.pass_rate, 4),
            reworded_asked=len(self.reworded),
            reworded_recalled=sum(self.reworded),
            held_out_asked=len(self.held_out),
            held_out_recalled=sum(self.held_out),
            canaries_asked=len(self.canaries),
            canaries_right=sum(self.canaries),
            key_recall=round(fmean(self.key_recalls), 4),
            loss=None if self.loss is None else round(self.loss, 4),
            canary_loss=None if self.canary_loss is None else round(self.canary_loss, 4),
            unfinished=self.unfinished,
            refusals=self.refusals,
            mean_length=round(self.mean_length, 2),
        )


def set_exam(
    lessons: Sequence[Messages], held_out: Sequence[Messages], system: str, seed: int
) -> Exam:
    """Chooses the questions.

    Args:
        lessons: whole conversations that were trained, ending with the answer.
        held_out: others that were not.
        system: the system prompt that the bot answers under.
        seed: of the choice where there are too many.
    """
    random = np.random.default_rng(seed)
    taught = [_question(m) for m in _some(lessons, LESSONS, random)]
    reworded = []
    every = max(1, len(taught) / OTHER_WORDINGS)
    some = [taught[int(turn * every)] for turn in range(min(len(taught), OTHER_WORDINGS))]
    for turn, question in enumerate(some):
        if wordings := _other_words(question.prompt, turn, seed):
            last = {"role": "user", "content": wordings[turn % len(wordings)]}
            reworded.append(ExamQuestion([*question.messages[:-1], last], question.expected))
    others = [_question(m) for m in _some(held_out, LESSONS, random)]
    return Exam(tuple(taught), tuple(reworded), tuple(others), system)


def with_own_answers(exam: Exam, loaded: LoadedModel) -> Exam:
    """The exam with what the base model says by itself: how likely does a tuned one find that?

    Args:
        exam: from `set_exam`.
        loaded: the base model, without any adapter.
    """
    prompts = [canary.prompt for canary in canaries()]
    return replace(exam, own=tuple(answer_rows(loaded, prompts, exam.system)))


def evaluation_of(
    base: AnswerSheet, candidate: AnswerSheet | None = None, current: AnswerSheet | None = None
) -> Evaluation:
    """The result of an exam as the gate, the card and the report take it.

    Args:
        base: the base model's answers.
        candidate: the new adapter's; None where the base model was examined alone.
        current: those of the adapter in use, if there is one.
    """
    if candidate is None:
        return Evaluation(base.scores())
    return Evaluation(
        base=base.scores(),
        candidate=candidate.scores(),
        current=None if current is None else current.scores(),
        against_base=_compared(candidate, base),
        against_current=ExamComparison() if current is None else _compared(candidate, current),
    )


def _compared(ours: AnswerSheet, theirs: AnswerSheet) -> ExamComparison:
    return ExamComparison(
        recall=compare(ours.taught, theirs.taught),
        reworded=compare(ours.reworded, theirs.reworded),
        canaries=compare(ours.canaries, theirs.canaries),
    )


def _other_words(prompt: str, turn: int, seed: int) -> list[str]:
    """Wordings that are not trained: plain ones, and for every second question other words."""
    plain = unseen_wordings(prompt)
    if not turn % 2:
        return plain
    trained = set(rewordings(prompt, TRAINED_WORDINGS, seed))
    others = rewordings(prompt, OTHER_TRIES, seed + EXAM_SEED)
    return [wording for wording in others if wording not in trained][:1] or plain


def _question(messages: Messages) -> ExamQuestion:
    return ExamQuestion(messages[:-1], messages[-1]["content"])


def _some(items: Sequence[Messages], count: int, random: np.random.Generator) -> list[Messages]:
    if len(items) <= count:
        return list(items)
    return [items[i] for i in sorted(random.choice(len(items), count, replace=False))]
