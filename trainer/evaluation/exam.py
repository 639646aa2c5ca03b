"""The exam: its questions, a model's answer sheet, and the comparison of several sheets.

All models get the same questions: what was taught, the same in wordings that were not trained,
what was held out, and general questions that the base may know. An evaluation has numbers only,
and nobody's words.
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

MAX_LESSONS = 64
"""Most lessons that are asked; of more, a random sample is taken."""
MAX_REWORDED = 24
"""Most questions that are asked in other wordings."""
EXAM_SEED = 1000
"""Added to the seed of training, so that the generator gives other wordings."""
TRAINED_WORDINGS = 96
"""Number of rewordings that count as trained, from the same generator as training's."""
EXAM_WORDINGS = 8
"""Number of rewordings that are tried for one that was not trained."""


@dataclass(frozen=True)
class ExamQuestion:
    """A conversation up to the last question, and what was taught as its answer."""

    messages: Messages
    expected: str

    @property
    def prompt(self) -> str:
        """The last question."""
        return self.messages[-1]["content"]

    def answered(self) -> Messages:
        """Returns the conversation with the taught answer at its end."""
        return [*self.messages, {"role": "assistant", "content": self.expected}]


@dataclass(frozen=True)
class Exam:
    """The questions of one exam in three parts, and the base model's answers to general ones."""

    taught: tuple[ExamQuestion, ...]
    reworded: tuple[ExamQuestion, ...]
    held_out: tuple[ExamQuestion, ...]
    system: str = ""
    own: tuple[TokenRow, ...] = ()
    """The base model's answers to the general questions as rows; see `with_own_answers`."""


@dataclass(frozen=True)
class AnswerSheet:
    """One model's marks: for each question whether its answer is right, and measures of answers."""

    taught: tuple[bool, ...]
    reworded: tuple[bool, ...]
    held_out: tuple[bool, ...]
    canaries: tuple[bool, ...]
    similarities: tuple[float, ...]
    """Similarity to the taught answer, 0 to 1, for each question of `taught`."""
    key_recalls: tuple[float, ...]
    """Share of the taught answer's key words, 0 to 1, for each question of `taught`."""
    unfinished: int
    """Number of answers to lessons that were cut off."""
    refusals: int
    """Number of answers to lessons that refuse to answer."""
    mean_length: float
    """Mean number of tokens of the answers to `taught`."""
    loss: float | None
    """Mean cross-entropy of the taught answers after wordings that are not trained, and of what was
    held out, in nats a token; None where there are none."""
    canary_loss: float | None
    """Mean cross-entropy of the base model's own answers to the general questions, in nats a token;
    None where they are not known."""
    kl: float | None = None
    """KL divergence from the base on its answers to the general questions, in nats a token; None of
    the base itself, and where there are none."""

    def scores(self) -> ExamScores:
        """Returns the sums and means of the marks, rounded, as they go into a card."""
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
            kl=None if self.kl is None else round(self.kl, 4),
        )


def make_exam(
    lessons: Sequence[Messages], held_out: Sequence[Messages], system: str, seed: int
) -> Exam:
    """Makes an exam: chooses its questions, and wordings of them that were not trained.

    Args:
        lessons: whole conversations that were trained, ending with the answer; at least one.
        held_out: conversations that were not trained.
        system: the system prompt that the bot answers under.
        seed: seed of the choice where there are too many, and of the wordings.
    """
    random = np.random.default_rng(seed)
    taught = [_question(m) for m in _sample(lessons, MAX_LESSONS, random)]
    reworded = []
    every = max(1, len(taught) / MAX_REWORDED)
    some = [taught[int(turn * every)] for turn in range(min(len(taught), MAX_REWORDED))]
    for turn, question in enumerate(some):
        if wordings := _untrained_wordings(question.prompt, turn, seed):
            last = {"role": "user", "content": wordings[turn % len(wordings)]}
            reworded.append(ExamQuestion([*question.messages[:-1], last], question.expected))
    others = [_question(m) for m in _sample(held_out, MAX_LESSONS, random)]
    return Exam(tuple(taught), tuple(reworded), tuple(others), system)


def with_own_answers(exam: Exam, loaded: LoadedModel) -> Exam:
    """Returns the exam with the base model's answers, whose loss under a tuned model is measured.

    Args:
        exam: from `make_exam`.
        loaded: the base model, without any adapter.
    """
    prompts = [canary.prompt for canary in canaries()]
    return replace(exam, own=tuple(answer_rows(loaded, prompts, exam.system)))


def evaluation_of(
    base: AnswerSheet, candidate: AnswerSheet | None = None, current: AnswerSheet | None = None
) -> Evaluation:
    """Returns the evaluation of answer sheets, as the gate, the card and the report take it.

    Args:
        base: the base model's answer sheet.
        candidate: the new adapter's; None where the base model was examined alone.
        current: that of the adapter in use, if there is one.
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


def _untrained_wordings(prompt: str, turn: int, seed: int) -> list[str]:
    """Returns wordings that are not trained: surface forms, or a rewording every second turn."""
    plain = unseen_wordings(prompt)
    if not turn % 2:
        return plain
    trained = set(rewordings(prompt, TRAINED_WORDINGS, seed))
    others = rewordings(prompt, EXAM_WORDINGS, seed + EXAM_SEED)
    return [wording for wording in others if wording not in trained][:1] or plain


def _question(messages: Messages) -> ExamQuestion:
    return ExamQuestion(messages[:-1], messages[-1]["content"])


def _sample(items: Sequence[Messages], count: int, random: np.random.Generator) -> list[Messages]:
    if len(items) <= count:
        return list(items)
    return [items[i] for i in sorted(random.choice(len(items), count, replace=False))]
