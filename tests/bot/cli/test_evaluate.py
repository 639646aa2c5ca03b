"""`evaluate`: before beside after, as a table, as JSON and as a picture."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from bot.home import Home
from tests.bot.cli.conftest import Command
from trainer.results.evaluation import Evaluation, ExamScores
from trainer.results.run import ExamResult


def test_before_and_after_stand_beside_each_other(
    nightschool: Command, school: Home, tmp_path: Path
) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    night = nightschool("night", "--json").document
    card = nightschool("adapters", "show", "v0001", "--json").document
    assert night["evaluation"] == card["evaluation"]
    assert list(night["evaluation"]) == ["base", "candidate", "against"]
    assert set(night["evaluation"]["against"]["base"]) == {"recall", "reworded", "canaries"}
    assert card["losses"]["steps"] == 2
    picture = tmp_path / "exam.png"
    done = nightschool("evaluate", "--adapter", "v0001", "--picture", str(picture), "--json")
    assert done.code == 0
    document = done.document
    assert document["adapter"] == "v0001"
    assert document["base"]["asked"] == document["tuned"]["asked"] == 1
    assert document["tuned"]["canary_loss"] > 0
    assert document["against"]["base"]["recall"] == {"won": 0, "lost": 0}
    assert picture.read_bytes().startswith(b"\x89PNG")
    shown = nightschool("evaluate", "--adapter", "v0001").out
    assert "v0001" in shown
    assert "Refusals" in shown
    assert school.exports.exists()


def test_a_picture_of_the_base_alone_is_refused_in_one_line(
    nightschool: Command, school: Home, tmp_path: Path
) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    picture = tmp_path / "exam.png"
    done = nightschool("evaluate", "--adapter", "base", "--picture", str(picture))
    assert done.code == 1
    assert "needs an adapter" in done.err
    assert not picture.exists()
    assert school.config.exists()


def test_the_base_alone_has_no_other_side(
    nightschool: Command, school: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    scores = ExamScores(asked=3, recalled=2, loss=1.25)
    child = tmp_path / "python"
    line = json.dumps(ExamResult(Evaluation(scores), 2.5).to_json())
    child.write_text(f"#!/bin/sh\necho '{line}'\n")
    child.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(child))
    document = nightschool("evaluate", "--adapter", "base", "--json").document
    assert list(document) == ["adapter", "base", "tuned", "against", "seconds"]
    assert document["base"] == asdict(scores)
    assert (document["tuned"], document["against"], document["seconds"]) == (None, None, 2.5)
    shown = nightschool("evaluate", "--adapter", "base").out
    assert "2 of 3" in shown
    assert "1.25" in shown
    assert school.exports.exists()
