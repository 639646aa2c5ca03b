"""The exam: the same questions to all, in numbers only, with other wordings than were trained."""

import json

import pytest

from trainer.augmentation.rule_paraphrases import rewordings
from trainer.augmentation.surface_forms import wordings
from trainer.evaluation.exam import MAX_LESSONS, MAX_REWORDED, AnswerSheet, evaluation_of, make_exam
from trainer.evaluation.gate import decide


def lesson(number: int, system: str = "") -> list[dict[str, str]]:
    before = [{"role": "system", "content": system}] if system else []
    return [
        *before,
        {"role": "user", "content": f"What is the code of room {number}?"},
        {"role": "assistant", "content": f"The code of room {number} is K{number}."},
    ]


def sheet(taught: list[bool], canaries: list[bool], similarity: float = 0.5) -> AnswerSheet:
    return AnswerSheet(
        taught=tuple(taught),
        reworded=tuple(taught),
        held_out=(),
        canaries=tuple(canaries),
        similarities=(similarity,) * len(taught),
        key_recalls=(1.0,) * len(taught),
        unfinished=1,
        refusals=0,
        mean_length=8.0,
        loss=0.5,
        canary_loss=None,
    )


def test_a_small_set_is_asked_whole_and_in_other_wordings() -> None:
    exam = make_exam([lesson(i) for i in range(3)], [lesson(9)], "", seed=0)
    assert [q.expected for q in exam.taught] == [f"The code of room {i} is K{i}." for i in range(3)]
    assert [q.expected for q in exam.reworded] == [q.expected for q in exam.taught]
    assert [q.prompt for q in exam.held_out] == ["What is the code of room 9?"]
    for asked, other in zip(exam.taught, exam.reworded, strict=True):
        assert other.prompt not in wordings(asked.prompt, 9)


@pytest.mark.parametrize("prompt", ["Who is Bo?", "What is our wifi called?"])
def test_no_wording_of_the_exam_is_a_trained_one(prompt: str) -> None:
    talk = [{"role": "user", "content": prompt}, {"role": "assistant", "content": "Yes, K7."}]
    exam = make_exam([lesson(1), talk], [], "", seed=0)
    assert exam.reworded[1].prompt not in rewordings(prompt, 24, 0)


def test_a_large_set_is_asked_in_part_by_seed() -> None:
    lessons = [lesson(i) for i in range(500)]
    exam = make_exam(lessons, [], "", seed=1)
    assert len(exam.taught) == MAX_LESSONS
    assert len(exam.reworded) == MAX_REWORDED
    places = [
        exam.taught.index(q) for q in exam.taught for r in exam.reworded if q.expected == r.expected
    ]
    assert max(places) > MAX_LESSONS * 0.9, "the end of the set is asked as well"
    assert exam == make_exam(lessons, [], "", seed=1)
    assert exam != make_exam(lessons, [], "", seed=2)


def test_earlier_turns_and_the_system_prompt_are_asked_with() -> None:
    talk = [*lesson(1, "Be brief."), *lesson(2)]
    exam = make_exam([talk], [], "Be brief.", seed=0)
    assert exam.taught[0].messages == talk[:-1]
    assert exam.reworded[0].messages[:-1] == talk[:-2]


def test_the_result_is_what_the_gate_takes_and_has_nobodys_words() -> None:
    known = [True] * 30 + [False] * 10
    base, ours = sheet([False, False], known, 0.1), sheet([True, True], known, 0.9)
    evaluation = evaluation_of(base, ours, current=sheet([True, False], known, 0.6))
    assert decide(evaluation).promote
    found = evaluation.to_json()
    assert found["candidate"] == {
        "asked": 2,
        "recalled": 2,
        "similarity": 0.9,
        "pass_rate": 1.0,
        "reworded_asked": 2,
        "reworded_recalled": 2,
        "held_out_asked": 0,
        "held_out_recalled": 0,
        "canaries_asked": 40,
        "canaries_right": 30,
        "key_recall": 1.0,
        "loss": 0.5,
        "canary_loss": None,
        "unfinished": 1,
        "refusals": 0,
        "mean_length": 8.0,
        "kl": None,
    }
    assert found["against"]["base"]["recall"] == {"won": 2, "lost": 0}
    assert found["against"]["current"]["canaries"] == {"won": 0, "lost": 0}
    assert json.loads(json.dumps(found)) == found


def test_without_an_adapter_in_use_there_is_nothing_of_it_in_the_result() -> None:
    found = evaluation_of(sheet([False], [True]), sheet([True], [True])).to_json()
    assert list(found) == ["base", "candidate", "against"]
    assert list(found["against"]) == ["base"]


def test_an_exam_of_the_base_alone_has_its_scores_alone() -> None:
    assert list(evaluation_of(sheet([False], [True])).to_json()) == ["base"]
