"""Lessons as later turns."""

from trainer.augmentation.mixture import LENGTH, within_talk
from trainer.models.tokenization import Messages


def lesson(number: int, system: str = "") -> Messages:
    before = [{"role": "system", "content": system}] if system else []
    return [
        *before,
        {"role": "user", "content": f"question {number}"},
        {"role": "assistant", "content": f"answer {number}"},
    ]


def said(messages: Messages) -> list[str]:
    return [turn["content"] for turn in messages]


def test_the_lesson_comes_last_and_whole() -> None:
    talks = within_talk([lesson(n) for n in range(6)], 2, 2)
    assert len(talks) == 2
    for talk in talks:
        assert said(talk)[-2:] == ["question 2", "answer 2"]
        assert len(talk) == 4
        assert said(talk)[0] != "question 2"
    assert said(talks[0])[0] != said(talks[1])[0]


def test_the_system_prompt_stays_first_and_alone() -> None:
    (talk,) = within_talk([lesson(n, "be kind") for n in range(2)], 0, 2)
    assert said(talk) == ["be kind", "question 1", "answer 1", "question 0", "answer 0"]


def test_a_single_lesson_has_no_talk() -> None:
    assert within_talk([lesson(0)], 0, 2) == []


def test_long_talks_are_not_put_before() -> None:
    long: Messages = [
        {"role": "user", "content": "x" * LENGTH},
        {"role": "assistant", "content": "y"},
    ]
    assert within_talk([lesson(0), long], 0, 2) == []
    assert len(within_talk([lesson(0), long], 1, 2)) == 1
