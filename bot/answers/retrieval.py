"""The notes: which lesson answers a question, and how surely. Knows no Slack.

Candidates come from the vectors of the lessons and from the store's full-text index (BM25); the
reranker reads the nearest ones together with the question. A question in nearly the taught words
needs neither. Without an encoder that is all there is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from bot.answers.vector_index import VectorIndex
from bot.engine.client import EngineClient, SentenceVectors
from bot.errors import EngineError
from bot.messages import is_talk
from bot.store import Example, Store
from trainer.retrieval.calibration import Calibration, shipped
from trainer.retrieval.choice import CONSIDERED, Hit, choose
from trainer.retrieval.decision import NEAR
from trainer.retrieval.keys import pair
from trainer.retrieval.same_words import SAME_CONFIDENCE, SAME_LIKENESS, same_likeness
from trainer.retrieval.scripts import foreign, has_words
from trainer.similarity import form, normalise

CANDIDATES = 20
"""The full-text index is asked for so many lessons."""
TELL_LIKENESS = 0.34
"""Likeness from which a model may be told of a lesson where there is no encoder: one paraphrase in
ten, and hardly a wrong one."""
WORD_CANDIDATES = 2
"""Of which the best few are read together with the question, beside the nearest vectors."""
FOLLOW_UP_WORDS = 3
"""A question of so few meaningful words in a thread may be about what was asked before."""
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Finding:
    """What the lessons say to a question.

    Attributes:
        lessons: the nearest ones, the best first; it may be empty.
        confidence: the chance that the best one answers the question, 0 without any.
        own: the chance that the question is about the team's own matters; None where no encoder
            could tell.
    """

    lessons: tuple[Example, ...] = ()
    confidence: float = 0.0
    own: float | None = None

    @property
    def near(self) -> bool:
        """Whether a model may be told of the lessons."""
        return bool(self.lessons) and (self.own is None or self.confidence >= NEAR)


class Retrieval:
    """Finds the lessons that answer a question."""

    def __init__(self, store: Store, engine: EngineClient) -> None:
        self._store = store
        self._engine = engine
        self._index = VectorIndex(store)

    def find(self, question: str, before: str | None = None) -> Finding:
        """Looks for the lesson that answers a question.

        Args:
            question: as it was asked.
            before: the question before it in the same conversation, for "and on Fridays?".
        """
        alike = self._same(question)
        if alike and alike[0][0] >= SAME_LIKENESS:
            return Finding(_alike(alike), SAME_CONFIDENCE, 1.0)
        asked = [question]
        if before and len(form(question).words) <= FOLLOW_UP_WORDS:
            asked.append(f"{before} {question}")
        words = [example for _, example in alike]
        found: list[Finding | None] = []
        try:
            vectors = self._engine.embed(asked)
            found = [
                self._found(text, SentenceVectors(row[None], vectors.revision), words)
                for text, row in zip(asked, vectors.rows, strict=True)
            ]
        except EngineError as error:
            log.debug("the encoder is away", error=type(error).__name__)
        known = [finding for finding in found if finding is not None]
        return max(known, key=lambda finding: finding.confidence, default=Finding(_alike(alike)))

    def _same(self, question: str) -> list[tuple[float, Example]]:
        """Returns lessons that share words with a question, with their likeness, likest first."""
        asked = form(question)
        found = [
            (same_likeness(asked, form(example.prompt)), example)
            for example in self._store.examples.similar(question, CANDIDATES)
            if _usable(example)
        ]
        # Of equals the newest comes first: it is what was said last.
        return sorted(found, key=lambda pair: (pair[0], pair[1].id), reverse=True)

    def _found(
        self, text: str, vector: SentenceVectors, words: Sequence[Example]
    ) -> Finding | None:
        """Looks by a question's vector; None where nobody knows what its cosines mean."""
        calibration = self._calibration(vector.revision)
        if calibration is None or (calibration.reranker and foreign(text)):
            return None
        own = calibration.own.probability(vector.rows[0])
        also = [example.id for example in words[:WORD_CANDIDATES]]
        near = self._index.nearest(vector, CONSIDERED, also)
        found = {
            example.id: (example, cosine)
            for number, cosine in near
            if _usable(example := self._store.examples.get(number))
            and _comparable(text, example.prompt, calibration)
        }
        if not found:
            return Finding((), 0.0, own)
        lessons = [example for example, _ in found.values()]
        scores = self._scores(text, lessons, calibration)
        hits = [
            Hit(lesson.id, cosine, score, lesson.completion)
            for (lesson, cosine), score in zip(found.values(), scores, strict=True)
        ]
        choice = choose(hits, calibration.right)
        return Finding(tuple(found[number][0] for number in choice.ids), choice.confidence, own)

    def _scores(
        self, question: str, lessons: Sequence[Example], calibration: Calibration
    ) -> Sequence[float]:
        """The reranker's log-odds of each lesson; 0 for an encoder that has none."""
        if not calibration.reranker:
            return [0.0] * len(lessons)
        texts = [pair(lesson.prompt, lesson.completion) for lesson in lessons]
        return self._engine.rerank(question, texts).scores

    def _calibration(self, encoder: str) -> Calibration | None:
        known = shipped().get(encoder)
        return known or self._store.calibrations.get(encoder)


def _usable(example: Example) -> bool:
    """Returns whether a lesson may answer now: approved, not ended, and one question alone."""
    today = datetime.now(UTC).date().isoformat()
    current = example.expires_on is None or example.expires_on >= today
    return example.status == "approved" and current and not is_talk(example.messages)


def _comparable(question: str, taught: str, calibration: Calibration) -> bool:
    """Returns whether the models can tell two questions apart where they differ."""
    if normalise(question) == normalise(taught):
        return True
    return (
        has_words(question) and has_words(taught) and not (calibration.reranker and foreign(taught))
    )


def _alike(found: Sequence[tuple[float, Example]]) -> tuple[Example, ...]:
    """Returns the likest few of some lessons with their likeness."""
    return tuple(example for degree, example in found if degree >= TELL_LIKENESS)[:CONSIDERED]
