"""A rating is understood by the numbers that its file has under the same key."""

import pytest

from trainer.importing.shapes.judgement import Judgement
from trainer.importing.shapes.scales import Fate, fate, reason


def rating(value: float, key: str = "rating", top: float | None = None) -> Judgement:
    return Judgement("rated", key, f"{value:g}", value, top)


@pytest.mark.parametrize(
    ("key", "value", "seen", "expected"),
    [
        ("rating", 1, {1, -1}, "liked"),
        ("rating", 0, {1, -1, 0}, "neither"),
        ("rating", -1, {-1}, "disliked"),
        ("rating", 1, {1, 0}, "liked"),
        ("rating", 0, {1, 0}, "disliked"),
        ("rating", 1, {1}, "unclear"),
        ("vote", 1, {1}, "liked"),
        ("stars", 1, {1}, "disliked"),
        ("rating", 1, {1, 5}, "disliked"),
        ("rating", 2, {2}, "disliked"),
        ("rating", 3, {3, 4}, "neither"),
        ("rating", 4, {3, 4}, "liked"),
        ("rating", 4, {4, 9}, "disliked"),
        ("rating", 7, {7}, "liked"),
        ("rating", 30, {30, 90}, "disliked"),
        ("rating", 90, {30, 90}, "liked"),
        ("score", 0.3, {0.3, 0.9}, "disliked"),
        ("score", 0.9, {0.3, 0.9}, "liked"),
        ("score", 30, {30, 90}, "unclear"),
        ("score", 0, {0, 90}, "disliked"),
        ("score", 3, {3, 4000}, "liked"),
        ("score", -2, {-2, 40}, "disliked"),
        ("upvotes", 2, {2, 3}, "liked"),
        ("upvotes", 0, {0, 3}, "disliked"),
    ],
)
def test_a_number_is_judged_on_the_scale_of_its_file(
    key: str, value: float, seen: set[float], expected: Fate
) -> None:
    assert fate(rating(value, key), seen) == expected


def test_a_rating_that_names_its_best_value_needs_no_file() -> None:
    assert fate(rating(1, top=5), {1}) == "disliked"
    assert fate(rating(1, top=1), {1}) == "liked"


def test_a_reason_names_the_key_and_says_what_to_do() -> None:
    assert reason("neither", rating(3)) == (
        "its rating is 3, neither liked nor disliked: it is no lesson"
    )
    assert reason("unclear", rating(1)) == (
        "its rating is 1 on an unknown scale: remove rating if it does not judge the answer"
    )
