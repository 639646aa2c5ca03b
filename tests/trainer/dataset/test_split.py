"""Training set and exam: the plain split, and the one that the night uses."""

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.dataset.split import question_of, split_by_group, split_dataset
from trainer.errors import DatasetError
from trainer.similarity import near_duplicate

WORDS = [
    *("amber", "basil", "cedar", "delta", "ocean", "fjord", "grape"),
    *("hazel", "ivory", "jolly", "kayak", "lemon", "mango"),
]
QUESTIONS = [f"Where is the {a} {b}?" for a, b in itertools.combinations(WORDS, 2)]
WORDINGS = ["{}", "Hi, {}", "{} please", "could you tell me: {}"]


def test_nine_of_ten_are_trained_on() -> None:
    train, valid = split_dataset(list(range(100)))
    assert (len(train), len(valid)) == (90, 10)
    assert sorted(train + valid) == list(range(100))


def test_the_same_seed_gives_the_same_split_and_another_another() -> None:
    items = list(range(50))
    assert split_dataset(items) == split_dataset(items)
    assert split_dataset(items, seed=1) != split_dataset(items)
    assert items == list(range(50))


def test_without_a_shuffle_the_order_stays() -> None:
    assert split_dataset([1, 2, 3, 4], 0.5, shuffle=False) == ([1, 2], [3, 4])
    assert len(split_dataset(list(range(100)), 0.29)[0]) == 29


def test_the_ends_of_the_plain_split() -> None:
    assert split_dataset([]) == ([], [])
    assert split_dataset(["x"]) == (["x"], [])
    assert split_dataset([1, 2], 1.0, shuffle=False) == ([1, 2], [])
    with pytest.raises(DatasetError, match="between 0 and 1"):
        split_dataset([1], 1.5)
    with pytest.raises(DatasetError, match="between 0 and 1"):
        split_by_group(["x"], -0.1)


def test_near_duplicates_stay_together() -> None:
    items = [wording.format(text) for text in QUESTIONS for wording in WORDINGS]
    train, valid = split_by_group(items)
    assert sorted(train + valid) == sorted(items)
    assert not [pair for pair in itertools.product(train, valid) if near_duplicate(*pair)]


def test_about_one_group_in_ten_is_kept_for_the_exam() -> None:
    train, valid = split_by_group([f"question {number}" for number in range(2000)])
    assert 150 < len(valid) < 250
    assert len(train) + len(valid) == 2000


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.sampled_from(QUESTIONS), st.sampled_from(WORDINGS)), max_size=40),
    st.data(),
)
def test_nothing_moves_as_the_set_grows(pairs: list[tuple[str, str]], data: st.DataObject) -> None:
    items = [(wording.format(text), str(place)) for place, (text, wording) in enumerate(pairs)]
    count = data.draw(st.integers(0, len(items)))
    before, after = split_by_group(items[:count]), split_by_group(items)
    assert set(before[0]) <= set(after[0])
    assert set(before[1]) <= set(after[1])


@pytest.mark.parametrize("count", range(2, 12))
def test_tiny_sets_have_two_sides_that_share_nothing(count: int) -> None:
    train, valid = split_by_group(QUESTIONS[:count])
    assert train
    assert valid
    assert not set(train) & set(valid)


def test_a_single_example_is_trained_on() -> None:
    row = {"prompt": "q", "completion": "a"}
    assert split_by_group([row]) == ([row], [])
    assert split_by_group([]) == ([], [])


def test_the_oldest_groups_can_be_kept_in_training() -> None:
    train, valid = split_by_group(QUESTIONS, 0.5, always_train=20)
    assert train[:20] == QUESTIONS[:20]
    assert valid[0] == QUESTIONS[20]
    assert split_by_group(QUESTIONS, 1.0) == (QUESTIONS, [])


def test_what_nearly_repeats_both_sides_is_on_neither() -> None:
    letters = [
        *(
            "alpha",
            "bravo",
            "charlie",
            "delta",
            "echo",
            "foxtrot",
            "golf",
            "hotel",
            "india",
            "juliett",
        ),
        *(
            "kilo",
            "lima",
            "mike",
            "november",
            "oscar",
            "papa",
            "quebec",
            "romeo",
            "sierra",
            "tango",
        ),
    ]
    parts = (letters[:18], letters[3:], letters[1:19])
    left, right, between = (" ".join(part) for part in parts)
    assert split_by_group([left, right, between]) == ([left], [right])


@pytest.mark.parametrize(
    ("item", "question"),
    [
        ("q", "q"),
        (("q", "a"), "q"),
        ({"prompt": "q", "completion": "a"}, "q"),
        ({"text": "only text"}, "only text"),
    ],
)
def test_the_question_of_an_item(item: Any, question: str) -> None:
    assert question_of(item) == question


def test_what_is_no_item_is_refused() -> None:
    with pytest.raises(DatasetError):
        question_of(3)
