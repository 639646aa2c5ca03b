"""A round's rows: what is not mastered in every epoch, some of the rest, and replay."""

from collections import Counter

import numpy as np

from trainer.augmentation.mixture import Curriculum
from trainer.augmentation.revision import Revision
from trainer.models.tokenization import TokenRow
from trainer.planning.hyperparameters import REVISIONS


def row(lesson: int, wording: int) -> TokenRow:
    return TokenRow((lesson, wording), 1)


CURRICULUM = Curriculum(
    [[row(lesson, wording) for wording in range(4)] for lesson in range(40)],
    replay=[row(99, number) for number in range(5)],
    share=0.2,
)


def round_of(missing: int, number: int = 1, curriculum: Curriculum = CURRICULUM) -> Revision:
    places = range(len(curriculum.lessons))
    return Revision(curriculum, places[:missing], places[missing:], number)


def seen(source: Revision) -> Counter[tuple[int, ...]]:
    random = np.random.default_rng(0)
    epochs = [source.epoch(number, random) for number in range(REVISIONS)]
    assert all(len(rows) == len(source) for rows in epochs)
    return Counter(row.tokens for rows in epochs for row in rows)


def test_what_is_missing_is_seen_in_every_epoch_and_half_the_time_as_it_was_taught() -> None:
    rows = seen(round_of(12))
    for lesson in range(12):
        counts = [rows[lesson, wording] for wording in range(4)]
        assert counts == [4, 1, 2, 1]


def test_half_of_the_mastered_ones_are_rehearsed_and_others_in_every_epoch() -> None:
    rows = seen(round_of(12))
    assert [rows[lesson, 0] for lesson in range(12, 40)] == [REVISIONS // 2] * 28


def test_as_many_as_are_missing_are_rehearsed_where_that_is_more() -> None:
    rows = seen(round_of(16))
    assert sum(rows[lesson, 0] for lesson in range(16, 40)) == 16 * REVISIONS


def test_later_rounds_rehearse_others_and_show_other_wordings() -> None:
    random = np.random.default_rng(0)
    first, second = (
        {row.tokens[0] for row in round_of(2, number).epoch(0, random)} for number in (1, 2)
    )
    assert first != second
    longer = Curriculum([[row(lesson, wording) for wording in range(20)] for lesson in range(9)])
    shown = [{w for lesson, w in seen(round_of(9, n, longer)) if lesson == 0} for n in (1, 2)]
    assert shown[0] & shown[1] == {0}


def test_the_share_of_replay_is_kept() -> None:
    rows = seen(round_of(12))
    assert sum(count for (lesson, _), count in rows.items() if lesson == 99) == 7 * REVISIONS
    assert len([lesson for lesson, _ in rows if lesson == 99]) == 5
    without = Curriculum(CURRICULUM.lessons)
    assert len(round_of(12, curriculum=without)) == 26


def test_few_missing_ones_have_company_where_there_is_any() -> None:
    assert len(round_of(1)) == 1 + 20 + 6
    assert len(Revision(Curriculum(CURRICULUM.lessons), range(1), range(1, 15), 1)) == 1 + 12
    assert len(round_of(40)) == 40 + 10
    lonely = Curriculum([[row(0, 0)]])
    assert seen(Revision(lonely, [0], [], 1)) == {(0, 0): REVISIONS}
