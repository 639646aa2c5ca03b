"""Finds lessons in memory, with an encoder in this process: for the exam and for calibration.

The bot finds them in its store by the same keys, words and weights (`bot.answers.retrieval`).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from trainer.retrieval.calibration import Calibration, Rows
from trainer.retrieval.choice import CONSIDERED, WORD_CANDIDATES, WORDS_FOUND, Hit, choose
from trainer.retrieval.keys import keys_of, pair
from trainer.retrieval.scripts import comparable, foreign
from trainer.retrieval.word_search import WordSearch

Embed = Callable[[Sequence[str]], Rows]
"""Returns (texts, width): the vectors of some texts, each of length 1."""
Score = Callable[[Sequence[tuple[str, str]]], Sequence[float]]
"""Returns the log-odds that each text answers the question before it."""
TEXTS_AT_ONCE = 64


@dataclass(frozen=True)
class FoundLessons:
    """What the lessons say to one question.

    Attributes:
        places: those that were found, by their places in the list of lessons, best first.
        confidence: the chance that the first one answers it; 0 without any.
        own: the chance that the question is about the team's own matters; None where it is in a
            script that the models have not read.
    """

    places: tuple[int, ...]
    confidence: float
    own: float | None


class LessonFinder:
    """The vectors of some lessons, and what reads them together with a question."""

    def __init__(
        self, lessons: Sequence[tuple[str, str]], embed: Embed, score: Score | None
    ) -> None:
        """Encodes the lessons.

        Args:
            lessons: prompts and completions.
            embed: the encoder.
            score: the reranker, None where the encoder has none.
        """
        self._embed = embed
        self._score = score
        self._prompts = [prompt for prompt, _ in lessons]
        self._words = WordSearch(lessons)
        self._texts = [pair(*lesson) for lesson in lessons]
        self._answers = [completion for _, completion in lessons]
        keys = [list(keys_of(*lesson).values()) for lesson in lessons]
        self._starts = np.cumsum([0, *map(len, keys)])[:-1]
        self._vectors = self._encoded([text for some in keys for text in some])

    def hits(self, questions: Sequence[str]) -> list[list[Hit]]:
        """Returns for each question the lessons nearest to it; their ids are their places."""
        return self._hits(questions, self._encoded(questions))

    def _hits(self, questions: Sequence[str], vectors: Rows) -> list[list[Hit]]:
        if not self._texts:
            return [[] for _ in questions]
        found = [
            self._nearest(question, vector)
            for question, vector in zip(questions, vectors, strict=True)
        ]
        pairs = [
            (question, self._texts[place])
            for question, near in zip(questions, found, strict=True)
            for place, _ in near
        ]
        scores = iter(self._scores(pairs))
        return [
            [Hit(place, cosine, next(scores), self._answers[place]) for place, cosine in near]
            for near in found
        ]

    def find(self, questions: Sequence[str], calibration: Calibration) -> list[FoundLessons]:
        """Returns what the lessons say to each question."""
        found = []
        vectors = self._encoded(questions)
        looked = zip(questions, self._hits(questions, vectors), vectors, strict=True)
        for question, hits, vector in looked:
            if self._score and foreign(question):
                found.append(FoundLessons((), 0.0, None))
                continue
            choice = choose(hits, calibration.right)
            own = calibration.own.probability(vector)
            found.append(FoundLessons(choice.ids, choice.confidence, own))
        return found

    def _nearest(self, question: str, vector: Rows) -> list[tuple[int, float]]:
        """Returns places of lessons with their cosines: the nearest, and those that share words."""
        cosines = np.maximum.reduceat(self._vectors @ vector, self._starts)
        order = map(int, np.argsort(-cosines, kind="stable"))
        near = list(islice(self._compared(question, order), CONSIDERED))
        words = set(self._words.places(question, WORDS_FOUND)).difference(near)
        nearest = sorted(words, key=lambda place: (-cosines[place], -place))
        also = islice(self._compared(question, nearest), WORD_CANDIDATES)
        return [(place, float(cosines[place])) for place in (*near, *also)]

    def _compared(self, question: str, places: Iterable[int]) -> Iterator[int]:
        return (place for place in places if self._comparable(question, place))

    def _comparable(self, question: str, place: int) -> bool:
        return comparable(question, self._prompts[place], latin=self._score is not None)

    def _scores(self, pairs: Sequence[tuple[str, str]]) -> Sequence[float]:
        """Returns the log-odds of all pairs; 0 for an encoder without a reranker."""
        return self._score(pairs) if self._score else [0.0] * len(pairs)

    def _encoded(self, texts: Sequence[str]) -> Rows:
        parts = [
            self._embed(texts[start : start + TEXTS_AT_ONCE])
            for start in range(0, len(texts), TEXTS_AT_ONCE)
        ]
        return np.concatenate(parts) if parts else np.zeros((0, 1), np.float32)
