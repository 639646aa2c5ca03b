"""How answers are counted, and that a set is asked of the real bot in a home of its own."""

import threading
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import pytest

from bench.deployed import (
    PARTS,
    Item,
    Report,
    Row,
    Said,
    adapter_for,
    answer_all,
    as_deployed,
    as_json,
    encoder_alone,
    items_of,
    show,
    timed,
)
from bench.sets import Asked, QuestionSet, Taught
from bench.temporary_bot import Bot, Options, deployed
from bot.answers.assistant import Assistant
from bot.answers.questions import DECLINED, QUOTED, Reply
from bot.engine.client import EngineClient
from bot.home import Home
from bot.settings import Settings
from bot.store import Store
from bot.store.examples.rows import NewExample
from tests.bot.slack.engine import ScriptedEngine, bag_of_words
from tests.tiny_models import build_adapter
from trainer.adapters.registry import Registry
from trainer.results.mastery import Mastery
from trainer.retrieval.keys import keys_of

OFFICE = QuestionSet(
    "office",
    (
        Taught("Who waters the plants?", "Ottilie waters them.", "ottilie"),
        Taught("Who waters the cactus?", "Bram waters it.", "bram"),
    ),
    (Asked("whose job is the greenery", 0), Asked("and the cactus?", 1, after=0)),
    ("Where is the spare key?",),
)


def _report() -> Report:
    def row(part: str, source: str, right: bool | None, speaker: str = "quote") -> Row:
        return Row(part, "a question", right, Said("", source, speaker, 0.5))

    rows = [row("other", "taught", True), row("other", "taught", True, "adapter")]
    rows += [row("other", "taught", False), row("other", "near", True), row("other", "none", False)]
    rows += [row("untaught", "taught", None), row("untaught", "model", None, "base")]
    rows += [row("general", "model", True, "base"), row("general", "near", None)]
    return Report("office", 2, tuple(rows), {"plain": 1.0, "all": 0.5})


def test_every_part_of_a_set_is_asked() -> None:
    items = items_of(OFFICE, PARTS)
    asked = [(item.part, item.question, item.pattern, item.before) for item in items[:5]]
    assert asked == [
        ("taught", "Who waters the plants?", "ottilie", None),
        ("taught", "Who waters the cactus?", "bram", None),
        ("other", "whose job is the greenery", "ottilie", None),
        ("other", "and the cactus?", "bram", "Who waters the plants?"),
        ("untaught", "Where is the spare key?", None, None),
    ]
    assert {item.part for item in items[5:]} == {"general"}
    assert sum(item.pattern is not None for item in items[5:]) == 40
    assert len(items[5:]) == 176
    assert {item.part for item in items_of(OFFICE, ["other"])} == {"other"}


def test_of_a_large_set_some_are_asked_from_all_over_it() -> None:
    office = replace(OFFICE, untaught=tuple(map(str, range(10))))
    some = [item.question for item in items_of(office, ["untaught", "taught"], most=4)]
    assert some == ["0", "2", "5", "7", "Who waters the plants?", "Who waters the cactus?"]


def test_an_answer_is_right_where_its_words_match_the_key_in_any_case() -> None:
    def ask(_item: Item, thread: str) -> Said:
        return Said("OTTILIE does" if thread != "thread 1" else "nobody", "taught", "quote", 0.9)

    rows = answer_all(items_of(OFFICE, ["taught", "other", "untaught"]), ask, at_once=3)
    assert [row.right for row in rows] == [True, False, True, False, None]


def test_questions_are_asked_at_the_same_time() -> None:
    together = threading.Barrier(3)

    def ask(_item: Item, _thread: str) -> Said:
        together.wait(60)
        return Said("", "none", "declined", 0.9)

    assert len(answer_all([Item("other", str(n)) for n in range(6)], ask, at_once=3)) == 6


def test_answers_are_counted_by_source_and_rightness() -> None:
    report = _report()
    assert report.count("other") == 5
    assert report.count("other", "taught") == 3
    assert report.count("other", "taught", right=False) == 1
    assert report.count("other", right=True) == 3
    assert report.count("untaught", right=False) == 0
    assert report.spoken("other", "untaught") == {"quote": 5, "adapter": 1, "base": 1}


def test_the_tables_show_what_is_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    show([_report()])
    sets, untaught, seconds = capsys.readouterr().out.strip().split("\n\n")
    line = sets.splitlines()[2]
    assert line == "| office | 2 | 0 | 0 | 5 | 3 | 2 | 1 | 1 | 0 | 0 | 1 | 1 | 4 | 0 | 0 |"
    assert untaught.splitlines()[2] == "| office | 2 | 1 | 0 | 1 | 0 | 2 | 1 | 2 | 1 | 0 |"
    assert seconds.splitlines()[2].startswith("| office | 1.0 | 0.5 |")


def test_untaught_questions_of_the_reported_half_are_not_written_down() -> None:
    def questions(half: str) -> set[str]:
        document = as_json(_report(), "report" if half == "report" else "tune")
        return {row["question"] for row in document["rows"] if row["part"] == "untaught"}

    assert questions("report") == {""}
    assert questions("tune") == {"a question"}
    assert as_json(_report(), "tune")["counts"]["other"]["taught"] == {
        "right": 2,
        "wrong": 1,
        "all": 3,
    }


def test_each_set_has_an_adapter_of_its_own_or_all_have_one(tmp_path: Path) -> None:
    (tmp_path / "office-2").mkdir()
    (tmp_path / "office-2" / "adapters.safetensors").touch()
    assert adapter_for(tmp_path, OFFICE) == tmp_path / "office-2"
    assert adapter_for(tmp_path / "office-2", OFFICE) == tmp_path / "office-2"
    assert adapter_for(None, OFFICE) is None
    with pytest.raises(FileNotFoundError):
        adapter_for(tmp_path / "none", OFFICE)


def test_the_encoder_alone_quotes_the_nearest_from_a_cosine_on(
    store: Store, settings: Settings, home: Home
) -> None:
    for lesson in OFFICE.lessons:
        example = store.examples.add(NewExample(lesson.prompt, lesson.completion, "import", "a"))
        keys = keys_of(example.prompt, example.completion)
        vectors = {key: bag_of_words(text, {}) for key, text in keys.items()}
        store.vectors.put(example, "scripted", vectors)
    with ScriptedEngine() as server:
        server.synonyms = {}
        client = EngineClient(server.url, None)
        assistant = Assistant(store, client, settings, Registry(home.adapters))
        bot = Bot(settings, store, client, assistant, None)
        said = encoder_alone(bot, 0.5)(Item("other", "Who waters the cactus?"), "")
        assert (said.text, said.source, said.speaker) == ("Bram waters it.", "taught", "quote")
        said = encoder_alone(bot, 0.5)(Item("other", "something else entirely"), "")
        assert (said.text, said.source, said.speaker) == ("", "none", "declined")
        client.close()


def test_an_answer_says_who_spoke_and_of_the_nearest_lesson_only_its_words(
    store: Store, settings: Settings
) -> None:
    lesson = store.examples.add(NewExample("Who?", "Ottilie.", "import", "a"))
    near = Reply(1, "The nearest is: Ottilie.", QUOTED, None, 0, 0, 0.0, "near", (lesson,), 0.2)
    declined = Reply(2, "Nobody knows.", DECLINED, None, 0, 0, 0.0, "none", (), 0.9)
    replies = [near, declined, replace(declined, source="model", model="starter")]
    assistant, client = Mock(spec=Assistant), Mock(spec=EngineClient)
    assistant.ask.side_effect = replies
    ask = as_deployed(Bot(settings, store, client, assistant, None))
    said = [ask(Item("other", "Whose?"), "thread") for _ in replies]
    assert [(one.text, one.source, one.speaker) for one in said] == [
        ("Ottilie.", "near", "quote"),
        ("Nobody knows.", "none", "declined"),
        ("Nobody knows.", "model", "base"),
    ]


def test_a_set_is_asked_of_the_bot_with_an_adapter_in_use(
    tiny_folder: Path, tmp_path: Path
) -> None:
    """No encoder is needed for the taught words; a random adapter masters nothing, so it quotes."""
    adapter = build_adapter(tmp_path / "adapter", tiny_folder)
    options = Options(model=str(tiny_folder), embedder="", max_tokens=4)
    with deployed(OFFICE, options, adapter) as bot:
        assert bot.card
        first, second = bot.store.examples.approved()
        assert bot.card.example_ids == (first.id, second.id)
        assert bot.card.mastery == Mastery(2, 0, (), (first.id, second.id))
        ask = as_deployed(bot)
        said = ask(Item("taught", "Who waters the plants?"), "thread")
        assert said == Said("Ottilie waters them.", "taught", "quote", said.confidence)
        said = ask(Item("other", "something", before="Who waters the plants?"), "another")
        assert (said.source, said.speaker) == ("model", "adapter")
        earlier = bot.store.replies.in_thread("bench", "another", 5)
        assert [reply.question for reply in earlier] == ["Who waters the plants?", "something"]
        seconds = timed(bot, items_of(OFFICE, ["taught"]), ask)
        assert seconds["quote"] == seconds["all"]
        assert seconds["base"] is None


def test_the_options_of_the_bot_are_its_settings(tiny_folder: Path) -> None:
    options = Options(model=str(tiny_folder), embedder="", untaught="silent", max_tokens=4)
    with deployed(OFFICE, options, None) as bot:
        assert bot.card is None
        assert bot.settings.answers.untaught == "silent"
        said = as_deployed(bot)(Item("other", "something"), "thread")
        assert len(said.text) <= 4
        assert said.speaker == "base"
