"""Which lesson answers a question, and how surely: by its words, and by its meaning."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
import pytest
from structlog.testing import capture_logs

from bot.answers.indexing import LessonIndexer
from bot.answers.retrieval import Finding, Retrieval
from bot.engine.client import EngineClient
from bot.errors import EngineError, EngineUnavailableError
from bot.messages import Message
from bot.store import Store
from bot.store.examples.rows import NewExample
from tests.bot.answers.calibrated import calibrate
from tests.bot.slack import engine as scripted
from tests.bot.slack.engine import WIDTH, ScriptedEngine, bag_of_words
from trainer.retrieval.calibration import Calibration, LogisticRegression
from trainer.retrieval.same_words import SAME_CONFIDENCE


@pytest.fixture
def client(engine: ScriptedEngine) -> Iterator[EngineClient]:
    """A client of the scripted server, which has no encoder until a test gives it synonyms."""
    client = EngineClient(engine.url, None)
    yield client
    client.close()


@pytest.fixture
def retrieval(store: Store, client: EngineClient) -> Retrieval:
    return Retrieval(store, client)


def teach(store: Store, prompt: str, completion: str = "Yes.", **changes: object) -> int:
    """An example as it stands in the store, whatever teaching would say to it."""
    new = NewExample(prompt, completion, "teach", "U1", **changes)  # type: ignore[arg-type]  # any field
    return store.examples.add(new).id


def first(finding: Finding) -> str | None:
    """The best answer of what was found, where it is sure."""
    sure = finding.lessons and finding.confidence >= 0.5
    return finding.lessons[0].completion if sure else None


def test_nearly_the_same_words_need_no_encoder(retrieval: Retrieval, store: Store) -> None:
    teach(store, "Where is the spare key for the storage room?", "Behind the moon.")
    found = retrieval.find("where's the spare key of the storage room")
    assert (first(found), found.confidence) == ("Behind the moon.", SAME_CONFIDENCE)
    assert first(retrieval.find("Where is the spare key for the garage?")) is None


def test_without_an_encoder_nothing_is_known_of_whose_matter_it_is(
    retrieval: Retrieval, store: Store
) -> None:
    teach(store, "Where is the spare key for the storage room?", "Behind the moon.")
    found = retrieval.find("Where is the spare key for the garage?")
    assert (found.own, found.confidence, found.near) == (None, 0.0, True)
    assert not retrieval.find("Where is the wine in the cellar under the garage?").near


def test_questions_that_differ_in_a_number_or_a_negation_are_not_alike(
    retrieval: Retrieval, store: Store
) -> None:
    teach(store, "What does error 404 mean on the order page?")
    assert retrieval.find("What does error 500 mean on the order page?").lessons == ()


def test_of_two_answers_to_a_question_the_newest_comes_first(
    retrieval: Retrieval, store: Store
) -> None:
    teach(store, "Which tea?", "Assam.")
    teach(store, "Which tea?", "Darjeeling.")
    assert first(retrieval.find("Which tea?")) == "Darjeeling."


def test_of_two_people_who_answer_the_same_question_the_last_one_is_believed(
    encoded: Retrieval, store: Store, client: EngineClient
) -> None:
    """Wherever they taught it, and in other words too; the older lesson comes after it."""
    for answer, who in (("Robusta.", "U2"), ("Arabica.", "U1")):
        store.examples.add(NewExample("Which coffee?", answer, "teach", who, channel=f"C{who}"))
    LessonIndexer(store, client).catch_up()
    for asked in ("Which coffee?", "which brew"):
        found = encoded.find(asked)
        assert first(found) == "Arabica."
        assert found.lessons[1].completion == "Robusta."


@pytest.mark.parametrize(("days", "expected"), [(-1, None), (0, "Tonight."), (1, "Tonight.")])
@pytest.mark.parametrize("asked", ["When is the party?", "celebration time"])
def test_an_example_counts_until_its_last_day_is_over(
    retrieval: Retrieval,
    store: Store,
    engine: ScriptedEngine,
    client: EngineClient,
    days: int,
    expected: str | None,
    asked: str,
) -> None:
    last = (datetime.now(UTC) + timedelta(days=days)).date().isoformat()
    teach(store, "When is the party?", "Tonight.", expires_on=last)
    engine.synonyms = {"celebration": "party", "time": "when"}
    calibrate(store)
    LessonIndexer(store, client).catch_up()
    assert first(retrieval.find(asked)) == expected


def test_what_waits_for_approval_is_not_found(retrieval: Retrieval, store: Store) -> None:
    teach(store, "Which tea?", "Assam.", status="pending")
    assert retrieval.find("Which tea?").lessons == ()


def test_the_end_of_a_talk_is_not_found(retrieval: Retrieval, store: Store) -> None:
    """Its question alone says too little."""
    talk = [("user", "Hi"), ("assistant", "Hello."), ("user", "Which tea?"), ("assistant", "Assam")]
    messages = tuple(Message(role, text) for role, text in talk)
    teach(store, "Which tea?", "Assam.", messages=messages)
    assert retrieval.find("Which tea?").lessons == ()


def test_a_lesson_with_a_system_prompt_is_found_by_its_words(
    retrieval: Retrieval, store: Store
) -> None:
    """It is one question all the same; chat files are imported so."""
    said = [("system", "You are the office."), ("user", "Which tea?"), ("assistant", "Assam.")]
    messages = tuple(Message(role, text) for role, text in said)
    teach(store, "Which tea?", "Assam.", messages=messages)
    assert first(retrieval.find("which tea")) == "Assam."


@pytest.fixture
def encoded(
    retrieval: Retrieval, store: Store, engine: ScriptedEngine, client: EngineClient
) -> Retrieval:
    """Two lessons behind an encoder that knows some words of one meaning."""
    engine.synonyms = {
        "beverage": "tea",
        "drink": "tea",
        "brew": "coffee",
        "locker": "key",
        "whereabouts": "where",
    }
    calibrate(store)
    teach(store, "Which tea?", "Assam.")
    teach(store, "Where is the key?", "Behind the moon.")
    LessonIndexer(store, client).catch_up()
    return retrieval


def test_other_words_of_the_same_meaning_find_their_lesson(encoded: Retrieval) -> None:
    found = encoded.find("which beverage")
    assert first(found) == "Assam."
    assert found.confidence != SAME_CONFIDENCE
    assert found.own is not None


def test_something_else_is_not_sure_and_names_the_nearest(encoded: Retrieval) -> None:
    found = encoded.find("which beverage did the architect of the harbour bring along")
    assert first(found) is None
    assert found.lessons[0].completion == "Assam."


def test_a_lesson_that_is_taught_is_found_once_it_is_indexed_and_by_its_words_before(
    encoded: Retrieval, store: Store, client: EngineClient
) -> None:
    teach(store, "When does the whereabouts club meet?", "At five.")
    assert first(encoded.find("when does the whereabouts club meet")) == "At five."
    LessonIndexer(store, client).catch_up()
    assert first(encoded.find("when does the where club meet")) == "At five."


def test_a_lesson_that_was_withdrawn_is_not_found(encoded: Retrieval, store: Store) -> None:
    found = encoded.find("which beverage")
    store.examples.change(found.lessons[0].id, "withdrawn", "U1")
    assert first(encoded.find("which beverage")) is None


def test_a_short_question_in_a_talk_is_understood_after_the_one_before(
    encoded: Retrieval, store: Store, client: EngineClient
) -> None:
    teach(store, "Which tea is served on Fridays?", "Sencha.")
    LessonIndexer(store, client).catch_up()
    assert first(encoded.find("on Fridays?")) is None
    assert first(encoded.find("on Fridays?", "which beverage")) == "Sencha."
    assert first(encoded.find("thanks!", "which beverage")) is None, "it goes on from nothing"


def test_an_encoder_that_nobody_has_calibrated_decides_nothing(
    retrieval: Retrieval, store: Store, engine: ScriptedEngine, client: EngineClient
) -> None:
    engine.synonyms = {"beverage": "tea"}
    teach(store, "Which tea?", "Assam.")
    LessonIndexer(store, client).catch_up()
    with store.connections.write() as db:
        db.conn.execute("delete from calibrations")
    found = retrieval.find("which beverage")
    assert (first(found), found.own) == (None, None)


def test_an_encoder_that_went_away_leaves_the_words(
    encoded: Retrieval, engine: ScriptedEngine
) -> None:
    engine.synonyms = None
    assert first(encoded.find("which beverage")) is None
    assert first(encoded.find("which tea")) == "Assam."


def test_the_nearest_that_share_a_word_are_read_together_with_the_question_too(
    retrieval: Retrieval, store: Store, engine: ScriptedEngine, client: EngineClient
) -> None:
    """The nearest five by vectors are others here; of three more words, two are read."""
    engine.synonyms = {}
    calibrate(store)
    for number in range(5):
        teach(store, f"tell {number}", "No.")
    teach(store, "Who repairs the gramophone in the library of the tower?", "Ottilie.")
    teach(store, "Which gramophone plays?", "The red one.")
    teach(store, "Whose is the gramophone of the blue room upstairs in the old tower?", "Kim's.")
    LessonIndexer(store, client).catch_up()
    asked = "tell tell tell gramophone tell tell"
    found = retrieval.find(asked)
    answers = [lesson.completion for lesson in found.lessons]
    assert (len(answers), answers.count("No.")) == (7, 5)
    assert "The red one." in answers, "the shortest of the three is the nearest"


def test_where_no_server_answers_nobody_waits_for_it_twice(store: Store) -> None:
    nobody = EngineClient("http://127.0.0.1:9", None)
    away = Retrieval(store, nobody)
    teach(store, "Which tea?", "Assam.")
    with pytest.raises(EngineUnavailableError):
        away.find("which beverage")
    assert first(away.find("which tea")) == "Assam."
    nobody.close()


def test_numbers_that_are_none_leave_the_words(
    encoded: Retrieval, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scripted, "bag_of_words", lambda *_: np.full(WIDTH, np.nan, np.float32))
    found = encoded.find("which beverage")
    assert (first(found), found.own) == (None, None)
    assert first(encoded.find("which tea")) == "Assam."


def test_scores_that_are_none_leave_the_words(
    encoded: Retrieval, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    calibrate(store, reranker="scripted-reranker")
    assert first(encoded.find("which beverage")) == "Assam."
    monkeypatch.setattr(scripted, "log_odds", lambda *_: float("nan"))
    found = encoded.find("which beverage")
    assert (first(found), found.own) == (None, None)


def test_an_encoder_of_another_width_reads_the_lessons_anew(
    encoded: Retrieval, store: Store, engine: ScriptedEngine, client: EngineClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Until then the words find them; the log says how many it read anew."""
    half = WIDTH // 2

    def narrow(text: str, synonyms: dict[str, str]) -> npt.NDArray[np.float32]:
        row = bag_of_words(text, synonyms).reshape(2, half).sum(axis=0)
        shortened: npt.NDArray[np.float32] = row / max(float(np.linalg.norm(row)), 1.0)
        return shortened

    monkeypatch.setattr(scripted, "bag_of_words", narrow)
    engine.encoder = "another"
    right = LogisticRegression((0.0, 40.0, 0.0, 0.0, 0.0), -28.0)
    own = LogisticRegression((0.0,) * half, 2.0)
    store.calibrations.put(Calibration("another", "", right, own))
    assert first(encoded.find("which beverage")) is None
    assert first(encoded.find("which tea")) == "Assam."
    with capture_logs() as logs:
        LessonIndexer(store, client).catch_up()
    assert [entry["lessons"] for entry in logs] == [2]
    assert first(encoded.find("which beverage")) == "Assam."


def test_an_encoder_that_comes_late_is_asked_from_then_on(
    retrieval: Retrieval, store: Store, engine: ScriptedEngine, client: EngineClient
) -> None:
    """Nothing is started again: neither what finds the lessons nor what indexes them."""
    calibrate(store)
    teach(store, "Which tea?", "Assam.")
    indexer = LessonIndexer(store, client)
    with pytest.raises(EngineError):
        indexer.catch_up()
    assert first(retrieval.find("which tea")) == "Assam."
    assert retrieval.find("which beverage").own is None
    engine.synonyms = {"beverage": "tea"}
    assert retrieval.find("which beverage").lessons == ()
    indexer.catch_up()
    assert first(retrieval.find("which beverage")) == "Assam."


@pytest.mark.parametrize("asked", ["🙂", "?", "…", "ok " * 1300, "鍵はどこですか"])
def test_odd_questions_need_no_encoder(retrieval: Retrieval, store: Store, asked: str) -> None:
    teach(store, "Which tea?", "Assam.")
    assert retrieval.find(asked) == Finding()


def test_lessons_that_have_ended_do_not_crowd_out_one_in_force(
    retrieval: Retrieval, store: Store, engine: ScriptedEngine, client: EngineClient
) -> None:
    engine.synonyms = {"helpdesk": "support"}
    calibrate(store)
    for number in range(25):
        teach(store, f"Who is on support duty {number}?", "Gone.", expires_on="2020-01-01")
    teach(store, "Who is on support duty this week?", "Ben.")
    LessonIndexer(store, client).catch_up()
    assert first(retrieval.find("who is on support duty this week")) == "Ben."
    assert first(retrieval.find("helpdesk duty this week is on who")) == "Ben."


def test_any_number_of_lessons_that_have_ended_may_lie_nearer_than_one_in_force(
    retrieval: Retrieval, store: Store, engine: ScriptedEngine, client: EngineClient
) -> None:
    """The question shares no word with them, so that it is their vectors alone that find them."""
    engine.synonyms = {"helpdesk": "support", "rota": "duty"}
    calibrate(store, sure_from=0.4)
    for number in range(40):
        teach(store, f"Support duty {number}?", "Gone.", expires_on="2020-01-01")
    teach(store, "Who is on support duty?", "Ben.")
    LessonIndexer(store, client).catch_up()
    found = retrieval.find("helpdesk rota")
    assert (first(found), len(found.lessons)) == ("Ben.", 1)


def test_a_lesson_that_has_ended_is_not_what_the_question_before_was_about(
    encoded: Retrieval, store: Store, client: EngineClient
) -> None:
    """What a short question finds after it may be the same lesson, which it does not go on from."""
    teach(store, "Which beverage?", "Gone.", expires_on="2020-01-01")
    LessonIndexer(store, client).catch_up()
    assert first(encoded.find("which drink")) == "Assam."
    assert first(encoded.find("thanks!", "which drink")) is None
