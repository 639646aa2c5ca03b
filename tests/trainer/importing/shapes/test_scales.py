"""A rating is understood by the numbers that its file has under the same key."""

import pytest

from trainer.importing.shapes.judgement import Judgement
from trainer.importing.shapes.scales import Fate, decided, fate, reason, scales_of


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
        ("score", 0, {0, 90}, "neither"),
        ("score", 0, {0, 4000}, "neither"),
        ("score", 0, {0, 1}, "disliked"),
        ("rating", 4, {4, 1500}, "unclear"),
        ("rating", 2, {-1, 2, 5}, "unclear"),
        ("rating", -1, {-1, 2, 5}, "disliked"),
        ("score", 3, {3, 4000}, "liked"),
        ("score", -2, {-2, 40}, "disliked"),
        ("upvotes", 2, {2, 3}, "liked"),
        ("upvotes", 0, {0, 3}, "neither"),
        ("likes", -2, {-2, 3}, "disliked"),
    ],
)
def test_a_number_is_judged_on_the_scale_of_its_file(
    key: str, value: float, seen: set[float], expected: Fate
) -> None:
    scales = scales_of(rating(one, key) for one in seen)
    assert fate(rating(value, key), scales[key]) == expected


def test_a_rating_that_names_its_best_value_needs_no_file() -> None:
    scale = scales_of([rating(1)])["rating"]
    assert fate(rating(1, top=5), scale) == "disliked"
    assert fate(rating(1, top=1), scale) == "liked"
    assert fate(rating(90, top=5), scale) == "unclear"


@pytest.mark.parametrize(
    ("ratings", "expected"),
    [
        ([rating(5), rating(1)], ("disliked", 1)),
        ([rating(5), rating(3)], ("neither", 3)),
        ([rating(5), rating(0, "upvotes")], ("liked", 5)),
        ([rating(0, "upvotes")], ("neither", 0)),
    ],
)
def test_of_several_ratings_a_bad_one_decides_and_no_votes_say_nothing(
    ratings: list[Judgement], expected: tuple[Fate, float]
) -> None:
    what, which = decided(ratings, scales_of([*ratings, rating(5), rating(9, "upvotes")]))
    assert (what, which.value) == expected


def test_the_scale_of_a_key_takes_one_step_for_each_rating() -> None:
    """Of 100,000 ratings that all differ only the lowest and the highest are kept."""
    scale = scales_of(rating(number / 7, "score") for number in range(100_000))["score"]
    assert (scale.low, scale.high, scale.only_thumbs) == (0, 99_999 / 7, False)


def test_a_reason_names_the_key_and_says_what_to_do() -> None:
    assert reason("neither", rating(3)) == (
        "its rating is 3, neither liked nor disliked: it is no lesson"
    )
    assert reason("unclear", rating(1)) == (
        "its rating is 1 on an unknown scale: remove rating if it does not judge the answer"
    )
