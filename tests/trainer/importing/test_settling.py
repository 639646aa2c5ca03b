"""Rows that only their whole file explains: disliked answers find liked ones to their question."""

from typing import Any

from trainer.importing.lines import Disliked, Found, FoundPair, FoundRow, Rejected
from trainer.importing.rows import row_at
from trainer.importing.settling import DISLIKED_ELSEWHERE, settled
from trainer.importing.shapes.scales import Rated


def lesson(line: int, prompt: str, completion: str, **more: str) -> FoundRow:
    return FoundRow(line, {"prompt": prompt, "completion": completion, **more})


def disliked(line: int, row: dict[str, Any]) -> Disliked:
    return Disliked(line, ("it is disliked",), row)


def rated(line: int, completion: str, rating: int) -> Rated:
    found = row_at(line, {"prompt": "q", "completion": completion, "rating": rating})
    assert isinstance(found, Rated)
    return found


def test_a_pair_needs_another_answer_to_the_same_question() -> None:
    result = settled(
        [
            lesson(1, "q", "a"),
            lesson(2, "Q!", "b", system="s"),
            disliked(3, {"prompt": "q", "completion": "x"}),
            disliked(4, {"prompt": "p", "completion": "A"}),
            disliked(5, {"prompt": "Q!", "completion": "y", "system": "s"}),
            disliked(6, {"prompt": "other", "completion": "y"}),
        ],
    )
    assert result.pairs == [FoundPair(3, "q", "a", "x"), FoundPair(5, "Q!", "b", "y")]
    assert result.rejected == [
        Rejected(4, ("it is disliked",)),
        Rejected(6, ("it is disliked",)),
    ]
    assert [row.line for row in result.rows] == [1, 2]


def test_a_proposal_is_no_liked_answer() -> None:
    proposal = FoundRow(1, {"prompt": "q", "completion": "a"}, proposed=True)
    bad = disliked(2, {"prompt": "q", "completion": "x"})
    assert settled([proposal, bad]).pairs == []


def test_earlier_turns_make_no_pair() -> None:
    """A pair keeps one question, which alone says too little there."""
    said = ("user", "assistant", "user", "assistant")
    talk = [{"role": role, "content": role[0]} for role in said]
    other = [*talk[:-1], {"role": "assistant", "content": "x"}]
    result = settled([FoundRow(1, {"messages": talk}), disliked(2, {"messages": other})])
    earlier = "a pair keeps no earlier turns of a talk"
    assert result.rejected == [Rejected(2, ("it is disliked", earlier))]


def test_rated_answers_become_lessons_pairs_and_rejections() -> None:
    result = settled([rated(1, "bad", 1), rated(2, "good", 5), rated(3, "middling", 3)])
    assert result.rows == [lesson(2, "q", "good")]
    assert result.pairs == [FoundPair(1, "q", "good", "bad")]
    assert result.rejected == [
        Rejected(3, ("its rating is 3, neither liked nor disliked: it is no lesson",))
    ]


def test_nothing_waiting_is_nothing_found() -> None:
    found: list[Found] = [
        lesson(1, "q", "a"),
        FoundPair(2, "q", "a", "b"),
        Rejected(3, ("no row",)),
    ]
    result = settled(found)
    assert [*result.rows, *result.pairs, *result.rejected] == found


def test_an_answer_that_is_disliked_once_is_no_lesson_elsewhere() -> None:
    """Neither unjudged nor liked by another, nor as a proposal, nor as what a pair prefers."""
    talk = [{"role": role, "content": role[0]} for role in ("user", "assistant") * 2]
    result = settled(
        [
            lesson(1, "q", "a"),
            FoundRow(2, {"prompt": "Q", "completion": "A"}, proposed=True),
            rated(3, "a", 5),
            FoundPair(4, "q", "a", "c"),
            lesson(5, "q", "b"),
            lesson(6, "other", "a"),
            FoundRow(7, {"messages": talk}),
            disliked(8, {"prompt": "q", "completion": "a"}),
            disliked(9, {"messages": talk}),
        ]
    )
    assert [row.line for row in result.rows] == [5, 6]
    assert result.pairs == [FoundPair(8, "q", "b", "a")]
    assert sorted(bad.line for bad in result.rejected) == [1, 2, 3, 4, 7, 9]
    assert Rejected(1, (DISLIKED_ELSEWHERE,)) in result.rejected
