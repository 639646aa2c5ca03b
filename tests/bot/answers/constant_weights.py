"""A calibration by which every question has the same chances, whatever its vector is."""

from math import log

from bot.answers.indexing import LessonIndexer
from bot.engine.client import EngineClient
from bot.store import Store
from tests.bot.slack.engine import WIDTH, ScriptedEngine
from trainer.retrieval.calibration import Calibration, LogisticRegression
from trainer.retrieval.choice import FEATURES


def set_chances(store: Store, engine: ScriptedEngine, right: float, own: float) -> None:
    """Gives the scripted server an encoder, and has the lessons that are taught so far indexed.

    Args:
        store: where lessons and calibration are.
        engine: the server.
        right: the chance that the best lesson answers a question, whatever it is.
        own: the chance that a question is about the team's own matters.
    """
    engine.synonyms = {}
    store.calibrations.put(
        Calibration(engine.encoder, "", _always(right, len(FEATURES)), _always(own, WIDTH))
    )
    client = EngineClient(engine.url, None)
    LessonIndexer(store, client).catch_up()
    client.close()


def _always(probability: float, features: int) -> LogisticRegression:
    return LogisticRegression((0.0,) * features, log(probability / (1 - probability)))
