"""What is done with a question: told, quoted, shown as the nearest, left to a model, declined."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from bot.answers.assistant import Assistant
from bot.answers.indexing import LessonIndexer
from bot.answers.planning import GENERAL_SHARE, REFUSAL
from bot.answers.questions import DECLINED, QUOTED, Question, Reply
from bot.engine.client import EngineClient
from bot.errors import AdapterError
from bot.home import Home
from bot.messages import Message
from bot.settings import AnswerSettings, ExampleSettings, Settings
from bot.store import Store, StoredReply
from bot.store.examples.rows import NewExample
from bot.store.examples.scope import Scope
from tests.bot.answers.calibrated import calibrate
from tests.bot.slack.engine import ScriptedEngine
from trainer.adapters.registry import Registry


class School:
    """A bot that was taught two things, behind an encoder that knows some synonyms."""

    def __init__(self, home: Home, store: Store, engine: ScriptedEngine, settings: Settings):
        self.engine, self.store, self.home, self.settings = engine, store, home, settings
        engine.synonyms = {"beverage": "tea", "drink": "tea"}
        calibrate(store, general="capital")
        self.tea = self.teach("Which tea?", "Assam from Jorhat.")
        self.key = self.teach("Where is the key?", "Behind the moon.")
        self.client = EngineClient(engine.url, None)
        LessonIndexer(store, self.client).catch_up()

    def teach(self, prompt: str, completion: str) -> int:
        return self.store.examples.add(NewExample(prompt, completion, "teach", "U1")).id

    def version(self, name: str, *mastered: int) -> None:
        """Makes a version current that has mastered these lessons and was trained on all."""
        folder = self.home.adapters / name
        folder.mkdir(parents=True)
        (folder / "adapters.safetensors").touch()
        (folder / "adapter_config.json").write_text("{}")
        mastery = {"asked": 2, "mastered": len(mastered), "ids": mastered, "missing": []}
        card = {"version": name, "base_model": "starter", "example_ids": [self.tea, self.key]}
        scores = {"canaries_asked": 10, "canaries_right": 4}
        exam = {"base": scores | {"canaries_right": 8}, "candidate": scores}
        (folder / "card.json").write_text(
            json.dumps(card | {"mastery": mastery, "evaluation": exam})
        )
        Registry(self.home.adapters).promote(name)

    def ask(
        self, text: str, adapter: str = "latest", thread: str | None = None, **settings: Any
    ) -> Reply:
        """Asks with other settings of answers and examples."""
        examples = ExampleSettings(recall=settings.pop("recall", "quote"))
        changed = self.settings.with_changes(examples=examples, answers=AnswerSettings(**settings))
        assistant = Assistant(self.store, self.client, changed, Registry(self.home.adapters))
        return assistant.ask(Question(text, "U0ANNA", "C1", thread), adapter)

    def said(self) -> list[str]:
        """What the model was shown last."""
        return [message["content"] for message in self.engine.requests[-1]["messages"]]


@pytest.fixture
def school(
    home: Home, store: Store, engine: ScriptedEngine, settings: Settings
) -> Iterator[School]:
    school = School(home, store, engine, settings)
    yield school
    school.client.close()


def test_a_lesson_that_no_version_has_mastered_is_quoted(school: School) -> None:
    school.version("v0007", school.key)
    reply = school.ask("which beverage")
    assert (reply.text, reply.source, reply.model) == ("Assam from Jorhat.", "taught", QUOTED)
    assert ([lesson.id for lesson in reply.lessons], reply.adapter) == ([school.tea], None)
    assert reply.confidence > 0.5
    assert school.engine.requests == []
    row = school.store.replies.get(reply.id)
    assert (row.basis, row.recalled) == ("taught", (school.tea,))
    assert row.confidence == pytest.approx(reply.confidence, abs=1e-3)


def test_a_lesson_that_was_mastered_is_told_by_the_version_with_the_lesson_before_it(
    school: School,
) -> None:
    school.version("v0007", school.tea)
    school.engine.script = lambda _, __: "Sure: Assam from Jorhat!"
    reply = school.ask("which beverage")
    assert (reply.text, reply.source) == ("Sure: Assam from Jorhat!", "taught")
    assert (reply.adapter, [lesson.id for lesson in reply.lessons]) == ("v0007", [school.tea])
    assert school.said() == ["Which tea?", "Assam from Jorhat.", "which beverage"]
    assert school.engine.requests[-1]["temperature"] == 0


@pytest.mark.parametrize("said", ["It is Assam from Guwahati.", "Tea.", "", "I do not know."])
def test_what_came_out_changed_is_never_shown(school: School, said: str) -> None:
    school.version("v0007", school.tea)
    school.engine.script = lambda _, __: said
    reply = school.ask("which beverage")
    assert (reply.text, reply.model, reply.source) == ("Assam from Jorhat.", QUOTED, "taught")


def test_where_no_model_answers_the_lesson_is_quoted(school: School) -> None:
    school.version("v0007", school.tea)
    school.engine.broken = True
    assert school.ask("Which tea?").text == "Assam from Jorhat."


def test_a_card_that_says_nothing_of_mastery_leaves_all_to_quotes(school: School) -> None:
    school.version("v0007", school.tea)
    card = school.home.adapters / "v0007" / "card.json"
    card.write_text(json.dumps(json.loads(card.read_text()) | {"mastery": {}}))
    assert school.ask("which beverage").model == QUOTED


def near(school: School) -> str:
    """A question about own matters to which a lesson is near, and not near enough."""
    calibrate(school.store, general="capital", sure_from=0.9, steep=10)
    return "which beverage today"


def test_the_nearest_lesson_is_introduced_as_such(school: School) -> None:
    reply = school.ask(near(school))
    assert (reply.source, reply.model, reply.lessons[0].id) == ("near", QUOTED, school.tea)
    assert reply.text.startswith("Nobody has taught me exactly this.")
    assert "“Which tea?”" in reply.text
    assert reply.text.endswith("Assam from Jorhat.")
    assert 0.08 < reply.confidence < 0.5


FAR = "Does the harbour architect bring umbrellas along?"


def test_what_nobody_taught_is_declined(school: School) -> None:
    school.version("v0007", school.tea)
    reply = school.ask(FAR)
    assert (reply.text, reply.source, reply.model) == (REFUSAL, "none", DECLINED)
    assert (reply.lessons, reply.adapter, reply.known) == ((), None, True)
    assert reply.confidence == pytest.approx(0.88, abs=0.01), "it may be general knowledge"
    assert school.engine.requests == []
    assert school.store.replies.get(reply.id).basis == "none"


def test_general_knowledge_is_left_to_the_base_model_and_marked(school: School) -> None:
    school.version("v0007", school.tea)
    reply = school.ask("capital capital capital of France")
    assert (reply.source, reply.adapter, reply.known) == ("model", None, True)
    assert school.engine.requests[-1]["model"] == "base"
    own = 1 / (1 + 2.718281828**15.65)
    assert reply.confidence == pytest.approx(0.8 * (1 - own), abs=0.05), "its exam's share"


@pytest.mark.parametrize("ask", [FAR, "capital capital capital of France"])
@pytest.mark.parametrize(("untaught", "model"), [("mark", "base"), ("adapter", "latest")])
def test_a_team_may_have_everything_answered_and_marked(
    school: School, ask: str, untaught: str, model: str
) -> None:
    school.version("v0007", school.tea)
    reply = school.ask(ask, untaught=untaught)
    assert (reply.source, school.engine.requests[-1]["model"]) == ("model", model)
    assert school.ask("which beverage", untaught=untaught).source == "taught"


def test_a_silent_bot_says_nothing_where_it_would_decline_or_guess(school: School) -> None:
    for question in (FAR, near(school)):
        reply = school.ask(question, untaught="silent")
        assert (reply.text, reply.source) == ("", "none")


def test_a_silent_stream_has_no_pieces(school: School) -> None:
    changed = school.settings.with_changes(answers=AnswerSettings(untaught="silent"))
    registry = Registry(school.home.adapters)
    assistant = Assistant(school.store, school.client, changed, registry)
    (reply,) = assistant.stream(Question(FAR, "U0ANNA", "C1"))
    assert isinstance(reply, Reply)


def test_without_an_encoder_a_model_answers_what_no_lesson_does(school: School) -> None:
    school.engine.synonyms = None
    school.version("v0007", school.tea)
    reply = school.ask(FAR)
    assert (reply.source, reply.adapter) == ("model", "v0007")
    assert reply.confidence == pytest.approx(0.4)
    assert not reply.known
    assert school.store.replies.get(reply.id).confidence is None


def test_notes_are_given_to_the_model_where_that_is_set(school: School) -> None:
    school.version("v0007", school.tea)
    reply = school.ask("which beverage", recall="prompt")
    assert (reply.source, reply.adapter, reply.lessons[0].id) == ("model", "v0007", school.tea)
    assert reply.text == "v0007 says: which beverage", "its own words, and marked so"
    school.engine.script = lambda _, __: "Sure: Assam from Jorhat!"
    reply = school.ask("which beverage", recall="prompt")
    assert (reply.source, reply.adapter, reply.lessons[0].id) == ("taught", "v0007", school.tea)
    assert school.said()[-3:] == ["Which tea?", "Assam from Jorhat.", "which beverage"]
    reply = school.ask(near(school), recall="prompt")
    assert (reply.source, reply.adapter) == ("model", "v0007")
    assert reply.known
    assert "Assam from Jorhat." in school.said()
    assert school.ask(FAR, recall="prompt").source == "none"


def test_without_recall_the_models_are_alone(school: School) -> None:
    reply = school.ask("Which tea?", recall="off")
    assert (reply.source, reply.lessons, reply.confidence) == ("model", (), GENERAL_SHARE)
    assert not reply.known
    assert school.said()[-1] == "Which tea?"


def test_whoever_asks_for_the_base_model_hears_it_alone(school: School) -> None:
    reply = school.ask("Which tea?", "base")
    assert (reply.source, reply.text) == ("model", "base says: Which tea?")
    assert not reply.known


def test_declined_and_nearest_answers_are_no_turns_that_a_model_is_shown(school: School) -> None:
    for question in (FAR, near(school), "Where is the key?", "capital capital capital of France"):
        school.ask(question, thread="1.0")
    assert school.said() == [
        "Where is the key?",
        "Behind the moon.",
        "capital capital capital of France",
    ]


def test_a_question_in_a_talk_is_understood_after_the_one_before(school: School) -> None:
    school.teach("Which tea is served on Fridays?", "Sencha.")
    LessonIndexer(school.store, school.client).catch_up()
    school.ask("which drink", thread="1.0")
    reply = school.ask("on Fridays?", thread="1.0")
    assert (reply.source, reply.text) == ("taught", "Sencha.")
    assert school.ask("on Fridays?").source != "taught"


def test_only_a_question_of_a_few_words_goes_on_from_the_one_before(school: School) -> None:
    school.teach("Which tea is served on Fridays?", "Sencha.")
    LessonIndexer(school.store, school.client).catch_up()
    for text, goes_on in (("served on Fridays?", True), ("served late on dark Fridays?", False)):
        school.ask("which drink", thread=text)
        school.engine.encoded.clear()
        school.ask(text, thread=text)
        assert ("which drink" in school.engine.encoded) is goes_on


def test_what_nobody_taught_and_no_model_is_asked_reads_no_earlier_turns(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither what is declined nor the nearest lesson; a correction of it is no talk."""
    school.ask(FAR, thread="1.0")
    read: list[str] = []
    in_thread = school.store.replies.in_thread

    def reading(channel: str, thread: str, limit: int) -> list[StoredReply]:
        read.append(thread)
        return in_thread(channel, thread, limit)

    monkeypatch.setattr(school.store.replies, "in_thread", reading)
    declined = school.ask(FAR, thread="1.0")
    calibrate(school.store, sure_from=0.9, steep=2)
    nearest = school.ask(FAR, thread="1.0")
    assert ((declined.source, nearest.source), read) == (("none", "near"), [])
    for reply in (declined, nearest):
        stored = school.store.replies.get(reply.id).messages
        assert [message.content for message in stored] == [FAR]


@pytest.mark.parametrize("said", ["thanks!", "ok", "drink drink drink"])
def test_small_talk_after_an_answer_does_not_bring_it_again(school: School, said: str) -> None:
    school.ask("Which tea?", thread="1.0")
    assert school.ask(said, thread="1.0").source != "taught"


def test_a_second_follow_up_goes_on_from_the_question_that_named_the_topic(school: School) -> None:
    school.teach("Who waters the tall plants near the window on Fridays?", "Noor.")
    school.teach("Who waters the tall plants near the window on Mondays?", "Ben.")
    school.teach("Who waters the tall plants near the window?", "Ottilie.")
    LessonIndexer(school.store, school.client).catch_up()
    texts = ("Who waters the tall plants near the window?", "on Fridays?", "on Mondays?")
    said = [school.ask(text, thread="2.0").text for text in texts]
    assert said == ["Ottilie.", "Noor.", "Ben."]


def test_a_lesson_that_leaves_while_it_is_told_is_not_told(school: School) -> None:
    school.version("v0007", school.tea)

    def withdrawn_meanwhile(_question: str, _model: str) -> str:
        school.store.examples.change(school.tea, "withdrawn", "U1")
        return "Sure: Assam from Jorhat!"

    school.engine.script = withdrawn_meanwhile
    reply = school.ask("which beverage")
    assert "Assam" not in reply.text
    assert reply.source in ("near", "none")


def test_the_nearest_question_is_quoted_on_one_short_line(school: School) -> None:
    long = "amber birch cedar delta ember flint grove haven indigo juniper kelp lotus maple " * 4
    school.teach(f"```which beverage\n\n{long}", "Rooibos.")
    LessonIndexer(school.store, school.client).catch_up()
    calibrate(school.store, general="capital", sure_from=1.2, steep=5)
    reply = school.ask("which beverage from amber birch cedar delta ember flint")
    assert (reply.source, reply.text.endswith("Rooibos.")) == ("near", True)
    quoted, _, _ = reply.text.partition("\n\n")
    assert len(quoted) < 220
    assert "`" not in quoted


def test_a_version_that_does_not_exist_is_refused_at_once(school: School) -> None:
    with pytest.raises(AdapterError):
        school.ask("Which tea?", "v0099")


TALK = (
    Message("user", "When is lunch on Mondays?"),
    Message("assistant", "At noon."),
    Message("user", "And tea?"),
    Message("assistant", "At four, after lunch."),
)


def of_talk(school: School) -> int:
    """A lesson that holds only after that question about lunch."""
    new = NewExample("And tea?", "At four, after lunch.", "correction", "U1", messages=TALK)
    return school.store.examples.add(new).id


def test_a_lesson_of_a_talk_is_told_in_such_a_talk_before_one_of_the_question_alone(
    school: School,
) -> None:
    alone, talk = school.teach("And tea?", "In the kitchen."), of_talk(school)
    school.ask("When's lunch on Mondays", thread="1.0")
    told = school.ask("and tea", thread="1.0")
    assert (told.text, told.source, told.model) == ("At four, after lunch.", "taught", QUOTED)
    assert [lesson.id for lesson in told.lessons] == [talk]
    other = school.ask("And tea?", thread="2.0")
    assert [lesson.id for lesson in other.lessons] == [alone]


def test_a_lesson_of_a_talk_is_not_told_to_the_question_alone_or_in_another_talk(
    school: School,
) -> None:
    of_talk(school)
    school.ask("When is dinner on Sundays?", thread="1.0")
    for thread in (None, "1.0", "2.0"):
        assert school.ask("And tea?", thread=thread).text != "At four, after lunch."


def test_a_lesson_of_a_talk_that_was_withdrawn_or_is_for_others_is_not_told(
    school: School,
) -> None:
    school.store.examples.change(of_talk(school), "withdrawn", "U1")
    school.store.examples.set_scope(of_talk(school), Scope("channel", "C0SHUT"), "U1")
    school.ask("When is lunch on Mondays?", thread="1.0")
    assert school.ask("And tea?", thread="1.0").text != "At four, after lunch."
