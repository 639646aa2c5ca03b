"""What is taught is indexed as it is taught; an old home once, with its progress."""

import threading
from collections.abc import Callable, Iterator, MutableMapping
from typing import Any, cast

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
        assert len(stored) == len(expected)
        # Each has length 1, so that a product of 1 means the same vector.
        assert (stored @ np.array(expected).T).max(axis=0) == pytest.approx(1)


def test_all_that_is_missing_is_encoded_once_with_progress(
    store: Store, client: EngineClient, engine: ScriptedEngine
) -> None:
    ids = {taught(store, f"What is word {n}?") for n in range(LESSONS_AT_ONCE + 1)}
    progress: list[tuple[int, int]] = []
    indexer = LessonIndexer(store, client)
    assert indexer.catch_up(lambda done, of: progress.append((done, of))) == len(ids)
    assert progress == [(LESSONS_AT_ONCE, len(ids)), (len(ids), len(ids))]
    assert indexed(store) == ids
    engine.encoded.clear()
    assert indexer.catch_up() == 0
    assert engine.encoded == []


def test_of_many_lessons_the_questions_are_encoded_first(
    store: Store, client: EngineClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that all are found by what they are asked before the first is read whole."""
    ids = {taught(store, f"What is word {n}?") for n in range(LESSONS_AT_ONCE + 2)}
    found: list[set[int]] = []
    put = store.vectors.put

    def putting(*given: Any) -> bool:
        if len(given[2]) > 1:
            found.append(indexed(store))
        return put(*given)

    monkeypatch.setattr(store.vectors, "put", putting)
    LessonIndexer(store, client).catch_up()
    assert found == [ids] * len(ids)
    assert store.vectors.missing("scripted") == []


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
        stored = put(*given)  # type: ignore[arg-type]  # passed on as given
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


def test_a_question_waits_for_few_texts_at_most(
    store: Store, client: EngineClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also while the encoder is calibrated."""
    sizes: list[int] = []
    embed = EngineClient.embed

    def embedding(client: EngineClient, texts: list[str]) -> object:
        sizes.append(len(texts))
        return embed(client, texts)

    monkeypatch.setattr(EngineClient, "embed", embedding)
    for number in range(20):
        taught(store, f"Who waters the plants in room {number} at the weekend?", "Noor does.")
    LessonIndexer(store, client).catch_up()
    assert max(sizes) <= 24


@pytest.fixture
def calibrated(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The encoders that would be calibrated, which takes seconds (`test_calibrating.py`)."""
    encoders: list[str] = []
    monkeypatch.setattr(
        indexing, "make_known", lambda _store, _engine, encoder: encoders.append(encoder)
    )
    return encoders


class Watched:
    """Runs an indexer without its pauses; stands in for the event that stops it."""

    def __init__(self, indexer: LessonIndexer, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(indexing, "LOOK_EVERY", 0.01)
        monkeypatch.setattr(indexing, "AWAY_EVERY", 0.01)
        self._indexer = indexer
        self.turns = 0
        self.on_turn: Callable[[int], bool] = lambda _turn: False
        self.stopped = threading.Event()

    def is_set(self) -> bool:
        return self.stopped.is_set()

    def wait(self, _seconds: float) -> bool:
        """Called after each turn of the indexer."""
        self.turns += 1
        if self.on_turn(self.turns) or self.turns > 1000:
            self.stopped.set()
        return self.stopped.wait(0.01)

    def run(self, on_turn: Callable[[int], bool]) -> list[MutableMapping[str, Any]]:
        """Runs until `on_turn`, given the number of turns, says so; returns the log."""
        self.on_turn = on_turn
        with capture_logs() as logs:
            self._indexer.run(cast("threading.Event", self))
        return logs


def test_a_changed_encoder_is_followed_though_nobody_teaches(
    store: Store,
    client: EngineClient,
    engine: ScriptedEngine,
    monkeypatch: pytest.MonkeyPatch,
    calibrated: list[str],
) -> None:
    """It is calibrated, and all lessons are read anew."""
    lesson = taught(store, "Which tea?")

    def turn(turns: int) -> bool:
        engine.encoder = "another"
        return turns > 1 and indexed(store, "another") == {lesson}

    logs = Watched(LessonIndexer(store, client), monkeypatch).run(turn)
    assert calibrated == ["scripted", "another"]
    said = [entry for entry in logs if entry["event"].startswith("the encoder changed")]
    assert [entry["lessons"] for entry in said] == [1]


def test_an_encoder_that_changes_while_lessons_are_read_is_calibrated_too(
    store: Store, client: EngineClient, engine: ScriptedEngine, calibrated: list[str]
) -> None:
    indexer = LessonIndexer(store, client)
    indexer.catch_up()
    engine.encoder = "another"
    taught(store, "Which tea?")
    indexer.catch_up()
    assert calibrated == ["scripted", "another"]


@pytest.mark.usefixtures("calibrated")
def test_the_encoder_is_not_asked_at_every_look(
    store: Store, client: EngineClient, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    LessonIndexer(store, client).catch_up()
    engine.encoded.clear()
    watched = Watched(LessonIndexer(store, client), monkeypatch)
    monkeypatch.setattr(indexing, "AWAY_EVERY", 3600.0)
    watched.run(lambda turns: turns == 5)
    assert engine.encoded == ["?"]


@pytest.mark.usefixtures("calibrated")
def test_why_the_encoder_is_away_is_said_once_an_outage(
    store: Store, client: EngineClient, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    taught(store, "Which tea?")
    engine.synonyms = None

    def turn(turns: int) -> bool:
        engine.synonyms = {} if turns == 4 else None
        return turns == 8

    logs = Watched(LessonIndexer(store, client), monkeypatch).run(turn)
    warnings = [entry for entry in logs if entry["log_level"] == "warning"]
    assert [entry["why"] for entry in warnings] == ["There is no encoder."] * 2


@pytest.mark.usefixtures("calibrated")
def test_an_old_home_is_read_with_a_line_every_so_many_lessons(
    store: Store, client: EngineClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "TELL_EVERY", 10)
    for number in range(25):
        taught(store, f"What is word {number}?")
    logs = Watched(LessonIndexer(store, client), monkeypatch).run(lambda turns: turns == 2)
    told = [entry for entry in logs if entry["event"] == "lessons are read"]
    assert [(entry["done"], entry["of"]) for entry in told] == [(10, 25), (20, 25)]
    assert "word" not in str(logs)
