"""Calibrates an encoder that does not come with the program: once, on the questions that do."""

from collections.abc import Sequence

import numpy as np
import structlog

from bot.engine.client import EngineClient
from bot.store import Store
from trainer.retrieval.calibration import Rows, shipped
from trainer.retrieval.fitting import fit, questions_in_many_languages

TEXTS_AT_ONCE = 16
"""Texts of one request: somebody's question may wait behind it."""
log = structlog.get_logger(__name__)


def make_known(store: Store, engine: EngineClient, encoder: str) -> None:
    """Fits and stores a calibration of an encoder that has none yet; takes about half a minute.

    It weighs cosines alone: the reranker was trained on the bundled encoder, and is asked with no
    other.

    Args:
        store: where it is kept.
        engine: which has the encoder.
        encoder: its fingerprint.

    Raises:
        EngineError: the encoder failed.
    """
    if encoder in shipped() or store.calibrations.get(encoder):
        return

    def embed(texts: Sequence[str]) -> Rows:
        starts = range(0, len(texts), TEXTS_AT_ONCE)
        parts = [engine.embed(texts[start : start + TEXTS_AT_ONCE]).rows for start in starts]
        return np.concatenate(parts)

    log.info("the encoder is calibrated", encoder=encoder)
    store.calibrations.put(fit(questions_in_many_languages(), embed, None, (encoder, "")))
