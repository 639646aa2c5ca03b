"""Fits a calibration: what an encoder's cosines and a reranker's scores mean.

It takes lessons with questions that they answer and near questions that they do not, and questions
about teams' own matters beside general ones. Those in `lists/calibration` are enough for an encoder
that somebody chooses; the calibration that comes with the program had more (`bench/calibrate.py`).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from trainer.retrieval.calibration import Calibration, LogisticRegression, Rows
from trainer.retrieval.choice import Hit, features, in_order
from trainer.retrieval.finder import Embed, LessonFinder, Score

RIGHT_PENALTY = 1e-3
OWN_PENALTY = 1e-3
"""L2 penalties, chosen on questions that neither fit nor tables use (docs/log.md)."""


@dataclass(frozen=True)
class LessonQuestions:
    """Lessons, and questions of which it is known which lesson answers them.

    Attributes:
        lessons: prompts and completions.
        asked: questions, each with the place of its lesson; None where no lesson answers it.
    """

    lessons: Sequence[tuple[str, str]]
    asked: Sequence[tuple[str, int | None]]


@dataclass(frozen=True)
class Questions:
    """All that a calibration is fitted on."""

    sets: Sequence[LessonQuestions]
    own: Sequence[str]
    """Questions about teams' own matters."""
    general: Sequence[str]
    """Questions that anybody may ask anywhere."""


def fit(
    questions: Questions, embed: Embed, score: Score | None, names: tuple[str, str]
) -> Calibration:
    """Fits a calibration.

    Args:
        questions: to fit on.
        embed: the encoder.
        score: the reranker, None for an encoder that has none.
        names: the fingerprints of both; the second is empty without a reranker.
    """
    rows: list[list[float]] = []
    labels: list[bool] = []
    shares: list[float] = []
    for some in questions.sets:
        finder = LessonFinder(some.lessons, embed, score)
        found = finder.hits([question for question, _ in some.asked])
        for (_, place), hits in zip(some.asked, found, strict=True):
            if not (order := in_order(hits)):
                continue
            rows.append(features(order))
            labels.append(place is not None and _same(order[0], some.lessons[place]))
            # Larger sets count more, and do not drown the others.
            shares.append(1 / np.sqrt(len(some.asked)))
    right = LogisticRegression.fit(
        np.array(rows), np.array(labels, float), np.array(shares), RIGHT_PENALTY
    )
    own = _fit_own(embed(questions.own), embed(questions.general))
    return Calibration(names[0], names[1], right, own)


def _same(hit: Hit, lesson: tuple[str, str]) -> bool:
    """Whether the right answer was found; several lessons may have it."""
    return hit.answer == lesson[1]


def _fit_own(own: Rows, general: Rows) -> LogisticRegression:
    labels = np.r_[np.ones(len(own)), np.zeros(len(general))]
    shares = np.r_[np.full(len(own), 1 / len(own)), np.full(len(general), 1 / len(general))]
    return LogisticRegression.fit(np.concatenate([own, general]), labels, shares, OWN_PENALTY)


@cache
def shipped_questions() -> Questions:
    """Returns the questions that come with the program."""
    pairs = _rows("pairs.jsonl")
    asked: list[tuple[str, int | None]] = []
    for place, row in enumerate(pairs):
        asked += [(question, place) for question in row["same"]]
        asked += [(question, None) for question in row["near"]]
    lessons = [(row["prompt"], row["completion"]) for row in pairs]
    own = [row["prompt"] for row in _rows("own.jsonl")]
    general = [row["prompt"] for row in _rows("general.jsonl")]
    return Questions([LessonQuestions(lessons, asked)], own, general)


@cache
def questions_in_many_languages() -> Questions:
    """Returns those with own and general questions in six more languages.

    They are for encoders that somebody chooses, mostly for a language: with English ones alone half
    of the questions in German were taken for general knowledge (docs/log.md).
    """
    english = shipped_questions()
    own = [row["prompt"] for row in _rows("own_other_languages.jsonl")]
    general = [row["prompt"] for row in _rows("general_other_languages.jsonl")]
    return Questions(english.sets, [*english.own, *own], [*english.general, *general])


def _rows(name: str) -> list[dict[str, Any]]:
    place = files("trainer").joinpath("lists", "calibration", name)
    return [json.loads(line) for line in place.read_text(encoding="utf-8").splitlines()]
