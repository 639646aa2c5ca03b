"""Questions and lessons that nobody planned for, before the real encoder and the real reranker."""

from collections.abc import Iterator

import pytest

from bot.answers.assistant import Assistant
from bot.answers.indexing import LessonIndexer
from bot.answers.questions import Question, Reply
from bot.engine.client import EngineClient
from bot.home import Home
from bot.settings import Settings
from bot.store import Store
from bot.store.examples.rows import NewExample
from tests.bot.answers.real_encoder import EncodingClient
from tests.bot.slack.engine import ScriptedEngine
from trainer.adapters.registry import Registry

LESSONS = {
    "Where is the spare key for the storage room?": "Behind the blue fuse box on floor 2.",
    "What is the password of the guest wifi?": "quiet-otter-42",
    "When is the standup of the payments team?": "At 9:40 in the room Lisbon.",
}
KEY = LESSONS["Where is the spare key for the storage room?"]
REWORDED = "where do we hide the extra key to the store room"
LONG = 4000
"""Characters of the longest question."""
STORY = "I came in this morning and it rained and the lift was slow. "


class Team:
    """A team that taught a few things."""

    def __init__(self, store: Store, home: Home, settings: Settings, client: EncodingClient):
        self._store, self._client = store, client
        self._assistant = Assistant(store, client, settings, Registry(home.adapters))

    def teach(self, *lessons: tuple[str, str]) -> None:
        """Adds lessons, whatever teaching would say to them, and indexes them."""
        for prompt, completion in lessons:
            self._store.examples.add(NewExample(prompt, completion, "teach", "U1"))
        LessonIndexer(self._store, self._client).catch_up()

    def ask(self, text: str) -> Reply:
        """Asks without a conversation."""
        return self._assistant.ask(Question(text, "U0ANNA", "C1"))

    def taught(self, text: str) -> str | None:
        """The answer to a question where it is shown as taught."""
        reply = self.ask(text)
        return reply.text if reply.source == "taught" else None


@pytest.fixture(scope="module")
def models() -> Iterator[EncodingClient]:
    client = EncodingClient()
    yield client
    client.close()


@pytest.fixture
def team(
    store: Store,
    home: Home,
    settings: Settings,
    engine: ScriptedEngine,
    models: EncodingClient,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Team]:
    """A bot whose answers come from the scripted engine."""
    client = EngineClient(engine.url, None)
    monkeypatch.setattr(models, "stream", client.stream)
    yield Team(store, home, settings, models)
    client.close()


@pytest.mark.parametrize(
    "question",
    [
        "Wo liegt der Ersatzschlüssel für den Lagerraum?",
        "Où est la clé ?",
        "備品室の予備の鍵はどこですか",
        "где запасной ключ?",
        "key",
        "Why?",
        "?",
        "🙂",
        "👍👍🔑",
    ],
)
def test_another_language_one_word_or_signs_alone_are_not_surely_wrong(
    team: Team, question: str
) -> None:
    team.teach(*LESSONS.items())
    assert team.taught(question) in (None, KEY)


GERMAN = {
    "Wie heißt das WLAN für Gäste?": "Das Gästenetz heißt moorhuhn-17.",
    "Wer gießt die Pflanzen?": "Die Pflanzen gießt Friedlinde, immer montags.",
    "Welche Kostenstelle hat der Vertrieb?": "Der Vertrieb hat die Kostenstelle V-3317.",
    "Wann ist die Weihnachtsfeier?": "Die Weihnachtsfeier ist am 11. Dezember.",
    "Wer unterschreibt Kundenverträge?": "Kundenverträge unterschreibt Edeltraud Vossbeck.",
}


@pytest.mark.parametrize(
    "question",
    [
        "Eine Kundin sitzt hier und braucht Internet, in welches Netz soll sie?",
        "Ich will nächste Woche zum Kunden nach Wien fahren, wer muss zustimmen?",
        "Welchen Abend im Advent soll ich mir freihalten?",
        "Es brennt, wohin gehen alle?",
        "Wann ist Ostern?",
    ],
)
def test_lessons_in_a_language_that_the_encoder_does_not_read_are_found_by_their_words_alone(
    team: Team, question: str
) -> None:
    """It was sure of a wrong one for every second question in German."""
    team.teach(*GERMAN.items())
    reply = team.ask(question)
    assert (reply.source, reply.lessons) == ("model", ())
    assert team.taught("wer giesst die pflanzen") == GERMAN["Wer gießt die Pflanzen?"]


def test_english_lessons_are_found_beside_those_in_another_language(team: Team) -> None:
    team.teach(*GERMAN.items(), *list(LESSONS.items()) * 2)
    assert team.taught(REWORDED) == KEY


def test_english_lessons_full_of_names_are_found(team: Team) -> None:
    names = {
        "Okta admin?": "Priya Raghunathan",
        "Who manages Zendesk escalations?": "Agnieszka Wojciechowska",
        "Docker registry?": "ghcr.io/acme/foo",
    }
    team.teach(*names.items())
    asked = "Who do I ask about a Zendesk escalation?"
    assert team.taught(asked) == "Agnieszka Wojciechowska"


def test_a_word_that_only_one_lesson_has_may_find_it(team: Team) -> None:
    team.teach(*LESSONS.items())
    assert team.ask("wifi").text.endswith("quiet-otter-42")


@pytest.mark.parametrize(
    ("question", "answers"),
    [
        ("word " * (LONG // 5), [None]),
        ("Tell me about the weather of the planets. " * 95, [None]),
        ("Z" * LONG, [None]),
        ((STORY * 66)[: LONG - 50] + " " + REWORDED, [None, KEY]),
        ((REWORDED + "? " + STORY * 66)[:LONG], [None, KEY]),
    ],
)
def test_of_4000_characters_no_lesson_is_surely_the_answer_unless_it_is(
    team: Team, question: str, answers: list[str | None]
) -> None:
    team.teach(*LESSONS.items())
    assert len(question) <= LONG
    assert team.taught(question) in answers


def test_a_lesson_that_answers_everything_answers_its_own_question_alone(team: Team) -> None:
    team.teach(*LESSONS.items(), ("ok", "ok"), ("?", "Ask away."), ("🙂", "Smile."))
    for question, answer in (("OK!", "ok"), ("?", "Ask away."), ("🙂", "Smile.")):
        assert team.taught(question) == answer
    for prompt, completion in LESSONS.items():
        assert team.taught(prompt) == completion
    assert team.taught(REWORDED) == KEY
    for question in ("is it ok to leave at four?", "What?", "no", "👍", "???", "Who bakes?"):
        assert team.taught(question) is None


def test_a_lesson_of_one_word_answers_questions_about_the_word(team: Team) -> None:
    team.teach(("OKR", "Objectives and key results."), *LESSONS.items())
    assert team.ask("What does OKR mean?").text.endswith("Objectives and key results.")


@pytest.mark.parametrize(
    ("lesson", "question"),
    [
        (("กุญแจห้องเก็บของอยู่ที่ไหน", "หลังกล่องสีฟ้า"), "ประชุมเมื่อไหร่"),
        (("誰が植物に水をやりますか", "ノールです"), "会議はいつですか"),
        (("अतिरिक्त चाबी कहाँ है?", "नीले डिब्बे के पीछे"), "बैठक कब है?"),
    ],
)
def test_lessons_in_another_script_are_found_by_their_words_alone(
    team: Team, lesson: tuple[str, str], question: str
) -> None:
    """Nobody can know what else they answer, so nothing is said of it."""
    team.teach(lesson, *LESSONS.items())
    assert team.taught(lesson[0]) == lesson[1]
    reply = team.ask(question)
    assert (reply.source, reply.known) == ("model", False)
    assert team.taught(REWORDED) == KEY
