"""The exam of the bot as deployed, with the bundled encoder and tiny models."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.tiny_models import build_adapter
from tests.trainer.evaluation.test_exam import lesson, sheet
from tests.trainer.models.test_embedder import build_encoder
from trainer.adapters.registry import AdapterCard, write_card
from trainer.dataset.reader import TrainingData
from trainer.evaluation.exam import Exam, ExamQuestion, make_exam
from trainer.inference.generation import GeneratedText
from trainer.models.loading import LoadedModel, fingerprint
from trainer.pipeline import deployed_exam
from trainer.pipeline.deployed_exam import NOT_EXAMINED, Bot, Notes, answering, examine_deployed
from trainer.results.deployed import DeployedMarks
from trainer.results.mastery import Mastery
from trainer.retrieval.calibration import Calibration, LogisticRegression

pytestmark = pytest.mark.usefixtures("steady", "cache")

TALK = [
    *lesson(5),
    {"role": "user", "content": "And upstairs?"},
    {"role": "assistant", "content": "No."},
]
LESSONS = [lesson(1, "Be brief."), lesson(2, "Be brief."), TALK]
DATA = TrainingData(tuple(LESSONS), (), "Be brief.", (11, 12, 13))
EXAM = make_exam(LESSONS, [], "Be brief.", seed=0)
BASE = sheet([False] * 3, [True])
NOTES = Notes("bundled")
QUOTING = Bot(None, frozenset(), BASE)


def test_what_was_taught_is_quoted_and_talks_are_left_out(tiny: LoadedModel) -> None:
    found = examine_deployed(EXAM, DATA, tiny, NOTES, {"bot": QUOTING})
    assert found["bot"].taught == ("taught_right", "taught_right")
    assert len(found["bot"].reworded) == 2
    assert found["bot"].told == (0, 0)


def test_other_words_are_found_by_their_meaning_and_read_by_the_reranker(
    tiny: LoadedModel,
) -> None:
    """What is general knowledge the base answers, as its exam has marked it."""
    pairs = [("Which code opens the server room?", "The server room's code is K4711."),
             ("Who waters the plants?", "Noor waters the plants on Mondays.")]  # fmt: skip
    lessons = [
        [{"role": "user", "content": q}, {"role": "assistant", "content": a}] for q, a in pairs
    ]
    asked = ("Whose job is it to give the plants water?", "What is the capital of France?")
    questions = tuple(ExamQuestion([{"role": "user", "content": q}], pairs[1][1]) for q in asked)
    exam = Exam(questions, questions[1:], ())
    data = TrainingData(tuple(lessons), (), "", (1, 2))
    base = replace(BASE, taught=(False, False), reworded=(True,))
    found = examine_deployed(exam, data, tiny, NOTES, {"bot": Bot(None, frozenset(), base)})
    assert found["bot"].taught[0] in ("taught_right", "near_right")
    assert found["bot"].taught[1:] == ("model_wrong",)
    assert found["bot"].reworded == ("model_right",)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (GeneratedText((1,), "The code of room 2 is K2.", True), 1),
        (GeneratedText((1,), "The code of room 2 is K2.", False), 0),
        (GeneratedText((1,), "The code of room 2 is K3.", True), 0),
    ],
    ids=["faithful", "cut off", "changed"],
)
def test_an_adapter_writes_only_where_it_would_not_give_the_taught_words(
    tiny: LoadedModel,
    tiny_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    said: GeneratedText,
    told: int,
) -> None:
    """Of two mastered lessons one comes word for word; the lesson stands before its question."""
    exam = replace(EXAM, reworded=())
    adapter = build_adapter(tmp_path / "v0001", tiny_folder)
    asked: list[Sequence[int]] = []

    def answers(_model: Any, _tokenizer: Any, prompts: Any, limits: Any) -> list[GeneratedText]:
        asked.extend(prompts)
        assert len(limits) == len(prompts)
        return [said] * len(prompts)

    monkeypatch.setattr(
        deployed_exam, "mastered", lambda _, rows: [True] + [False] * (len(rows) - 1)
    )
    monkeypatch.setattr(deployed_exam, "answers", answers)
    bots = {"ours": Bot(adapter, frozenset({11, 12}), BASE), "evening": QUOTING}
    found = examine_deployed(exam, DATA, tiny, NOTES, bots)
    assert found["ours"].told == (1 + told, 0)
    assert found["ours"].taught == found["evening"].taught == ("taught_right", "taught_right")
    (prompt,) = asked
    shown = tiny.tokenizer.decode(list(prompt))
    assert shown.count("What is the code of room 2?") == 2
    assert shown.count("K2") == 1


def test_an_adapter_with_random_weights_is_checked_by_a_real_pass_and_quoted(
    tiny: LoadedModel, tiny_folder: Path, tmp_path: Path
) -> None:
    adapter = build_adapter(tmp_path / "v0001", tiny_folder)
    exam = replace(EXAM, reworded=())
    bot = Bot(adapter, frozenset({11, 12}), BASE)
    found = examine_deployed(exam, DATA, tiny, NOTES, {"bot": bot})
    assert found["bot"].scores().taught == DeployedMarks(taught_right=2)


def test_an_adapter_that_cannot_be_read_costs_the_columns_and_not_the_night(
    tiny: LoadedModel, tmp_path: Path
) -> None:
    """People are told so, without the message, which could hold what somebody wrote."""
    told: list[str] = []
    bot = Bot(tmp_path / "v0009", frozenset({11}), BASE)
    assert examine_deployed(EXAM, DATA, tiny, NOTES, {"bot": bot}, told.append) == {}
    (sentence,) = told
    assert re.fullmatch(r"The bot as deployed was not examined: \w+Error\.", sentence)


@pytest.mark.parametrize(
    ("name", "why"), [("", []), ("somebody/never-fetched", ["its encoder is not on this disk"])]
)
def test_without_an_encoder_it_is_not_examined_and_one_that_is_missed_is_told(
    tiny: LoadedModel, name: str, why: list[str]
) -> None:
    told: list[str] = []
    assert examine_deployed(EXAM, DATA, tiny, Notes(name), {"bot": QUOTING}, told.append) == {}
    assert told == [NOT_EXAMINED.format(reason) for reason in why]


def test_of_lessons_in_a_script_that_the_encoder_does_not_read_nothing_is_said(
    tiny: LoadedModel,
) -> None:
    def russian(number: int) -> list[dict[str, str]]:
        question = {"role": "user", "content": f"Где комната номер {number}?"}
        return [question, {"role": "assistant", "content": f"Комната {number} наверху."}]

    lessons = [russian(1), russian(2), lesson(3)]
    exam = make_exam(lessons, [], "", seed=0)
    data = TrainingData(tuple(lessons), (), "", (1, 2, 3))
    assert examine_deployed(exam, data, tiny, NOTES, {"bot": QUOTING}) == {}
    data = replace(data, train=(russian(1), lesson(2), lesson(3)))
    assert examine_deployed(exam, data, tiny, NOTES, {"bot": QUOTING}) != {}


def test_of_talks_alone_nothing_is_said(tiny: LoadedModel) -> None:
    exam = make_exam([TALK], [], "", seed=0)
    data = TrainingData((TALK,), (), "", (13,))
    assert examine_deployed(exam, data, tiny, NOTES, {"bot": QUOTING}) == {}


def test_an_encoder_needs_a_calibration_of_its_own(tiny: LoadedModel, tmp_path: Path) -> None:
    folder = build_encoder(tmp_path / "encoder")
    file = tmp_path / "calibration.json"
    notes = Notes(str(folder), file)
    never = LogisticRegression((0.0,) * 5, -9.0)
    general = LogisticRegression((0.0,) * 8, -9.0)
    asked = ExamQuestion([{"role": "user", "content": "Digits, please"}], "The code is K1.")
    exam = Exam((asked,), (), ())
    bots = {"bot": Bot(None, frozenset(), replace(BASE, taught=(True,), reworded=()))}
    assert examine_deployed(exam, DATA, tiny, replace(notes, calibration=None), bots) == {}
    for encoder, expected in (("another", None), (fingerprint(folder), ("model_right",))):
        file.write_text(json.dumps(Calibration(encoder, "", never, general).to_json()))
        found = examine_deployed(exam, DATA, tiny, notes, bots)
        assert (found["bot"].taught if found else None) == expected


def test_an_adapter_in_use_has_mastered_what_its_card_says(tmp_path: Path) -> None:
    folder = tmp_path / "v0001"
    folder.mkdir()
    assert Bot.of(folder, BASE) == Bot(folder, frozenset(), BASE), "it has no card"
    write_card(folder, AdapterCard("v0001", "starter"))
    assert Bot.of(folder, BASE).mastered == frozenset()
    write_card(folder, AdapterCard("v0001", "starter", mastery=Mastery(3, 2, (4, 6), (5,))))
    assert Bot.of(folder, BASE).mastered == {4, 6}
    assert Bot.of(None, BASE) == QUOTING


def test_the_base_answers_what_no_lesson_does_unless_a_manner_is_taught() -> None:
    tuned = sheet([True] * 3, [True])
    sheets = {"base": BASE, "candidate": tuned}
    assert answering(sheets, "candidate", NOTES) == BASE
    assert answering(sheets, "candidate", Notes(untaught="adapter")) == tuned
    assert answering(sheets, "current", Notes(untaught="adapter")) == BASE
