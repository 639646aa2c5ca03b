"""The exam of the bot as deployed: its notes, and an adapter that tells what it has mastered.

The encoder and its reranker are loaded for this alone and given back. An adapter is only asked
where it would speak, and only generates where one forward pass does not show that it gives the
taught words.
"""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx
import numpy as np

from trainer.adapters.registry import read_card
from trainer.dataset.reader import TrainingData
from trainer.errors import AdapterError
from trainer.evaluation.exam import AnswerSheet, Exam
from trainer.evaluation.mastery import mastered
from trainer.evaluation.runner import MAX_ROW_TOKENS, answer_limit
from trainer.inference.generation import answers
from trainer.models.embedder import Embedder
from trainer.models.encoders import locate_encoder
from trainer.models.loading import LoadedModel, fingerprint, sharing_copy, with_adapter
from trainer.models.reranker import Reranker
from trainer.models.tokenization import Messages, make_row, prompt_tokens
from trainer.models.vocabulary import bundled_vocabulary
from trainer.retrieval.calibration import Calibration, Rows, shipped
from trainer.retrieval.decision import Untaught
from trainer.retrieval.deployed import (
    DeployedSheet,
    PlannedAnswer,
    TaughtLesson,
    outcome_of,
    plan_answers,
)
from trainer.retrieval.finder import FoundLessons, LessonFinder
from trainer.retrieval.scripts import readable

NOT_EXAMINED = "The bot as deployed was not examined: {}."
"""A note for people. Of an error it has the kind alone: the message could hold what they wrote."""
_log = logging.getLogger(__name__)


class _NotExaminedError(Exception):
    """The bot cannot be examined; the message says why, for people."""


@dataclass(frozen=True)
class Notes:
    """How the bot finds its lessons.

    Attributes:
        embedder: the name of its encoder; empty for none.
        calibration: the file of a calibration, for an encoder that none comes with.
        untaught: what is done with what no lesson answers.
    """

    embedder: str = ""
    calibration: Path | None = None
    untaught: Untaught = "decline"


@dataclass(frozen=True)
class Bot:
    """A bot with one adapter, or without any.

    Attributes:
        adapter: its folder; None for the base model.
        mastered: the lessons that it tells in its own words.
        model: the exam of the model that answers what no lesson does.
    """

    adapter: Path | None
    mastered: frozenset[int]
    model: AnswerSheet

    @classmethod
    def of(cls, adapter: Path | None, model: AnswerSheet) -> "Bot":
        """A bot with an adapter in use, which has mastered what its card says."""
        mastery = None
        try:
            mastery = read_card(adapter).mastery if adapter else None
        except AdapterError as error:
            _log.warning("it is quoted instead: %s", error)
        return cls(adapter, frozenset(mastery.ids if mastery else ()), model)


def answering(sheets: Mapping[str, AnswerSheet], name: str, notes: Notes) -> AnswerSheet:
    """Returns the exam of the model that answers what no lesson does.

    Args:
        sheets: of the models, with `base`.
        name: of the bot's adapter among them; it may be missing.
        notes: which say whether the adapter answers that, or the base model.
    """
    return sheets[name if notes.untaught == "adapter" and name in sheets else "base"]


def examine_deployed(
    exam: Exam,
    lessons: TrainingData,
    loaded: LoadedModel,
    notes: Notes,
    bots: Mapping[str, Bot],
    tell: Callable[[str], None] = lambda _: None,
) -> dict[str, DeployedSheet]:
    """Examines bots with the same notes on what was taught, as it was and in other words.

    Questions after earlier turns are left out: notes are about single questions.

    Args:
        exam: its questions.
        lessons: what the notes hold, all of it.
        loaded: the base model, bare.
        notes: how lessons are found.
        bots: by name.
        tell: called with NOT_EXAMINED where the exam cannot be held.

    Returns:
        The sheets by the same names; none where there is no encoder, or none that is calibrated,
        or nothing was asked.
    """
    taught = [TaughtLesson(n, m[-2]["content"], m[-1]["content"]) for m, n in _single(lessons)]
    places = tuple(
        [place for place, question in enumerate(part) if _is_single(question.messages)]
        for part in (exam.taught, exam.reworded)
    )
    asked = [exam.taught[place] for place in places[0]]
    asked += [exam.reworded[place] for place in places[1]]
    if not (notes.embedder and taught and asked):
        return {}
    try:
        plans = plan_answers(asked, taught, _Finder.of(notes, taught).find, notes.untaught)
        return {name: _sheet(loaded, bot, plans, places) for name, bot in bots.items()}
    except _NotExaminedError as error:
        why = str(error)
    except Exception as error:  # noqa: BLE001  the night's training is worth more than this column
        why = type(error).__name__
    sentence = NOT_EXAMINED.format(why)
    _log.warning("%s", sentence)
    tell(sentence)
    return {}


@dataclass(frozen=True)
class _Finder:
    """An encoder on this disk that is calibrated; nothing is loaded before it is asked."""

    folder: Path
    calibration: Calibration
    lessons: Sequence[TaughtLesson]

    @classmethod
    def of(cls, notes: Notes, lessons: Sequence[TaughtLesson]) -> "_Finder":
        """Returns the finder.

        Raises:
            _NotExaminedError: the encoder is not here, or what it says is not known.
        """
        folder = locate_encoder(notes.embedder)
        if folder is None:
            raise _NotExaminedError("its encoder is not on this disk")
        revision = fingerprint(folder)
        calibration = shipped().get(revision)
        if calibration is None and notes.calibration is not None:
            stored = json.loads(notes.calibration.read_text(encoding="utf-8"))
            calibration = Calibration.from_json(stored)
        if calibration is None or calibration.encoder != revision:
            raise _NotExaminedError("its encoder is not calibrated")
        language = bundled_vocabulary() if calibration.reranker else None
        said = (f"{lesson.prompt} {lesson.completion}" for lesson in lessons)
        if sum(readable(text, language) for text in said) < len(lessons) / 2:
            raise _NotExaminedError("its encoder does not read the language of most lessons")
        return cls(folder, calibration, lessons)

    def find(self, questions: Sequence[str]) -> list[FoundLessons]:
        """Loads the encoder, finds lessons and gives the memory back."""
        found = self._found(questions)
        mx.clear_cache()
        return found

    def _found(self, questions: Sequence[str]) -> list[FoundLessons]:
        encoder = Embedder(self.folder)
        reranker = Reranker(self.folder) if self.calibration.reranker else None

        def embed(texts: Sequence[str]) -> Rows:
            return np.array(encoder.embed(texts))

        pairs = [(lesson.prompt, lesson.completion) for lesson in self.lessons]
        finder = LessonFinder(pairs, embed, reranker.score if reranker else None)
        return finder.find(questions, self.calibration)


def _sheet(
    loaded: LoadedModel,
    bot: Bot,
    plans: Sequence[PlannedAnswer],
    places: tuple[list[int], ...],
) -> DeployedSheet:
    """Examines one bot; `places` are those of the plans' questions in the exam's two parts."""
    telling = [number for number, plan in enumerate(plans) if plan.told_by(bot.mastered)]
    said: dict[int, str | None] = {}
    if bot.adapter is not None and telling:
        texts = _told(loaded, bot.adapter, [plans[number] for number in telling])
        said = dict(zip(telling, texts, strict=True))
    right = [bot.model.taught[place] for place in places[0]]
    right += [bot.model.reworded[place] for place in places[1]]
    ends = [outcome_of(plan, said.get(n), right[n]) for n, plan in enumerate(plans)]
    middle = len(places[0])
    first, second = ends[:middle], ends[middle:]
    return DeployedSheet(
        taught=tuple(outcome for outcome, _ in first),
        reworded=tuple(outcome for outcome, _ in second),
        told=(sum(told for _, told in first), sum(told for _, told in second)),
    )


def _told(loaded: LoadedModel, adapter: Path, plans: Sequence[PlannedAnswer]) -> list[str | None]:
    """Returns what an adapter tells of lessons that it has mastered; None where it finds no end."""
    model: Any = with_adapter(sharing_copy(loaded.model), adapter)
    tokenizer = loaded.tokenizer
    taught = [plan.lesson.completion if plan.lesson else "" for plan in plans]
    rows = [
        make_row(tokenizer, [*plan.sent(), {"role": "assistant", "content": text}], MAX_ROW_TOKENS)
        for plan, text in zip(plans, taught, strict=True)
    ]
    said: list[str | None] = [
        text if known else None for text, known in zip(taught, mastered(model, rows), strict=True)
    ]
    open_ = [place for place, text in enumerate(said) if text is None]
    generated = answers(
        model,
        tokenizer,
        [prompt_tokens(tokenizer, plans[place].sent()) for place in open_],
        [answer_limit(tokenizer, taught[place]) for place in open_],
    )
    for place, answer in zip(open_, generated, strict=True):
        said[place] = answer.text if answer.finished else None
    return said


def _single(lessons: TrainingData) -> list[tuple[Messages, int | None]]:
    pairs = zip(lessons.train, lessons.train_ids or [None] * len(lessons.train), strict=True)
    return [(messages, number) for messages, number in pairs if _is_single(messages[:-1])]


def _is_single(messages: Messages) -> bool:
    """Whether a conversation is one question, maybe under a system prompt."""
    return [turn["role"] for turn in messages if turn["role"] != "system"] == ["user"]
