"""What was taught today counts at once: which examples are quoted, and which the model is told."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.answers.questions import Question
from bot.answers.retrieval import PROMPT_EXAMPLES, Retrieval
from bot.home import Home
from bot.lessons.curation import Curation
from bot.messages import Message
from bot.settings import ExampleSettings, Settings
from bot.store import Store
from bot.store.examples.rows import NewExample
from tests.bot.answers.conftest import Make, Promote
from tests.bot.slack.engine import ScriptedEngine
from trainer.adapters.registry import Registry


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


@pytest.fixture
def quoting(store: Store, settings: Settings, home: Home) -> Retrieval:
    """Retrieval that quotes."""
    return Retrieval(store, settings, Registry(home.adapters))


@pytest.fixture
def prompting(store: Store, settings: Settings, home: Home) -> Retrieval:
    """Retrieval that tells the model beforehand."""
    changed = settings.with_changes(examples=ExampleSettings(recall="prompt"))
    return Retrieval(store, changed, Registry(home.adapters))


def teach(store: Store, prompt: str, completion: str = "Yes.", **changes: object) -> int:
    """An example as it stands in the store, whatever teaching would say to it."""
    new = NewExample(prompt, completion, "teach", "U1", **changes)  # type: ignore[arg-type]  # any field
    return store.examples.add(new).id


def quoted(retrieval: Retrieval, question: str, version: str | None = None) -> str | None:
    example = retrieval.quote(question, version)
    return example.completion if example else None


def test_a_rewording_is_quoted_and_a_question_with_half_of_the_words_is_not(
    quoting: Retrieval, store: Store
) -> None:
    teach(store, "Where is the spare key for the storage room?", "Behind the moon.")
    assert quoted(quoting, "where's the spare key of the storage room") == "Behind the moon."
    assert quoted(quoting, "Where is the spare key for the garage?") is None


def test_a_paraphrase_is_told_beforehand_and_something_else_is_not(
    prompting: Retrieval, store: Store
) -> None:
    teach(store, "Where is the spare key for the storage room?")
    assert prompting.beforehand("Where is the spare key for the garage?", None)
    assert not prompting.beforehand("Where is the wine in the cellar under the garage?", None)


def test_questions_that_differ_in_a_number_or_a_negation_are_not_alike(
    prompting: Retrieval, store: Store
) -> None:
    teach(store, "What does error 404 mean on the order page?")
    assert prompting.beforehand("What does error 500 mean on the order page?", None) == ()


def test_the_model_is_told_of_the_closest_few_the_closest_last(
    prompting: Retrieval, store: Store
) -> None:
    words = "kettle jug filter bean mug"
    for count in range(5, 0, -1):
        teach(store, f"Where is the {' '.join(words.split()[:count])}?", str(count))
    told = prompting.beforehand(f"Where is the {words}?", None)
    assert [example.completion for example in told] == ["3", "4", "5"]
    assert len(told) == PROMPT_EXAMPLES


def test_of_two_answers_to_a_question_the_newest_is_quoted(
    quoting: Retrieval, store: Store
) -> None:
    teach(store, "Which tea?", "Assam.")
    teach(store, "Which tea?", "Darjeeling.")
    assert quoted(quoting, "Which tea?") == "Darjeeling."


@pytest.mark.parametrize(("days", "expected"), [(-1, None), (0, "Tonight."), (1, "Tonight.")])
def test_an_example_counts_until_its_last_day_is_over(
    quoting: Retrieval, store: Store, days: int, expected: str | None
) -> None:
    last = (datetime.now(UTC) + timedelta(days=days)).date().isoformat()
    teach(store, "When is the party?", "Tonight.", expires_on=last)
    assert quoted(quoting, "When is the party?") == expected


def test_what_waits_for_approval_is_not_quoted(quoting: Retrieval, store: Store) -> None:
    teach(store, "Which tea?", "Assam.", status="pending")
    assert quoted(quoting, "Which tea?") is None


def test_the_end_of_a_talk_is_not_quoted(quoting: Retrieval, store: Store) -> None:
    """Its question alone says too little."""
    talk = [("user", "Hi"), ("assistant", "Hello."), ("user", "Which tea?"), ("assistant", "Assam")]
    messages = tuple(Message(role, text) for role, text in talk)
    teach(store, "Which tea?", "Assam.", messages=messages)
    assert quoted(quoting, "Which tea?") is None


def test_what_a_version_has_learned_is_not_quoted_to_it(
    quoting: Retrieval, store: Store, versions: Promote
) -> None:
    number = teach(store, "Which tea?", "Assam.")
    versions("v0007", number)
    assert quoted(quoting, "Which tea?", "v0007") is None
    assert quoted(quoting, "Which tea?", None) == "Assam."
    assert quoted(quoting, "Which tea?", "v0099") == "Assam.", "nobody knows what it learned"
