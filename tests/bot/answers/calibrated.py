"""What the vectors of the scripted encoder mean."""

from math import log

from bot.answers.indexing import LessonIndexer
from bot.engine.client import EngineClient
from bot.store import Store
from tests.bot.slack.engine import WIDTH, ScriptedEngine, bag_of_words
from trainer.retrieval.calibration import Calibration, LogisticRegression
from trainer.retrieval.choice import FEATURES

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


def set_chances(store: Store, engine: ScriptedEngine, right: float, own: float) -> None:
    """Gives the scripted server an encoder, and has the lessons that are taught so far indexed.

    Args:
        store: where lessons and calibration are.
        engine: the server.
        right: the chance that the best lesson answers a question, whatever it is.
        own: the chance that a question is about the team's own matters.
    """
    engine.synonyms = {}
    chances = _always(right, len(FEATURES)), _always(own, WIDTH)
    store.calibrations.put(Calibration(engine.encoder, "", *chances))
    client = EngineClient(engine.url, None)
    LessonIndexer(store, client).catch_up()
    client.close()


def _always(probability: float, features: int) -> LogisticRegression:
    return LogisticRegression((0.0,) * features, log(probability / (1 - probability)))
