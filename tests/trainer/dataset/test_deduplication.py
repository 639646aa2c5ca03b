"""Near-duplicates in a whole set, without all pairs."""

import csv
import itertools
import random
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.dataset.deduplication import clusters
from trainer.similarity import near_duplicate

QUESTIONS = list(
    dict.fromkeys(
        text
        for row in csv.DictReader(
            (Path(__file__).parents[1] / "likeness.csv").read_text(encoding="utf-8").splitlines()
        )
        for text in (row["a"], row["b"])
    )
)


ALPHABET = [
    *("alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliett"),
    *("kilo", "lima", "mike", "november", "oscar", "papa", "quebec", "romeo", "sierra", "tango"),
]
BRIDGED = [" ".join(part) for part in (ALPHABET[:18], ALPHABET[3:], ALPHABET[1:19])]
"""Two texts that are not alike, and one that is like both."""


def test_nothing_and_one() -> None:
    assert clusters([]).leaders == []
    assert clusters(["x"]).leaders == [0]
    assert clusters(["", "", "?!"]).leaders == [0, 0, 2]


def test_repeats_join_the_oldest() -> None:
    texts = ["How do I reset my password?", "Who leads sales?", "how to reset the pasword"]
    found = clusters(texts)
    assert found.leaders == [0, 1, 0]
    assert found.members() == [[0, 2], [1]]


def test_every_near_duplicate_among_the_labelled_questions_is_found() -> None:
    """Comparing only texts that share a key finds what comparing all pairs finds."""
    found = clusters(QUESTIONS)
    near = [
        (one, other)
        for one, other in itertools.combinations(range(len(QUESTIONS)), 2)
        if near_duplicate(QUESTIONS[one], QUESTIONS[other])
    ]
    assert len(near) > 40
    together = [
        found.leaders[one] == found.leaders[other]
        or found.leaders[one] in found.bridges.get(other, ())
        for one, other in near
    ]
    assert all(together)


def test_templated_questions_with_other_numbers_or_names_stay_apart() -> None:
    texts = [f"What is the price of item {number}?" for number in range(500)]
    assert len(set(clusters(texts).leaders)) == 500


def test_a_text_between_two_clusters_is_a_bridge() -> None:
    left, right, between = BRIDGED
    assert not near_duplicate(left, right)
    found = clusters([left, right, between])
    assert found.leaders == [0, 1, 0]
    assert found.bridges == {2: [1]}


@settings(max_examples=50)
@given(st.lists(st.sampled_from(QUESTIONS) | st.text(max_size=12), max_size=30), st.data())
def test_later_texts_never_change_earlier_clusters(texts: list[str], data: st.DataObject) -> None:
    count = data.draw(st.integers(0, len(texts)))
    assert clusters(texts[:count]).leaders == clusters(texts).leaders[:count]


def test_changed_copies_are_found_among_many() -> None:
    """One word in twenty-five is another: nearly all such copies are found."""
    source = random.Random(5)  # noqa: S311  no secret
    vocabulary = [
        "".join(source.choices("abcdefghijklmnopqrstuvwxyz", k=source.randint(4, 9)))
        for _ in range(2000)
    ]
    texts = [" ".join(source.sample(vocabulary, 25)) for _ in range(300)]
    copies = [" ".join(["changed", *text.split()[1:]]) for text in texts]
    found = clusters(texts + copies)
    assert sum(found.leaders[300 + index] == index for index in range(300)) >= 297
