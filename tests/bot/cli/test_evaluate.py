"""`evaluate`: before beside after, as a table, as JSON and as a picture."""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from bot.home import Home
from tests.bot.cli.conftest import Command, Version
from trainer.adapters.registry import Registry, write_card
from trainer.results.deployed import DeployedMarks, DeployedScores
from trainer.results.evaluation import Evaluation, ExamScores
from trainer.results.losses import Losses
from trainer.results.run import ExamResult


@pytest.fixture
def ending(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Evaluation], None]:
    """Makes every exam end at once with these scores, after 2.5 seconds of its own clock.

    The arguments of the trainer are left in the file `arguments`.
    """

    def end(evaluation: Evaluation) -> None:
        child = tmp_path / "python"
        line = json.dumps(ExamResult(evaluation, 2.5).to_json())
        child.write_text(f"#!/bin/sh\necho \"$@\" > '{tmp_path}/arguments'\necho '{line}'\n")
        child.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(child))

    return end


def test_before_and_after_stand_beside_each_other(
    nightschool: Command, training_school: Home, tmp_path: Path
) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    night = nightschool("night", "--json").document
    card = nightschool("adapters", "show", "v0001", "--json").document
    assert night["evaluation"] == card["evaluation"]
    parts = ["base", "candidate", "against", "deployed", "deployed_current"]
    assert list(night["evaluation"]) == parts
    assert night["evaluation"]["deployed"]["taught"]["taught_right"] == 1
    assert set(night["evaluation"]["against"]["base"]) == {"recall", "reworded", "canaries"}
    assert card["losses"]["steps"] == 2
    picture = tmp_path / "exam.png"
    done = nightschool("evaluate", "--adapter", "v0001", "--picture", str(picture), "--json")
    assert done.code == 0
    document = done.document
    assert document["adapter"] == "v0001"
    assert document["base"]["asked"] == document["tuned"]["asked"] == 1
    assert document["tuned"]["canary_loss"] > 0
    assert document["tuned"]["kl"] >= 0
    assert document["deployed"]["base"]["taught"]["taught_right"] == 1
    assert document["deployed"]["tuned"]["reworded"]["taught_right"] == 1
    assert document["against"]["base"]["recall"] == {"won": 0, "lost": 0}
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert training_school.exports.exists()


def test_the_table_has_a_column_for_the_base_and_one_for_the_version(
    nightschool: Command, version: Version, ending: Callable[[Evaluation], None]
) -> None:
    version("v0001")
    nightschool("teach", "When is lunch?", "At noon.")
    base = ExamScores(asked=3, recalled=1, reworded_asked=4, loss=2.5, mean_length=7.25)
    tuned = ExamScores(asked=3, recalled=2, reworded_asked=4, loss=0.125)
    bots = [
        DeployedScores(
            DeployedMarks(taught_right=3, told=told), DeployedMarks(2, wrong, 1, declined=1)
        )
        for told, wrong in ((3, 1), (0, 0))
    ]
    ending(Evaluation(base, tuned, deployed=bots[0], deployed_current=bots[1]))
    shown = nightschool("evaluate", "--adapter", "v0001").out
    assert "v0001" in shown
    rows = [[cell.strip() for cell in line.split("│")] for line in shown.splitlines()]
    cells = {row[1]: row[2:-1] for row in rows if len(row) == 5}
    assert cells["What was taught"] == ["1 of 3", "2 of 3"]
    assert cells["The same in other words"] == ["0 of 4", "0 of 4"]
    assert cells["Tokens of an answer"] == ["7.2", ""]
    assert ["2.50", "0.12"] in cells.values()
    assert cells["As deployed: what was taught"] == ["3 of 3", "3 of 3"]
    assert cells["As deployed: in other words"] == ["3 of 4", "3 of 5"]
    assert cells["As deployed: surely wrong"] == ["0", "1"]
    assert cells["As deployed: told by the adapter"] == ["0 of 7", "3 of 8"]
    assert "Refusals" in shown


@pytest.mark.usefixtures("school")
def test_the_exam_is_of_the_version_that_answers_where_none_is_named(
    nightschool: Command, version: Version, ending: Callable[[Evaluation], None], tmp_path: Path
) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    ending(Evaluation(ExamScores(asked=1), ExamScores(asked=1)))
    assert nightschool("evaluate", "--json").document["adapter"] is None
    assert "--adapter" not in (tmp_path / "arguments").read_text()
    version("v0001")
    nightschool("adapters", "promote", "v0001")
    assert nightschool("evaluate", "--json").document["adapter"] == "v0001"
    assert "adapters/v0001 --data" in (tmp_path / "arguments").read_text()


def test_the_lessons_of_an_exam_lie_in_the_home_as_long_as_it_takes(
    nightschool: Command, school: Home, ending: Callable[[Evaluation], None], tmp_path: Path
) -> None:
    """What a kill leaves behind is found there: by a sweep, and when somebody is forgotten."""
    nightschool("teach", "When is lunch?", "At noon.")
    ending(Evaluation(ExamScores(asked=1)))
    program = tmp_path / "python"
    copy = tmp_path / "copy"
    looking = f'cp -R "{school.evaluations}" "{copy}"'
    program.write_text(program.read_text().replace("#!/bin/sh\n", f"#!/bin/sh\n{looking}\n"))
    assert nightschool("evaluate", "--adapter", "base").code == 0
    (rows,) = copy.glob(f"{os.getpid()}/data/train.jsonl")
    assert "At noon." in rows.read_text()
    assert list(school.evaluations.iterdir()) == []


def test_a_picture_has_the_losses_of_the_training_and_the_marks_of_the_exam(
    nightschool: Command,
    home: Home,
    version: Version,
    ending: Callable[[Evaluation], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn: list[tuple[object, ...]] = []

    def draw(*given: object) -> bytes | None:
        drawn.append(given)
        return b"PNG" if len(drawn) == 1 else None

    monkeypatch.setattr("bot.nights.report_chart.draw", draw)
    version("v0001")
    nightschool("teach", "When is lunch?", "At noon.")
    losses = Losses(steps=7)
    registry = Registry(home.adapters)
    write_card(home.adapters / "v0001", replace(registry.card("v0001"), losses=losses))
    exam = Evaluation(ExamScores(asked=1), ExamScores(asked=1))
    ending(exam)
    picture = tmp_path / "exam.png"
    command = ("evaluate", "--adapter", "v0001", "--picture", str(picture))
    assert nightschool(*command).code == 0
    assert drawn == [(exam, losses, "Adapter v0001 beside the base model")]
    assert picture.read_bytes() == b"PNG"
    picture.unlink()
    empty = nightschool(*command)
    assert (empty.code, empty.err) == (
        1,
        "nightschool: There is nothing to draw: nothing was asked.\n",
    )
    assert not picture.exists()


def test_a_picture_of_the_base_alone_is_refused_in_one_line(
    nightschool: Command, school: Home, tmp_path: Path
) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    picture = tmp_path / "exam.png"
    for adapter in (["--adapter", "base"], []):  # without a version the base model answers
        done = nightschool("evaluate", *adapter, "--picture", str(picture))
        assert done.code == 1
        assert "needs an adapter" in done.err
    assert not picture.exists()
    assert school.config.exists()


def test_the_base_alone_has_no_other_side(
    nightschool: Command, school: Home, ending: Callable[[Evaluation], None]
) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    scores = ExamScores(asked=3, recalled=2, loss=1.25)
    ending(Evaluation(scores))
    document = nightschool("evaluate", "--adapter", "base", "--json").document
    assert list(document) == ["adapter", "base", "tuned", "against", "seconds"]
    assert document["base"] == asdict(scores)
    assert (document["tuned"], document["against"], document["seconds"]) == (None, None, 2.5)
    shown = nightschool("evaluate", "--adapter", "base").out
    assert "2 of 3" in shown
    assert "1.25" in shown
    assert school.exports.exists()
