"""What is taught is indexed as it is taught; an old home once, with its progress."""

import threading
from collections.abc import Iterator

import numpy as np
import pytest
from structlog.testing import capture_logs

from bot.answers import indexing
from bot.answers.indexing import LESSONS_AT_ONCE, LessonIndexer
from bot.engine.client import EngineClient
from bot.errors import EngineError
from bot.store import Store
from bot.store.examples.rows import NewExample
from tests.bot.slack.engine import WIDTH, ScriptedEngine, bag_of_words
from trainer.retrieval.keys import keys_of


@pytest.fixture
def client(engine: ScriptedEngine) -> Iterator[EngineClient]:
    """A client of an engine with an encoder."""
    engine.synonyms = {}
    client = EngineClient(engine.url, None)
    yield client
    client.close()


def taught(store: Store, prompt: str, completion: str = "Assam.") -> int:
    return store.examples.add(NewExample(prompt, completion, "teach", "U1")).id


def indexed(store: Store, revision: str = "scripted") -> set[int]:
    return set(store.vectors.all_of(revision, WIDTH).example_ids.tolist())


def test_each_text_of_a_lesson_has_its_own_vector(store: Store, client: EngineClient) -> None:
    """Also where several lessons are encoded by one request."""
    lessons = {
        taught(store, prompt, completion): (prompt, completion)
        for prompt, completion in (("Who waters the plants?", "Noor."), ("Which tea?", "Assam."))
    }
    LessonIndexer(store, client).catch_up()
    table = store.vectors.all_of("scripted", WIDTH)
    for number, words in lessons.items():
        stored = table.vectors[table.example_ids == number]
        expected = [bag_of_words(text, {}) for text in keys_of(*words).values()]
        assert sorted(map(tuple, stored.tolist())) == sorted(
            map(tuple, np.array(expected).tolist())
        )


def test_all_that_is_missing_is_encoded_once_with_progress(
    store: Store, client: EngineClient, engine: ScriptedEngine
) -> None:
    ids = {taught(store, f"What is word {n}?") for n in range(LESSONS_AT_ONCE + 3)}
    progress: list[tuple[int, int]] = []
    indexer = LessonIndexer(store, client)
    assert indexer.catch_up(lambda done, of: progress.append((done, of))) == len(ids)
    assert progress == [(LESSONS_AT_ONCE, len(ids)), (len(ids), len(ids))]
    assert indexed(store) == ids
    engine.encoded.clear()
    assert indexer.catch_up() == 0
    assert engine.encoded == []


def test_another_encoder_indexes_everything_anew(
    store: Store, client: EngineClient, engine: ScriptedEngine
) -> None:
    lesson = taught(store, "Which tea?")
    LessonIndexer(store, client).catch_up()
    engine.encoder = "another"
    assert LessonIndexer(store, client).catch_up() == 1
    assert (indexed(store), indexed(store, "another")) == (set(), {lesson})


def test_without_an_encoder_it_says_so(
    store: Store, client: EngineClient, engine: ScriptedEngine
) -> None:
    engine.synonyms = None
    taught(store, "Which tea?")
    with pytest.raises(EngineError):
        LessonIndexer(store, client).catch_up()


def test_it_goes_on_when_the_encoder_comes_back(
    store: Store, client: EngineClient, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "LOOK_EVERY", 0.01)
    monkeypatch.setattr(indexing, "AWAY_EVERY", 0.01)
    engine.synonyms = None
    stopped, tried, seen = threading.Event(), threading.Event(), threading.Event()
    embed, put = EngineClient.embed, store.vectors.put

    def embedding(client: EngineClient, texts: list[str]) -> object:
        try:
            return embed(client, texts)
        finally:
            tried.set()

    def putting(*given: object) -> bool:
        stored = put(*given)  # type: ignore[arg-type]
        seen.set()
        return stored

    monkeypatch.setattr(EngineClient, "embed", embedding)
    monkeypatch.setattr(store.vectors, "put", putting)
    thread = threading.Thread(target=LessonIndexer(store, client).run, args=[stopped])
    thread.start()
    lesson = taught(store, "Which tea?")
    assert tried.wait(60)
    engine.synonyms = {}
    assert seen.wait(60)
    stopped.set()
    thread.join(60)
    assert indexed(store) == {lesson}


def test_an_encoder_that_changes_meanwhile_is_followed(
    store: Store, client: EngineClient, engine: ScriptedEngine
) -> None:
    """The engine was started again with another one: all lessons get its vectors."""
    indexer = LessonIndexer(store, client)
    first = taught(store, "Which tea?")
    indexer.catch_up()
    engine.encoder = "another"
    second = taught(store, "Which coffee?")
    indexer.catch_up()
    assert indexed(store, "another") == {first, second}


SPOILT = "Which (tea)?"


@pytest.fixture
def picky(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The encoder fails at texts with the words of SPOILT; without texts in this list it is well.

    A `*` in it makes it fail at all texts.
    """
    spoilt = [SPOILT]
    embed = EngineClient.embed

    def embedding(client: EngineClient, texts: list[str]) -> object:
        if any(word in text or word == "*" for word in spoilt for text in texts):
            raise EngineError("The encoder failed at these texts.")
        return embed(client, texts)

    monkeypatch.setattr(EngineClient, "embed", embedding)
    return spoilt


@pytest.mark.usefixtures("picky")
def test_a_lesson_that_cannot_be_encoded_holds_up_no_others(
    store: Store, client: EngineClient
) -> None:
    """Neither those that were taught before it nor those after it; the log has no words of it."""
    before = {taught(store, f"What is word {n}?") for n in range(LESSONS_AT_ONCE)}
    spoilt = taught(store, SPOILT)
    indexer = LessonIndexer(store, client)
    progress: list[tuple[int, int]] = []
    with capture_logs() as logs:
        assert indexer.catch_up(lambda done, of: progress.append((done, of))) == len(before)
    assert progress[-1] == (len(before) + 1, len(before) + 1)
    (warning,) = [entry for entry in logs if entry["log_level"] == "warning"]
    assert warning["lesson"] == spoilt
    assert "tea" not in str(logs)
    after = taught(store, "Which coffee?")
    assert indexer.catch_up(lambda done, of: progress.append((done, of))) == 1
    assert progress[-1] == (1, 1)
    assert indexed(store) == before | {after}


@pytest.mark.usefixtures("picky")
def test_a_lesson_that_cannot_be_encoded_is_tried_again_in_other_words(
    store: Store, client: EngineClient
) -> None:
    spoilt = taught(store, SPOILT)
    indexer = LessonIndexer(store, client)
    assert indexer.catch_up() == 0
    with store.connections.write() as db:
        db.conn.execute("update examples set prompt = 'Which tea?' where id = ?", [spoilt])
    assert indexer.catch_up() == 1


def test_where_the_encoder_goes_away_no_lesson_is_left_out(
    store: Store, client: EngineClient, picky: list[str]
) -> None:
    indexer = LessonIndexer(store, client)
    assert indexer.catch_up() == 0
    lesson = taught(store, "Which coffee?")
    picky[:] = ["*"]
    with pytest.raises(EngineError):
        indexer.catch_up()
    picky.clear()
    assert indexer.catch_up() == 1
    assert indexed(store) == {lesson}


def test_another_encoder_is_given_what_the_first_one_failed_at(
    store: Store, client: EngineClient, engine: ScriptedEngine, picky: list[str]
) -> None:
    spoilt = taught(store, SPOILT)
    indexer = LessonIndexer(store, client)
    assert indexer.catch_up() == 0
    picky.clear()
    assert indexer.catch_up() == 0, "the same one is not asked again and again"
    engine.encoder = "another"
    other = taught(store, "Which coffee?")
    indexer.catch_up()
    assert indexed(store, "another") == {spoilt, other}
