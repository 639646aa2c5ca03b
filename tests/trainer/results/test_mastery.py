"""Which lessons are mastered: summed up, and kept in a card lesson by lesson."""

import json

from trainer.results.mastery import CUT, TOO_LONG, Mastery, Round


def test_a_check_is_summed_up_lesson_by_lesson() -> None:
    found = Mastery.of(
        [True, False, True, False], [7, 8, None, 9], {1: CUT}, [Round(4, 40, 2, 3.0)]
    )
    assert (found.asked, found.mastered, found.teachable) == (4, 2, 3)
    assert found.share == 2 / 3, "what was cut cannot be mastered"
    assert (found.ids, found.missing, found.reasons) == ((7,), (8, 9), {8: CUT})
    assert found.rounds == (Round(4, 40, 2, 3.0),)


def test_lessons_without_a_number_are_counted_and_not_named() -> None:
    found = Mastery.of([False, True], [None, None], {0: TOO_LONG})
    assert found == Mastery(2, 1)


def test_where_nothing_was_taught_all_of_it_is_mastered() -> None:
    assert Mastery.of([], []).share == 1.0


def test_what_is_kept_is_read_again() -> None:
    found = Mastery.of([True, False], [7, 8], {1: TOO_LONG}, [Round(2, 40, 1, 3.0, undone=True)])
    assert Mastery.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_a_card_where_nobody_looked_has_none() -> None:
    assert Mastery.from_json(None) is None
    assert Mastery.from_json({}) is None
    assert Mastery.from_json({"asked": 3}) is None


def test_an_earlier_programs_check_is_read_without_rounds_and_reasons() -> None:
    stored = {"asked": 2, "mastered": 1, "ids": [7], "missing": [8], "later": 1}
    assert Mastery.from_json(stored) == Mastery(2, 1, (7,), (8,))
    assert Mastery.from_json({"asked": 2, "mastered": 2, "rounds": [{"steps": 4}]}) == Mastery(
        2, 2, rounds=(Round(0, 4, 0, 0.0),)
    )


def test_a_long_answer_may_be_hard_and_counts_all_the_same() -> None:
    assert Mastery.of([False], [7], {0: TOO_LONG}).share == 0.0
    assert Mastery.of([False], [7], {0: CUT}).share == 1.0
