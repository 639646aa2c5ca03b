"""Topics of lessons that are all named alike: whole, apart, and the same at every time."""

import pytest

from bench.overlapping import HELD, overlapping, topics


def test_every_topic_is_whole() -> None:
    every = topics()
    assert set(HELD) < set(every)
    for topic in every.values():
        names = [*topic["names"], *topic["unknown"]]
        assert len(names) == len(set(names))
        for kind in topic["kinds"].values():
            assert len(kind["values"]) >= len(topic["names"])
            assert all("{s}" in text or "{t}" in text for text in [*kind["taught"], *kind["other"]])


def test_each_lesson_is_asked_and_what_nobody_taught_has_no_place() -> None:
    some = overlapping([topics()["rooms"]])
    kinds = len(topics()["rooms"]["kinds"])
    assert len(some.lessons) == 40 * kinds == len(set(some.lessons))
    places = [place for _, place in some.asked if place is not None]
    assert places == list(range(40 * kinds))
    assert sum(place is None for _, place in some.asked) == 40 + 10 * kinds
    assert not any("{" in text for text, _ in [*some.lessons, *some.asked])


@pytest.mark.parametrize("seed", [0, 1])
def test_a_seed_gives_the_same_again_and_another_one_others(seed: int) -> None:
    rooms = [topics()["rooms"]]
    assert overlapping(rooms, seed) == overlapping(rooms, seed)
    assert overlapping(rooms, seed) != overlapping(rooms, seed + 1)
