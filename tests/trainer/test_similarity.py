"""Same and nearly the same questions, against pairs labelled by hand."""

import csv
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
