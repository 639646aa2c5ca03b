"""Task runs of Kiln: the repair wins, and a low rating is never a lesson."""

from typing import Any

import pytest

from trainer.errors import DatasetError
from trainer.importing.applications.kiln import KilnReader
from trainer.importing.lines import Found, FoundPair, FoundRow, Origin, Rejected

KEY = "Where is the spare key?"


def run(answer: str = "On the hook.", **more: Any) -> dict[str, Any]:
    rating = more.pop("rating", None)
    output = {"v": 1, "output": answer, "rating": rating, "model_type": "task_output"}
    return {"v": 1, "model_type": "task_run", "input": KEY, "output": output} | more


def stars(value: float, kind: str = "five_star") -> dict[str, Any]:
    return {"type": kind, "value": value}


def read(*runs: Any) -> list[Found]:
    assert KilnReader().recognises(list(runs))
    return list(KilnReader().read(list(runs)))


def test_a_repair_is_the_lesson_of_its_author_and_a_pair_with_what_it_repairs() -> None:
    source = {"type": "human", "properties": {"created_by": "ann"}}
    repaired = run("Nobody knows.", repaired_output={"output": "On the hook.", "source": source})
    lesson, pair = read(repaired)
    row = {"prompt": KEY, "completion": "On the hook."}
    assert lesson == FoundRow(1, row, origin=Origin(author="ann"))
    assert pair == FoundPair(1, KEY, "On the hook.", "Nobody knows.")


@pytest.mark.parametrize(
    ("rating", "learned"),
    [
        (None, True),
        (stars(5.0), True),
        (stars(4.0), True),
        (stars(3.0), False),
        (stars(2.0), False),
        (stars(1.0, "pass_fail"), True),
        (stars(0.0, "pass_fail"), False),
        (stars(-1.0, "pass_fail_critical"), False),
        (stars(9.0, "custom"), False),
    ],
)
def test_each_rating_is_judged_by_its_own_scale(rating: Any, learned: bool) -> None:
    (found,) = read(run(rating=rating))
    assert isinstance(found, FoundRow if learned else Rejected)


def test_a_low_rating_becomes_a_pair_with_a_high_one_to_the_same_input() -> None:
    lesson, pair = read(run(rating=stars(5.0)), run("No.", rating=stars(1.0)))
    assert isinstance(lesson, FoundRow)
    assert pair == FoundPair(2, KEY, "On the hook.", "No.")


def test_one_run_alone_and_a_list_under_a_key_are_read() -> None:
    for document in (run(), {"runs": [run()]}):
        assert KilnReader().recognises(document)
        assert [type(one) for one in KilnReader().read(document)] == [FoundRow]


def test_another_version_is_refused_with_what_was_expected() -> None:
    with pytest.raises(DatasetError, match="of version 7, version 1 is expected"):
        list(KilnReader().read([run(v=7)]))
