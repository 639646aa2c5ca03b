"""What the cosines of the scripted encoder mean."""

from bot.store import Store
from tests.bot.slack.engine import WIDTH, bag_of_words
from trainer.retrieval.calibration import Calibration, LogisticRegression

SURE_FROM = 0.7
"""Cosine from which a lesson is taken for the answer."""


def calibrate(
    store: Store,
    general: str = "",
    reranker: str = "",
    sure_from: float = SURE_FROM,
    steep: float = 40,
) -> None:
    """Stores weights by which the cosine alone decides.

    Args:
        store: where.
        general: words that make a question one of general knowledge; without any all are own.
        reranker: the fingerprint of one that is to be asked too.
        sure_from: the cosine from which a lesson is taken for the answer.
        steep: how fast the chance rises with the cosine there.
    """
    right = LogisticRegression((0.0, steep, 0.0, 0.0, 0.0), -steep * sure_from)
    weights = -20 * bag_of_words(general, {}) if general else [0.0] * WIDTH
    own = LogisticRegression(tuple(map(float, weights)), 2.0)
    store.calibrations.put(Calibration("scripted", reranker, right, own))
