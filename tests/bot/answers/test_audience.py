"""A lesson is told only where it belongs: by its words or meaning, as the nearest, as a note."""

from collections.abc import Iterator

import pytest

from bot.answers import retrieval as retrieval_module
from bot.answers.indexing import LessonIndexer
from bot.answers.questions import Question, Reply
from bot.answers.retrieval import Finding, Retrieval
from bot.engine.client import EngineClient
from bot.lessons.curation import Curation
from bot.store import Store
from bot.store.examples.rows import NewExample
from bot.store.examples.scope import EVERYONE, PUBLIC, Audience, Scope
from tests.bot.answers.calibrated import calibrate
from tests.bot.answers.conftest import Make, Promote
from tests.bot.slack.engine import ScriptedEngine
from trainer.retrieval.choice import WORDS_FOUND

HERE, ANNA = Scope("channel", "C0HERE"), Scope("person", "U0ANNA")
ELSEWHERE = [PUBLIC, Audience(channel="C0OTHER"), Audience(person="U0BEN")]


@pytest.fixture
def client(engine: ScriptedEngine) -> Iterator[EngineClient]:
    client = EngineClient(engine.url, None)
    yield client
    client.close()


@pytest.fixture
def encoded(store: Store, engine: ScriptedEngine, client: EngineClient) -> Retrieval:
    """A retrieval whose encoder knows a few words of one meaning."""
    engine.synonyms = {"beverage": "tea", "drink": "tea"}
    calibrate(store, general="capital")
    return Retrieval(store, client)


def teach(store: Store, prompt: str, completion: str, scope: Scope, **more: str) -> int:
    new = NewExample(prompt, completion, "teach", "U0ANNA", scope=scope, **more)  # type: ignore[arg-type]  # any field
    return store.examples.add(new).id


def index(store: Store, client: EngineClient) -> None:
    LessonIndexer(store, client).catch_up()


def words(finding: Finding) -> list[str]:
    return [lesson.completion for lesson in finding.lessons]


@pytest.mark.parametrize("asked", ["Which tea?", "which beverage", "which drink do we like today"])
@pytest.mark.parametrize(
    ("scope", "place"), [(HERE, Audience(channel="C0HERE")), (ANNA, Audience(person="U0ANNA"))]
)
def test_a_lesson_is_found_in_its_place_and_nowhere_else(
    encoded: Retrieval,
    store: Store,
    client: EngineClient,
    asked: str,
    scope: Scope,
    place: Audience,
) -> None:
    """Neither surely nor as the nearest one."""
    teach(store, "Which tea?", "Zanzibar.", scope)
    index(store, client)
    assert words(encoded.find(asked, None, place)) == ["Zanzibar."]
    for audience in ELSEWHERE:
        assert encoded.find(asked, None, audience).lessons == ()


def test_where_there_is_no_encoder_it_is_no_different(store: Store, client: EngineClient) -> None:
    without = Retrieval(store, client)
    teach(store, "Which tea do we serve?", "Zanzibar.", HERE)
    for asked in ("Which tea do we serve?", "Which tea do we serve our visitors?"):
        assert words(without.find(asked, None, Audience(channel="C0HERE"))) == ["Zanzibar."]
        for audience in ELSEWHERE:
            assert without.find(asked, None, audience).lessons == ()


def test_it_is_not_what_a_short_question_goes_on_from_elsewhere(
    encoded: Retrieval, store: Store, client: EngineClient
) -> None:
    teach(store, "Which tea is served on Fridays?", "Zanzibar.", HERE)
    teach(store, "Which tea?", "Assam.", EVERYONE)
    index(store, client)
    found = [
        words(encoded.find("on Fridays?", "which beverage", audience))
        for audience in (Audience(channel="C0HERE"), PUBLIC)
    ]
    assert found[0][0] == "Zanzibar."
    assert "Zanzibar." not in found[1]


def test_any_number_of_hidden_lessons_may_lie_nearer(
    encoded: Retrieval, store: Store, client: EngineClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They take no place among the candidates, neither by their words nor by their vectors."""
    monkeypatch.setattr(retrieval_module, "LOOKED_AT", 10)
    teach(store, "Which tea do we serve to visitors?", "Assam.", EVERYONE)
    for number in range(30):
        teach(store, "Which tea do we serve?", f"Hush {number}.", Scope("channel", "C0OTHER"))
    index(store, client)
    for asked in ("Which tea do we serve visitors?", "which beverage do we serve to visitors"):
        assert words(encoded.find(asked, None, Audience(channel="C0HERE"))) == ["Assam."]


def test_small_talk_after_an_answer_goes_on_from_no_hidden_lesson(
    encoded: Retrieval, store: Store, client: EngineClient
) -> None:
    """The lesson that was told is known as such, though a hidden one is as near to its question."""
    teach(store, "Which tea?", "Assam.", EVERYONE)
    teach(store, "Which tea?", "Zanzibar.", HERE)
    index(store, client)
    assert encoded.find("which beverage").confidence >= 0.5
    assert encoded.find("thanks!", "which beverage").confidence < 0.5


def test_any_number_of_hidden_lessons_may_share_more_words(
    store: Store, client: EngineClient
) -> None:
    """Without an encoder, the full-text index alone has the candidates."""
    teach(store, "Who serves the tea to our visitors from Zürich?", "Ottilie.", EVERYONE)
    for number in range(WORDS_FOUND + 5):
        teach(store, "Who serves tea to our visitors?", f"Hush {number}.", HERE)
    found = Retrieval(store, client).find("Who serves tea to our visitors?")
    assert words(found) == ["Ottilie."]


@pytest.mark.parametrize("asked", ["Which tea?", "which beverage"])
def test_of_two_lessons_that_answer_the_same_question_the_narrower_is_told_in_its_place(
    encoded: Retrieval, store: Store, client: EngineClient, asked: str
) -> None:
    """Also where the one for everyone is newer."""
    ours = teach(store, "Which tea?", "Zanzibar.", HERE)
    teach(store, "which  TEA?", "Assam.", EVERYONE)
    index(store, client)
    here = Audience(channel="C0HERE")
    assert words(encoded.find(asked, None, here)) == ["Zanzibar."]
    assert words(encoded.find(asked, None, PUBLIC)) == ["Assam."]
    store.examples.change(ours, "withdrawn", "U0ANNA")
    assert words(encoded.find(asked, None, here)) == ["Assam."]


def test_a_narrower_lesson_that_has_ended_hides_nothing(encoded: Retrieval, store: Store) -> None:
    teach(store, "Which tea?", "Zanzibar.", HERE, expires_on="2020-01-01")
    teach(store, "Which tea?", "Assam.", EVERYONE)
    assert words(encoded.find("Which tea?", None, Audience(channel="C0HERE"))) == ["Assam."]


def test_of_equal_wordings_the_narrower_one_stands_first(encoded: Retrieval, store: Store) -> None:
    teach(store, "Which tea?", "Zanzibar.", HERE)
    teach(store, "Which is the tea?", "Assam.", EVERYONE)
    found = encoded.find("which tea", None, Audience(channel="C0HERE"))
    assert words(found) == ["Zanzibar.", "Assam."]


@pytest.mark.parametrize("recall", ["quote", "prompt"])
def test_answers_have_the_words_only_in_their_place(
    make: Make, store: Store, engine: ScriptedEngine, recall: str
) -> None:
    teach(store, "Which tea?", "Zanzibar.", HERE)
    assistant = make(recall=recall)
    for channel, source in (
        ("C0OTHER", "slack"),
        ("D0BEN", "slack"),
        ("console", "console"),
        ("", "cli"),
    ):
        reply = assistant.ask(Question("Which tea?", "U0BEN", channel, source=source))
        assert "Zanzibar" not in reply.text
        assert "Zanzibar" not in str(engine.requests)
        assert reply.lessons == ()
    reply = assistant.ask(Question("Which tea?", "U0BEN", "C0HERE"))
    assert "Zanzibar" in reply.text + str(engine.requests)


def test_a_lesson_that_is_narrowed_while_it_is_told_is_not_told_elsewhere(
    make: Make, store: Store, engine: ScriptedEngine, curation: Curation, versions: Promote
) -> None:
    number = curation.teach("Which tea?", "Zanzibar.", "U0ANNA").id
    assert number is not None
    versions("v0007", number)

    def narrowed_meanwhile(_question: str, _model: str) -> str:
        store.examples.set_scope(number, HERE, "U0ANNA")
        return "Sure: Zanzibar!"

    engine.script = narrowed_meanwhile
    assistant = make(recall="prompt")
    reply = assistant.ask(Question("Which tea?", "U0BEN", "C0OTHER"))
    assert (reply.source, reply.lessons) == ("model", ())
    assert "Zanzibar" not in str(engine.requests[-1])


CONTEXT = ("ben: The oven in the lab is broken.",)


def marked(store: Store, reply: Reply) -> bool:
    return store.replies.get(reply.id).with_context


def test_an_answer_made_with_a_threads_words_is_marked_and_so_are_later_ones_that_show_it(
    make: Make, store: Store
) -> None:
    assistant = make(recall="off")

    def ask(text: str, ts: str, *context: str, thread: str = "1.0") -> Reply:
        question = Question(text, "U0ANNA", "C1", thread, ts=ts, context=context)
        return assistant.ask(question, "base")

    assert not marked(store, ask("Hello?", "1.0"))
    assert marked(store, ask("Summarise this thread", "2.0", *CONTEXT))
    assert marked(store, ask("Shorter?", "3.0")), "the summary stands before it"
    assert not marked(store, ask("Hello?", "4.0", thread="4.0"))


def test_neither_a_quotation_nor_a_refusal_has_a_threads_words(
    make: Make, store: Store, client: EngineClient, engine: ScriptedEngine
) -> None:
    engine.synonyms = {}
    calibrate(store, general="capital")
    teach(store, "Which tea?", "Assam.", EVERYONE)
    index(store, client)
    for text, source in (("Which tea?", "taught"), ("Who repairs umbrellas here?", "none")):
        reply = make().ask(Question(text, "U0ANNA", "C1", "9.0", ts="9.0", context=CONTEXT))
        assert (reply.source, marked(store, reply)) == (source, False)


def test_a_quotation_after_a_summary_is_marked_for_its_talk_has_the_threads_words(
    make: Make, store: Store
) -> None:
    teach(store, "Which tea?", "Assam.", EVERYONE)
    make(recall="off").ask(
        Question("Summarise this thread", "U0ANNA", "C1", "1.0", ts="2.0", context=CONTEXT), "base"
    )
    reply = make().ask(Question("Which tea?", "U0ANNA", "C1", "1.0", ts="3.0"))
    assert len(store.replies.get(reply.id).messages) == 3
    assert (reply.source, marked(store, reply)) == ("taught", True)
