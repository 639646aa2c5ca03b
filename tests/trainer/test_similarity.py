"""Same and nearly the same questions, against pairs labelled by hand."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.similarity import THRESHOLD, alike, form, likeness, near_duplicate, normalise

PAIRS = [
    (row["label"] == "same", row["a"], row["b"])
    for row in csv.DictReader(
        (Path(__file__).parent / "likeness.csv").read_text(encoding="utf-8").splitlines()
    )
]


def _wrong(threshold: float) -> tuple[int, int]:
    """How many different pairs are taken for the same, and how many same ones are missed."""
    found = [(same, near_duplicate(a, b, threshold)) for same, a, b in PAIRS]
    return sum(near > same for same, near in found), sum(near < same for same, near in found)


def test_no_different_question_passes_for_the_same_and_few_same_ones_are_missed() -> None:
    """A false alarm stops somebody from teaching; a miss costs a double row."""
    false_alarms, misses = _wrong(THRESHOLD)
    assert false_alarms == 0
    assert misses <= 4


def test_the_threshold_is_where_the_labelled_pairs_put_it() -> None:
    """Lower lets different questions in, higher loses same ones: measured, not guessed."""
    assert _wrong(0.6)[0] > 5
    assert _wrong(0.7)[0] > 0
    assert _wrong(0.95)[1] > _wrong(THRESHOLD)[1]


@pytest.mark.parametrize(
    ("a", "b"),
    [("\ufb01le  Limit\u00a0\n", "File limit"), ("STRASSE", "Straße"), ("\uff21", "a")],
)
def test_normalising_sees_through_width_case_and_white_space(a: str, b: str) -> None:
    assert normalise(a) == normalise(b)


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(st.text(), st.text())
def test_likeness_is_mutual_and_within_bounds(a: str, b: str) -> None:
    one, other = form(a), form(b)
    assert likeness(one, other) == likeness(other, one)
    assert 0 <= likeness(one, other) <= 1
    assert alike(one, one)


def test_likeness_stays_within_bounds_when_one_word_resembles_two() -> None:
    assert near_duplicate("colour colours", "color") in (True, False)
    assert likeness(form("abcdefx abcdefy"), form("abcdefz")) <= 1


def test_numbers_must_agree_even_alone() -> None:
    assert near_duplicate("404", "404?")
    assert not near_duplicate("404", "500")


def test_numbers_and_negations_are_compared_without_their_order() -> None:
    assert form("is it error 404, not 500?").strict == ("404", "500", "not")
    assert form("not 500: is it error 404?").strict == ("404", "500", "not")


def test_a_typing_error_counts_beside_a_word_more() -> None:
    one, other = form("reset mail pasword"), form("reset mail password wiki")
    assert likeness(one, other) == likeness(other, one) == 3 / 4


def test_endings_come_off_words_that_stay_long_enough() -> None:
    assert form("keys opened boxes testing").words == ("key", "open", "box", "test")
    assert form("bed bus ring").words == ("bed", "bus", "ring")


def test_shortened_negations_are_negations() -> None:
    assert form("The door doesn't open") == replace(
        form("The door does not open"), text="the door doesn't open"
    )
    assert form("Anna's door").words == ("anna", "door")


def test_scripts_without_spaces_are_compared_by_pairs_of_characters() -> None:
    assert form("パスワード").words == ("パス", "スワ", "ワー", "ード")
    assert form("鍵").words == ("鍵",)
