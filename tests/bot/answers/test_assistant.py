"""Which version answers, what it is told beforehand, and what is kept of it."""

import json
from collections.abc import Callable, Iterator

import pytest

from bot.answers.assistant import Assistant
from bot.answers.questions import Question, Reply
from bot.engine.client import EngineClient
from bot.home import Home
from bot.lessons.curation import Curation
from bot.privacy.erasure import forget
from bot.settings import Settings
from bot.store import Store
from tests.bot.slack.engine import ScriptedEngine
from trainer.adapters.registry import Registry

Make = Callable[..., Assistant]
OTTILIE = Question("Who is Ottilie?", "U0ANNA", "C1", "1.0", ts="1.0")


@pytest.fixture
def engine() -> Iterator[ScriptedEngine]:
    with ScriptedEngine() as server:
        yield server


@pytest.fixture
def make(home: Home, store: Store, settings: Settings, engine: ScriptedEngine) -> Iterator[Make]:
    """An assistant whose example settings may be changed."""
    client = EngineClient(engine.url, None)

    def assistant(**examples: object) -> Assistant:
        changed = settings.examples.model_copy(update=examples)
        all_of_them = settings.model_copy(update={"examples": changed})
        return Assistant(store, client, all_of_them, Registry(home.adapters))

    yield assistant
    client.close()


@pytest.fixture
def versions(home: Home) -> Callable[..., None]:
    """Makes a version that exists, and the current one."""

    def promote(name: str, *examples: int) -> None:
        folder = home.adapters / name
        folder.mkdir(parents=True)
        (folder / "adapters.safetensors").touch()
        (folder / "adapter_config.json").write_text("{}")
        card = {"version": name, "base_model": "starter", "example_ids": examples}
        (folder / "card.json").write_text(json.dumps(card))
        Registry(home.adapters).promote(name)

    return promote


def asked_for(engine: ScriptedEngine) -> str:
    return str(engine.requests[-1]["model"])


def hours_pass(store: Store, hours: float) -> None:
    """What was said lies so much further back."""
    with store.connections.write() as db:
        db.conn.execute(
            "update replies set created_at = strftime('%Y-%m-%dT%H:%M:%f+00:00', created_at, ?)",
            [f"-{int(hours * 60)} minutes"],
        )


def test_a_thread_keeps_its_version_until_it_has_been_quiet_for_an_hour(
    make: Make, engine: ScriptedEngine, store: Store, versions: Callable[..., None]
) -> None:
    assistant = make()
    versions("v0007")
    assert assistant.ask(OTTILIE).adapter == "v0007"
    # Overnight another one is promoted.
    engine.adapter = "v0008"
    versions("v0008")
    follow_up = Question("And her dog?", "U0ANNA", "C1", "1.0", ts="2.0")
    hours_pass(store, 0.9)
    assert assistant.ask(follow_up).adapter == "v0007"
    assert asked_for(engine) == "v0007"
    # Elsewhere the new one speaks at once.
    assert assistant.ask(Question("Hello?", "U0BEN", "C1", "9.0", ts="9.0")).adapter == "v0008"
    hours_pass(store, 1.1)
    later = Question("And her cat?", "U0BEN", "C1", "1.0", ts="3.0")
    assert assistant.ask(later).adapter == "v0008"
    # What the other version said is no model for this one.
    assert len(engine.requests[-1]["messages"]) == 1


@pytest.mark.parametrize("reason", ["forgotten", "rolled back", "nothing taught"])
def test_a_thread_does_not_go_on_with_a_version_that_is_out_of_use(
    make: Make,
    home: Home,
    engine: ScriptedEngine,
    store: Store,
    curation: Curation,
    versions: Callable[..., None],
    reason: str,
) -> None:
    assistant = make()
    taught = curation.teach("What is zanzibar?", "An island.", "U0GONE").id
    versions("v0006")
    versions("v0007", taught)
    assert assistant.ask(OTTILIE).adapter == "v0007"
    if reason == "forgotten":
        forget(home, store, "U0GONE")
        versions("v0008")
    elif reason == "rolled back":
        Registry(home.adapters).rollback()
    else:
        Registry(home.adapters).promote(None)
    assistant.ask(Question("And her dog?", "U0BEN", "C1", "1.0", ts="2.0"))
    assert asked_for(engine) == "latest"


def test_what_was_taught_counts_at_once_and_neither_side_of_a_comparison_hears_of_it(
    make: Make, engine: ScriptedEngine, curation: Curation
) -> None:
    curation.teach("Where is the spare key?", "Behind the moon.", "U0ANNA")
    key = Question("where is the spare key", "U0BEN", "C1")
    assert make(recall="quote").ask(key).text == "Behind the moon."
    assert engine.requests == []
    both = make(recall="quote").compare(key)
    assert "moon" not in both.base.text + both.tuned.text + str(engine.requests)
    make(recall="prompt").ask(key)
    said = [message["content"] for message in engine.requests[-1]["messages"]]
    assert said == ["Where is the spare key?", "Behind the moon.", "where is the spare key"]
    off = make(recall="off").ask(key)
    assert "moon" not in off.text + str(engine.requests[-1])
    assert make(recall="quote").ask(key, "base").text == "base says: where is the spare key"


def test_an_answer_that_is_given_up_is_not_kept(
    make: Make, engine: ScriptedEngine, store: Store
) -> None:
    engine.script = lambda _, __: ["one ", "two "] * 50_000
    pieces = make().stream(OTTILIE)
    assert next(pieces) == "one "
    pieces.close()
    assert engine.left.wait(60)
    assert store.replies.in_thread("C1", "1.0", 9) == []


def test_of_an_edited_question_only_the_newest_wording_is_remembered(
    make: Make, engine: ScriptedEngine
) -> None:
    assistant = make()
    engine.adapter = "base"
    for words in ("Who is Otilie?", "Who is Ottilie?"):
        assistant.ask(Question(words, "U0ANNA", "C1", "1.0", ts="1.0"))
        assert len(engine.requests[-1]["messages"]) == 1
    reply = assistant.ask(Question("And her dog?", "U0ANNA", "C1", "1.0", ts="2.0"))
    assert isinstance(reply, Reply)
    said = [message["content"] for message in engine.requests[-1]["messages"]]
    assert said == ["Who is Ottilie?", "base says: Who is Ottilie?", "And her dog?"]
