"""Batches: every lesson in every epoch, small sets too, little padding, the same for a seed."""

from collections import Counter
from itertools import islice
from typing import Any

import numpy as np
import pytest

from trainer.augmentation.mixture import Curriculum
from trainer.models.tokenization import TokenRow
from trainer.tuning import batches
from trainer.tuning.batches import Batches, FixedRows, collate, common_start, padded_length


def row(number: int, length: int = 6, start: int = 3) -> TokenRow:
    """A row that can be told by its first token."""
    return TokenRow((number, *range(1, length)), start)


def numbers(batch: tuple[Any, ...]) -> list[int]:
    return [int(line[0]) for line in batch[1].tolist()]


def listed(array: Any) -> Any:
    return array.tolist()


@pytest.mark.parametrize("count", [1, 2, 4, 5, 11, 23])
@pytest.mark.parametrize("size", [1, 4, 8])
def test_validation_sees_every_row_exactly_once(count: int, size: int) -> None:
    rows = [row(100 + i, length=5 + i) for i in range(count)]
    seen = [n for batch in Batches()(FixedRows(rows), size, 512) for n in numbers(batch)]
    assert sorted(seen) == [100 + i for i in range(count)]


@pytest.mark.parametrize(("count", "size"), [(11, 4), (5, 4), (4, 4), (1, 1), (3, 2), (2, 4)])
def test_training_drops_no_row_for_ever(count: int, size: int) -> None:
    """mlx-lm's own batches never train the last `count mod size` rows."""
    curriculum = Curriculum([[row(100 + i)] for i in range(count)])
    endless = Batches()(curriculum, size, 512, loop=True)
    seen = Counter(n for batch in islice(endless, 4 * count) for n in numbers(batch))
    assert set(seen) == {100 + i for i in range(count)}
    assert max(seen.values()) - min(seen.values()) <= size
    assert sum(seen.values()) == 4 * count * size


def test_every_wording_of_a_lesson_comes_up_equally_often() -> None:
    lessons = [[row(10 * lesson + wording) for wording in range(5)] for lesson in range(1, 4)]
    curriculum = Curriculum(lessons)
    random = np.random.default_rng(0)
    epochs = [curriculum.epoch(number, random) for number in range(10)]
    assert all(len({r.tokens[0] // 10 for r in rows}) == 3 for rows in epochs)
    seen = Counter(r.tokens[0] for rows in epochs for r in rows)
    assert set(seen.values()) == {2}
    assert {r.tokens[0] % 10 for r in epochs[0]} == {0}, "first as it was taught"


def test_replay_has_its_share_and_goes_round_its_whole_list() -> None:
    lessons = [[row(1)] for _ in range(6)]
    replay = [row(100 + i) for i in range(5)]
    assert len(Curriculum(lessons[:3], replay, share=0.4)) == 5
    curriculum = Curriculum(lessons, replay, share=0.25)
    assert len(curriculum) == 8
    random = np.random.default_rng(0)
    rows = [r for number in range(5) for r in curriculum.epoch(number, random)]
    seen = Counter(r.tokens[0] for r in rows)
    assert seen[1] == 30
    assert [seen[100 + i] for i in range(5)] == [2, 2, 2, 2, 2]


def test_without_a_share_nothing_is_replayed() -> None:
    assert len(Curriculum([[row(1)]], [row(2)], share=0)) == 1
    assert len(Curriculum([[row(1)]], [], share=0.5)) == 1


def test_rows_of_like_length_go_together() -> None:
    lengths = [10, 200, 12, 190, 11, 205, 9, 198]
    rows = [row(i, length) for i, length in enumerate(lengths)]
    widths = sorted(batch[1].shape[1] for batch in Batches()(FixedRows(rows), 4, 512))
    assert all(w <= exact + 1 for w, exact in zip(widths, [11, 204], strict=True))


def test_the_same_seed_gives_the_same_batches_and_another_one_others() -> None:
    curriculum = Curriculum([[row(100 + i)] for i in range(9)])

    def order(seed: int) -> list[list[int]]:
        endless = Batches(seed)(curriculum, 2, 512, loop=True)
        return [numbers(batch) for batch in islice(endless, 9)]

    assert order(1) == order(1)
    assert order(1) != order(2)


def test_several_workers_share_each_batch_without_overlap() -> None:
    curriculum = Curriculum([[row(100 + i)] for i in range(8)])

    class Group:
        def __init__(self, rank: int):
            self._rank = rank

        def rank(self) -> int:
            return self._rank

        def size(self) -> int:
            return 2

    parts = [
        [numbers(b) for b in islice(Batches()(curriculum, 4, 512, True, None, Group(r)), 2)]
        for r in (0, 1)
    ]
    whole = [numbers(b) for b in islice(Batches()(curriculum, 4, 512, loop=True), 2)]
    assert [sorted(a + b) for a, b in zip(*parts, strict=True)] == [sorted(w) for w in whole]


def test_a_batch_that_cannot_be_shared_equally_is_refused() -> None:
    class Three:
        def rank(self) -> int:
            return 0

        def size(self) -> int:
            return 3

    with pytest.raises(ValueError, match="divisible"):
        next(Batches()(FixedRows([row(1)]), 4, 512, comm_group=Three()))


@pytest.mark.parametrize("coarse", [False, True])
def test_places_and_targets_point_at_the_answers(
    coarse: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Token t is predicted at place t - 1, however much padding there is."""
    monkeypatch.setattr(batches, "COARSE", coarse)
    batch = collate([TokenRow((5, 6, 7, 8), 2), TokenRow((9, 10, 11), 1)])
    tokens, places, targets, weights = (
        listed(a) for a in (batch.tokens, batch.places, batch.targets, batch.weights)
    )
    width = 32 if coarse else 3
    assert tokens == [[5, 6, 7] + [0] * (width - 3), [9, 10, 0] + [0] * (width - 3)]
    assert weights == [1] * 4 + [0] * (len(weights) - 4)
    assert len(weights) == (16 if coarse else 4)
    assert places[:4] == [1, 2, width, width + 1]
    assert targets[:4] == [7, 8, 10, 11]


def test_where_shapes_are_compiled_there_are_few_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """512 chats of many lengths, as on a GPU."""
    monkeypatch.setattr(batches, "COARSE", True)
    random = np.random.default_rng(0)
    lengths = np.clip(random.lognormal(5.9, 0.4, 512), 32, 1500).astype(int)
    rows = [TokenRow(tuple(range(length)), int(length * 0.32)) for length in lengths]
    shapes = {
        tuple(array.shape for array in batch)
        for batch in Batches(longest=0)(FixedRows(rows), 4, 2048)
    }
    assert len(shapes) <= 24


OPENING = tuple(range(50, 62))


def test_what_all_rows_begin_with_is_set_apart() -> None:
    rows = [TokenRow((*OPENING, 1, 2, 3, 4), 14), TokenRow((*OPENING, 1, 5, 6), 14)]
    assert common_start(rows) == 13
    batch = collate(rows, 12)
    assert listed(batch.prefix) == [list(OPENING)]
    assert listed(batch.tokens)[0][:3] == [1, 2, 3]
    assert listed(batch.places)[:3] == [1, 2, batch.tokens.shape[1] + 1]
    assert listed(batch.targets)[:3] == [3, 4, 6]


def test_a_place_before_every_answer_stays_with_its_row() -> None:
    """There the answer's first token is predicted."""
    rows = [TokenRow((*OPENING, 1), 12), TokenRow((*OPENING, 1), 12)]
    assert common_start(rows) == 11


def test_nothing_is_set_apart_that_is_short_or_not_everyones() -> None:
    short = [TokenRow((1, 2, 3, 4), 3), TokenRow((1, 2, 3, 5), 3)]
    assert common_start(short) == 0
    assert common_start([TokenRow((*OPENING, 1), 12), TokenRow((9, *OPENING), 12)]) == 0
    other = [TokenRow((*OPENING, 1, 2), 13), TokenRow((9, *OPENING, 2), 13)]
    assert listed(collate(other, 12).prefix) == [[]]
    alone = [TokenRow((*OPENING, 1, 2), 13)]
    assert listed(collate(alone, 12).prefix) == [[]]


def test_batches_share_what_their_whole_set_shares() -> None:
    rows = [TokenRow((*OPENING, number, 2, 3), 14) for number in range(8)]
    assert {batch[0].shape[1] for batch in Batches()(FixedRows(rows), 4, 512)} == {12}
    assert {batch[0].shape[1] for batch in Batches(longest=0)(FixedRows(rows), 4, 512)} == {0}


def test_rows_up_to_the_longest_plain_one_share_their_beginning() -> None:
    """Of a row of 15 tokens, 14 are computed: the last one is only predicted."""
    rows = [TokenRow((*OPENING, number, 2, 3), 14) for number in range(4)]
    for longest, shared in ((13, 0), (14, 12)):
        (batch,) = Batches(longest=longest)(FixedRows(rows), 4, 512)
        assert batch[0].shape[1] == shared


def test_lengths_are_rounded_up_in_steps_that_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    assert batches.LENGTH_STEP == 32
    monkeypatch.setattr(batches, "COARSE", True)
    lengths = (0, 1, 32, 33, 256, 257, 512, 513, 1025)
    assert [padded_length(n) for n in lengths] == [32, 32, 32, 64, 256, 320, 512, 640, 1280]
    monkeypatch.setattr(batches, "COARSE", False)
    assert [padded_length(n) for n in lengths] == [1, 1, 32, 33, 256, 257, 512, 513, 1025]
