"""Commands that train: sweep, train, night on several processes; and adapters for other engines."""

import json
import sys
import tomllib
from pathlib import Path

import pytest
from filelock import FileLock

from bot.home import Home
from tests.bot.cli.conftest import Command
from tests.tiny_models import build_model


@pytest.fixture
def school(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home with a tiny model and short trainings."""
    monkeypatch.setenv("NIGHTSCHOOL_CACHE", str(tmp_path / "cache"))
    model = build_model(tmp_path / "model")
    home.config.write_text(
        f'model = "{model}"\n[training]\niters = 2\nreplay = 0\nvariants = 0\ntalks = 0\nrank = 4\n'
    )
    return home


def test_a_sweep_shows_all_trials_and_changes_nothing(nightschool: Command, school: Home) -> None:
    before = school.config.read_text()
    nightschool("teach", "When is lunch?", "At noon.")
    done = nightschool(
        "sweep", "--learning-rates", "1e-4,1e-3", "--ranks", "2", "--layers", "1", "--json"
    )
    assert done.code == 0
    document = done.document
    points = [trial["point"]["learning_rate"] for trial in document["trials"]]
    assert sorted(points) == [1e-4, 1e-3]
    assert {trial["asked"] for trial in document["trials"]} == {1}
    assert document["left_out"] == []
    assert Path(document["picture"]).read_bytes().startswith(b"\x89PNG")
    assert document["adopted"] is False
    assert school.config.read_text() == before


@pytest.mark.usefixtures("school")
def test_a_combination_that_breaks_down_does_not_cost_the_others(nightschool: Command) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    options = ["--learning-rates", "1e30,1e-3", "--ranks", "2", "--layers", "1"]
    done = nightschool("sweep", *options, "--json")
    assert done.code == 0
    worked, failed = done.document["trials"]
    assert (worked["point"]["learning_rate"], worked["asked"]) == (1e-3, 1)
    assert (failed["asked"], failed["promoted"]) == (0, False)
    assert "lower the learning rate" in failed["reason"]


def test_a_sweep_that_breaks_off_leaves_no_lessons_behind(
    nightschool: Command, school: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bot.nights.sweep.train", broken)
    nightschool("teach", "When is lunch?", "At noon.")
    assert nightschool("sweep").code == 1
    assert not (school.sweep / "data").exists()


def test_a_sweep_that_has_no_time_tries_one_and_adopts_only_what_passes(
    nightschool: Command, school: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tiny model learns nothing, so the gate is told to be content."""
    nightschool("teach", "When is lunch?", "At noon.")
    options = ["sweep", "--minutes", "0.001", "--ranks", "2,3", "--layers", "1", "--adopt"]
    refused = nightschool(*options)
    assert "None would pass the gate" in refused.out
    assert "No time was left for 5 more" in refused.out
    assert tomllib.loads(school.config.read_text())["training"]["rank"] == 4
    from trainer.evaluation.gate import Verdict  # noqa: PLC0415

    monkeypatch.setattr("trainer.pipeline.sweep.decide", lambda _: Verdict(True, "content"))
    adopted = nightschool(*options, "--json").document
    assert adopted["adopted"] is True
    written = tomllib.loads(school.config.read_text())["training"]
    assert (written["rank"], written["layers"], written["iters"]) == (2, 1, 2)


@pytest.mark.parametrize(
    "command", [["sweep"], ["train", "--data", "{data}", "--out", "{data}/out"], ["night"]]
)
def test_never_two_train(nightschool: Command, school: Home, command: list[str]) -> None:
    school.prepare()
    data = school.root / "lessons"
    data.mkdir()
    (data / "train.jsonl").write_text(json.dumps({"prompt": "When?", "completion": "Now."}))
    with FileLock(school.night_lock):
        done = nightschool(*(word.format(data=data) for word in command))
    assert done.code == 1
    assert done.err.endswith("nightschool: A night is already running; wait until it is done.\n")


def test_a_host_file_that_is_none_is_one_clear_line(
    nightschool: Command, school: Home, tmp_path: Path
) -> None:
    done = nightschool("night", "--hosts", str(tmp_path / "nowhere.json"))
    assert done.code == 1
    assert "is no list of machines" in done.err
    assert school.config.exists()


def test_a_training_by_hand_goes_on_from_an_adapter_of_another_scale(
    nightschool: Command, school: Home
) -> None:
    """What is warm is what the adapter computes, whatever its scale."""
    data = school.root / "lessons"
    data.mkdir()
    (data / "train.jsonl").write_text(json.dumps({"prompt": "When?", "completion": "Now."}))
    options = ["train", "--data", str(data), "--json", "--iters", "4", "--learning-rate", "1e-2"]
    first = nightschool(*options, "--out", str(data / "a"), "--scale", "10").document
    again = [*options, "--out", str(data / "b"), "--scale", "20", "--warm-start", str(data / "a")]
    second = nightschool(*again).document
    assert second["notes"] == ["It went on from a (warm start)."]
    assert second["losses"]["valid_before"] == pytest.approx(first["losses"]["valid"], rel=1e-3)
    assert sorted(p.name for p in data.iterdir()) == ["a", "b", "train.jsonl"]


def test_a_training_that_nobody_foresaw_to_fail_keeps_its_log(
    nightschool: Command, school: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = school.root / "lessons"
    data.mkdir()
    (data / "train.jsonl").write_text(json.dumps({"prompt": "When?", "completion": "Now."}))
    child = tmp_path / "python"
    line = json.dumps({"phase": "failed", "error": "It broke off.", "unexpected": True})
    child.write_text(f"#!/bin/sh\necho why >&2\necho '{line}'\nexit 1\n")
    child.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(child))
    done = nightschool("train", "--data", str(data), "--out", str(data / "a"))
    kept = school.runs / "train.log"
    assert done.code == 1
    assert done.err.endswith(f"nightschool: It broke off; the log {kept} says where.\n")
    assert kept.read_text() == "why\n"


@pytest.mark.usefixtures("school")
def test_a_refused_training_leaves_nothing_behind(nightschool: Command, tmp_path: Path) -> None:
    data = tmp_path / "lessons"
    data.mkdir()
    (data / "train.jsonl").write_text("{")
    done = nightschool("train", "--data", str(data), "--out", str(data / "a"))
    assert done.code == 1
    assert "train.jsonl, line 1: not JSON" in done.err
    assert not list(data.glob(".*"))


@pytest.mark.usefixtures("school")
def test_an_impossible_setting_of_a_training_is_one_line(
    nightschool: Command, tmp_path: Path
) -> None:
    data, out = str(tmp_path), str(tmp_path / "a")
    done = nightschool("train", "--data", data, "--out", out, "--iters", "0")
    assert done.code == 1
    assert "Training setting iters" in done.err
