"""The sets that measure: each lesson has its own right answer, and the halves share nothing."""

import json
import re
import string
from pathlib import Path

import pytest

from bench.sets import NAMES, Half, QuestionSet, own_words, question_set
from bot.redaction import find

INTENTS, PER_INTENT = string.ascii_lowercase, 6


@pytest.fixture
def clinc(tmp_path: Path) -> Path:
    data = {
        split: [[f"{split} {intent} {n}", intent] for intent in INTENTS for n in range(PER_INTENT)]
        for split in ("test", "val", "train")
    }
    data |= {f"oos_{split}": [[f"{split} oos {n}", "oos"] for n in range(400)] for split in data}
    file = tmp_path / "data_full.json"
    file.write_text(json.dumps(data), encoding="utf-8")
    return file


HALVES: tuple[Half, ...] = ("tune", "report")


def _sets(clinc: Path, size: int | None = None) -> list[QuestionSet]:
    return [question_set(name, half, size, clinc) for name in NAMES for half in HALVES]


def test_a_right_answer_is_told_by_its_key_and_no_other_answer_is(clinc: Path) -> None:
    for asked in _sets(clinc):
        for lesson in asked.lessons:
            assert lesson.answered_by(lesson.completion)
        if asked.name not in ("clinc", "clinc3", "services"):
            continue  # keys that people wrote, to be read with their question
        for lesson in asked.lessons:
            answers = {
                one.completion for one in asked.lessons if lesson.answered_by(one.completion)
            }
            assert answers == {lesson.completion}, asked.name


def test_every_question_belongs_to_a_lesson_and_is_not_the_taught_one(clinc: Path) -> None:
    for asked in _sets(clinc) + _sets(clinc, size=3):
        assert asked.lessons
        taught = {lesson.prompt for lesson in asked.lessons}
        for one in asked.other:
            assert one.lesson < len(asked.lessons)
            assert one.question not in taught


def test_a_set_may_be_cut_to_its_first_lessons(clinc: Path) -> None:
    whole, cut = question_set("facts", "tune"), question_set("facts", "tune", 3)
    assert cut.lessons == whole.lessons[:3]
    assert cut.other == whole.other[:6]
    assert len(question_set("clinc", "tune", 2, clinc).lessons) == 2


@pytest.mark.parametrize("name", ["facts", "situations", "follow_ups", "clinc", "services"])
def test_the_halves_share_no_question(name: str, clinc: Path) -> None:
    questions = []
    for half in HALVES:
        asked = question_set(name, half, None, clinc)
        untaught = () if name in ("facts", "situations") else asked.untaught
        questions.append(
            {
                *untaught,
                *(one.prompt for one in asked.lessons),
                *(one.question for one in asked.other if one.after is None),
            }
        )
    assert not questions[0] & questions[1]


def test_the_office_has_all_lessons_and_is_asked_one_half() -> None:
    office = question_set("office", "tune")
    assert (len(office.lessons), len(office.other)) == (96, 96)
    asked = {one.question for one in office.other}
    assert asked >= {one.question for one in question_set("situations", "tune").other}
    assert not asked & {one.question for one in question_set("facts", "report").other}


def test_several_wordings_of_an_intent_have_one_answer(clinc: Path) -> None:
    asked = question_set("clinc3", "report", None, clinc)
    assert len(asked.lessons) == 3 * len(INTENTS)
    assert len({lesson.completion for lesson in asked.lessons}) == len(INTENTS)
    assert {one.lesson for one in asked.other} == set(range(0, 3 * len(INTENTS), 3))
    assert len(asked.other) == 3 * len(INTENTS)
    assert all(one.question.startswith("test") for one in asked.other)
    assert all(question.startswith("test oos") for question in asked.untaught)
    assert len(asked.untaught) == 300


def test_a_small_set_of_services_is_the_beginning_of_a_large_one() -> None:
    small, large = (question_set("services", "report", size) for size in (100, 2000))
    assert large.lessons[:100] == small.lessons
    assert large.other[:200] == small.other
    assert len(large.lessons) == len({lesson.prompt for lesson in large.lessons}) == 2000
    assert len({lesson.key for lesson in large.lessons}) == 2000
    named = {word for lesson in large.lessons for word in lesson.prompt.split()}
    assert not any(set(question.split()) & named & _services(large) for question in large.untaught)


def _services(asked: QuestionSet) -> set[str]:
    words = (word.strip("?.,") for one in asked.lessons for word in one.prompt.split())
    return {word for word in words if "-" in word}


def test_nothing_in_the_services_is_taken_out_as_personal_or_secret() -> None:
    for lesson in question_set("services", "tune", 500).lessons:
        assert not find(f"{lesson.prompt}\n{lesson.completion}"), lesson


def test_a_follow_up_is_asked_after_the_lesson_before_it() -> None:
    asked = question_set("follow_ups", "tune")
    first = asked.other[0]
    assert (first.question, first.after, first.lesson) == ("and on Fridays?", 0, 1)
    assert asked.lessons[1].answered_by("At 8:25.")
    assert not asked.lessons[1].answered_by(asked.lessons[0].completion)
    (holidays,) = (one for one in asked.lessons if one.completion.startswith("Ask for holidays"))
    assert holidays.answered_by("three weeks")


def test_a_word_at_the_beginning_is_no_name_only_for_its_capital() -> None:
    pattern = own_words("Nobody but Anneliese knows that.", "Who knows that?")
    assert re.search(pattern, "Anneliese does")
    assert re.search(own_words("Okoro knows that.", "Who knows that?"), "Okoro does")


def test_a_set_that_is_not_there_is_named() -> None:
    with pytest.raises(ValueError, match="no set fact"):
        question_set("fact", "tune")
    with pytest.raises(ValueError, match="--clinc"):
        question_set("clinc", "tune")
    with pytest.raises(ValueError, match="names for"):
        question_set("services", "tune", 5000)
