"""An encoder that a team chose is calibrated once, on the questions that come with the program."""

from collections.abc import Iterator

import pytest

from bot.answers.calibrating import make_known
from bot.answers.indexing import LessonIndexer
from bot.engine.client import EngineClient
from bot.store import Store
from tests.bot.slack.engine import ScriptedEngine
from trainer.retrieval.calibration import shipped
from trainer.retrieval.fitting import questions_in_many_languages, shipped_questions


@pytest.fixture
def client(engine: ScriptedEngine) -> Iterator[EngineClient]:
    client = EngineClient(engine.url, None)
    yield client
    client.close()


def test_the_first_look_at_the_lessons_calibrates_the_encoder_and_no_other_does(
    store: Store, engine: ScriptedEngine, client: EngineClient
) -> None:
    engine.synonyms = {}
    LessonIndexer(store, client).catch_up()
    made = store.calibrations.get("scripted")
    assert made is not None
    assert (made.encoder, made.reranker) == ("scripted", "")
    engine.encoded.clear()
    LessonIndexer(store, client).catch_up()
    assert engine.encoded == ["?"]


def test_even_an_encoder_of_word_counts_tells_near_from_far(
    store: Store, engine: ScriptedEngine, client: EngineClient
) -> None:
    """A lesson that leads is likelier, and own questions are told from general ones."""
    engine.synonyms = {}
    make_known(store, client, "scripted")
    made = store.calibrations.get("scripted")
    assert made is not None
    leads, follows = ([0.0, 0.5, lead * 10, 0.0, lead] for lead in (0.4, 0.01))
    assert made.right.probability(leads) > made.right.probability(follows)
    questions = shipped_questions()
    own, general = (
        sum(made.own.probability(row) >= 0.5 for row in client.embed(some[:40]).rows)
        for some in (questions.own, questions.general)
    )
    assert (own > 30, general < 10) == (True, True)


def test_questions_in_other_languages_are_told_apart_too(
    store: Store, engine: ScriptedEngine, client: EngineClient
) -> None:
    engine.synonyms = {}
    make_known(store, client, "scripted")
    made = store.calibrations.get("scripted")
    assert made is not None
    english, every = shipped_questions(), questions_in_many_languages()
    own = every.own[len(english.own) :]
    general = every.general[len(english.general) :]
    assert (len(own), len(general)) == (150, 150)
    taken = [
        sum(made.own.probability(row) >= 0.5 for row in client.embed(some[::4]).rows)
        for some in (own, general)
    ]
    assert (taken[0] > 25, taken[1] < 10) == (True, True), taken


def test_the_bundled_encoder_comes_calibrated(
    store: Store, engine: ScriptedEngine, client: EngineClient
) -> None:
    engine.synonyms = {}
    (bundled,) = shipped()
    make_known(store, client, bundled)
    assert engine.encoded == []
