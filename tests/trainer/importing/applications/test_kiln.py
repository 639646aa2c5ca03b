"""Task runs of Kiln: the repair wins, and a low rating is never a lesson."""

import json
from pathlib import Path
from typing import Any

import pytest

from trainer.errors import DatasetError
from trainer.importing.applications.kiln import KilnReader
from trainer.importing.importer import read_rows
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
    assert not (isinstance(found, FoundRow) and found.proposed)


@pytest.mark.parametrize("kind", ["synthetic", "human", None])
def test_what_nobody_rated_is_a_proposal_unless_a_person_wrote_it(kind: str | None) -> None:
    unrated = run()
    if kind is not None:
        unrated["output"]["source"] = {"type": kind, "properties": {"created_by": "ann"}}
    (found,) = read(unrated)
    assert isinstance(found, FoundRow)
    assert found.proposed is (kind != "human")


@pytest.mark.parametrize(
    "low", [stars(2.0), stars(0.0, "pass_fail"), stars(-1.0, "pass_fail_critical")]
)
def test_a_low_rating_becomes_a_pair_with_a_high_one_to_the_same_input(low: Any) -> None:
    lesson, pair = read(run(rating=stars(5.0)), run("No.", rating=low))
    assert isinstance(lesson, FoundRow)
    assert pair == FoundPair(2, KEY, "On the hook.", "No.")


def test_one_run_alone_and_a_list_under_a_key_are_read() -> None:
    for document in (run(), {"runs": [run()]}):
        assert KilnReader().recognises(document)
        assert [type(one) for one in KilnReader().read(document)] == [FoundRow]


def test_the_folder_of_a_project_is_read_with_all_its_runs(tmp_path: Path) -> None:
    (tmp_path / "project.kiln").write_text("{}")
    contents = [json.dumps(run()), "not JSON", json.dumps(run("No.", rating=stars(1.0)))]
    for number, content in enumerate(contents):
        place = tmp_path / "tasks" / "1 - keys" / "runs" / str(number)
        place.mkdir(parents=True)
        (place / "task_run.kiln").write_text(content)
    linked = tmp_path / "tasks" / "linked"
    linked.mkdir()
    (linked / "task_run.kiln").symlink_to(place / "task_run.kiln")
    rows = read_rows(tmp_path)
    assert rows.format == "a Kiln project"
    assert rows.notes[0] == "3 task runs"
    assert [(row.row["completion"], row.proposed) for row in rows.rows] == [("On the hook.", True)]
    assert [(bad.line, bad.errors[0].partition(":")[0]) for bad in rows.rejected] == [
        (2, "it is no JSON that can be read"),
        (3, "its rating is 1 (five_star)"),
    ]


def test_a_project_without_runs_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "task.kiln").write_text("{}")
    with pytest.raises(DatasetError, match="import the folder of a task"):
        read_rows(tmp_path)


def test_another_version_is_refused_with_what_was_expected() -> None:
    with pytest.raises(DatasetError, match="of version 7, version 1 is expected"):
        list(KilnReader().read([run(v=7)]))
