"""Rows with notes: near lessons before a question, mostly with the right one among them."""

import pytest

from trainer.augmentation import notes
from trainer.augmentation.notes import (
    MISSING_EVERY,
    MOST_CHARACTERS,
    NearestLessons,
    as_note,
    with_notes,
)
from trainer.planning.hyperparameters import NOTES_SHOWN


def lesson(question: str, answer: str, system: str = "") -> list[dict[str, str]]:
    before = [{"role": "system", "content": system}] if system else []
    asked = {"role": "user", "content": question}
    return [*before, asked, {"role": "assistant", "content": answer}]


LESSONS = [
    lesson("Which port does the billing service use?", "4001."),
    lesson("Who owns the billing service?", "Noor."),
    lesson("Which port does the search service use?", "4002."),
    lesson("Who waters the plants?", "Ottilie."),
    lesson("Where is the spare key?", "Hook 14."),
]
TALK = [*LESSONS[3], *lesson("And the tree?", "Nobody.")]


def test_the_nearest_lessons_share_words_and_rare_ones_count_more() -> None:
    near = NearestLessons(LESSONS).of(0, 2)
    assert near[0] == LESSONS[2]
    assert near[1] == LESSONS[1]


def test_a_word_of_very_many_lessons_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    taught = [lesson(f"Which port has {name}?", "4001.") for name in ("a1", "b2", "c3", "d4")]
    taught += [lesson("Which plant has the b2 label?", "The fern.")]
    assert NearestLessons(taught).of(3, 1) == [taught[0]]
    monkeypatch.setattr(notes, "COMMON", 3)
    assert NearestLessons(taught).of(3, 1) == [taught[4]]  # the next one, as nothing is near
    assert NearestLessons(taught).of(1, 1) == [taught[4]]


def test_where_nothing_is_near_others_are_taken_and_never_the_lesson_itself() -> None:
    near = NearestLessons(LESSONS).of(3, 9)
    assert len(near) == 4
    assert LESSONS[3] not in near
    assert NearestLessons(LESSONS[:1]).of(0, 3) == []


def test_talks_and_very_long_lessons_are_no_notes() -> None:
    assert as_note(lesson("Why?", "So.", "Be brief.")) == lesson("Why?", "So.")
    assert as_note(TALK) is None
    assert as_note(lesson("Why?", "x" * MOST_CHARACTERS)) is None
    near = NearestLessons([LESSONS[0], TALK, LESSONS[4]]).of(0, 2)
    assert near == [LESSONS[4]]


def test_notes_are_turns_between_the_system_prompt_and_the_question() -> None:
    taught = lesson("Which port does billing use?", "4001.", "Be brief.")
    (row,) = with_notes(taught, LESSONS[1:4], ["Billing listens where?"], "a seed")
    assert [turn["role"] for turn in row] == ["system", *["user", "assistant"] * 4]
    assert row[0]["content"] == "Be brief."
    assert row[-2:] == [{"role": "user", "content": "Billing listens where?"}, taught[-1]]
    pairs = [list(row[place : place + 2]) for place in range(1, 7, 2)]
    assert all(pair in [*LESSONS, taught[1:]] for pair in pairs)


def test_one_row_in_five_lacks_the_right_note_and_the_order_is_random() -> None:
    rows = with_notes(LESSONS[0], LESSONS[1:4], ["Billing?"] * 500, "a seed")
    places = [
        next((place for place in range(0, 6, 2) if row[place : place + 2] == LESSONS[0]), None)
        for row in rows
    ]
    assert all(len(row) == 2 * NOTES_SHOWN + 2 for row in rows)
    assert 0.7 / MISSING_EVERY < places.count(None) / 500 < 1.3 / MISSING_EVERY
    assert all(100 < places.count(place) < 170 for place in (0, 2, 4))


def test_a_talk_keeps_its_earlier_turns_after_the_notes_and_is_none_itself() -> None:
    (row,) = with_notes(TALK, LESSONS[:3], ["What about the tree?"], "a seed")
    said = [turn["content"] for turn in row]
    assert len(said) == 2 * NOTES_SHOWN + 4
    assert said[-4:] == ["Who waters the plants?", "Ottilie.", "What about the tree?", "Nobody."]
    assert said.count("Ottilie.") == 1


def test_the_same_seed_gives_the_same_rows() -> None:
    rows = [with_notes(LESSONS[0], LESSONS[1:4], ["a", "b", "c"], seed) for seed in "xxy"]
    assert rows[0] == rows[1] != rows[2]
