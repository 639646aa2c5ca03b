"""`nightschool night` and `train`: options in; progress, results and errors out."""

import io
import json
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from rich.console import Console

from bot.cli.context import Context
from bot.cli.nights import ProgressBar, figures
from bot.home import Home
from bot.nights import report
from bot.nights.launch import Workers
from bot.nights.runner import NightResult, NightRunner
from bot.nights.training import Training
from bot.store import Store
from tests.bot.cli.conftest import Command
from tests.bot.instant_training import InstantTraining
from tests.tiny_models import build_model
from trainer.results.progress import Progress
from trainer.results.run import RunResult


def lessons(folder: Path) -> Path:
    """A folder with one lesson to train on."""
    folder.mkdir()
    (folder / "train.jsonl").write_text(json.dumps({"prompt": "When?", "completion": "Now."}))
    return folder


def test_a_dry_run_prints_what_the_settings_and_the_options_come_to(
    nightschool: Command, home: Home, tmp_path: Path
) -> None:
    home.config.write_text('model = "from-file"\n[training]\niters = 77\n')
    data, out = str(lessons(tmp_path / "lessons")), tmp_path / "out"
    command = ("train", "--data", data, "--out", str(out), "--rank", "3", "--dry-run", "--json")
    script = nightschool(*command).document["script"]
    assert re.search(r"iters\W+77\b", script)
    assert re.search(r"rank\W+3\b", script)
    assert "from-file" in script
    other = nightschool(*command, "--model", "other").document["script"]
    assert "other" in other
    assert "from-file" not in other
    assert not out.exists()


def test_a_dry_run_names_the_rows_whose_reasoning_mlx_lm_would_train(
    nightschool: Command, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    rows = [{"prompt": "Q?", "completion": said} for said in ("A.", "<think>plan</think>A.")]
    (data / "train.jsonl").write_text("\n".join(map(json.dumps, rows)))
    done = nightschool("train", "--data", str(data), "--out", str(tmp_path / "out"), "--dry-run")
    assert done.code == 0
    assert "train.jsonl as it stands there (line 2)" in done.err


def test_a_dry_run_names_the_rows_that_mlx_lm_would_cut(
    nightschool: Command, tmp_path: Path
) -> None:
    """On standard error and in JSON; what cannot be counted is said as well."""
    data, model = lessons(tmp_path / "lessons"), build_model(tmp_path / "model")
    long = json.dumps({"prompt": "Why?", "completion": "So. " * 50})
    with (data / "train.jsonl").open("a") as file:
        file.write(f"\n{long}\n")
    asked = ("train", "--data", str(data), "--out", str(tmp_path / "out"), "--dry-run")
    limited = (*asked, "--model", str(model), "--max-seq-length", "120")
    done = nightschool(*limited, "--json")
    (row,) = done.document["long_rows"]
    assert (row["file"], row["line"], row["limit"]) == ("train.jsonl", 2, 120)
    assert row["tokens"] > 200
    assert "train.jsonl, line 2 (" in nightschool(*limited).err
    other = nightschool(*asked, "--model", "else/where", "--json")
    assert other.document["long_rows"] == []
    assert "else/where is not on this disk yet" in other.err


def test_a_training_does_not_write_over_what_is_there(nightschool: Command, tmp_path: Path) -> None:
    data = lessons(tmp_path / "lessons")
    done = nightschool("train", "--data", str(data), "--out", str(data))
    assert done.code == 1
    assert done.err.endswith("is not empty: choose another folder for the adapter.\n")


def test_a_night_that_failed_says_why_and_is_1(
    nightschool: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []

    def run(_: object, **options: Any) -> NightResult:
        asked.append(options)
        return NightResult(1, "failed", None, "The trainer broke off.", 0, 1.0, None)

    monkeypatch.setattr("bot.nights.runner.NightRunner.run", run)
    done = nightschool("night", "--force", "--warm-start", "-n", "2", "--json")
    assert (done.code, done.document["status"]) == (1, "failed")
    assert done.err == "nightschool: The trainer broke off.\n"
    asked[0]["on_progress"](Progress("load"))
    assert (asked[0]["force"], asked[0]["warm_start"], asked[0]["workers"].count) == (True, True, 2)


def test_the_bar_shows_the_figures_that_there_are_after_what_is_trained(tmp_path: Path) -> None:
    context = Context(tmp_path, as_json=False)
    written = io.StringIO()
    context.progress = Console(file=written, force_terminal=True, width=200)
    with ProgressBar(context) as bar:
        progress = Progress("train", step=1, steps=2, loss=0.5, peak_memory_gb=1.25)
        bar.show(progress, "rank 8")
    assert "rank 8, loss 0.500, 1.2 GB" in written.getvalue()


def test_a_night_without_lessons_is_skipped(nightschool: Command) -> None:
    done = nightschool("night", "--json")
    assert done.code == 0
    document = done.document
    assert document["status"] == "skipped"
    assert set(document) == {
        "run",
        "status",
        "version",
        "reason",
        "notes",
        "examples",
        "seconds",
        "evaluation",
    }


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


@pytest.mark.usefixtures("school")
def test_a_night_is_told_which_processes_train_and_how_they_talk(
    nightschool: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Workers | None] = []

    def run(_: NightRunner, *, workers: Workers | None, **_others: object) -> NightResult:
        asked.append(workers)
        return NightResult(1, "skipped", None, "Nothing was taught yet.", 0, 0.0, None)

    monkeypatch.setattr(NightRunner, "run", run)
    nightschool("night", "-n", "2", "--backend", "nccl")
    nightschool("night")
    assert asked == [Workers(2, None, "nccl"), None]


def test_a_host_file_that_is_none_is_one_clear_line(
    nightschool: Command, school: Home, tmp_path: Path
) -> None:
    done = nightschool("night", "--hosts", str(tmp_path / "nowhere.json"))
    assert done.code == 1
    assert "is no list of machines" in done.err
    assert school.config.exists()


def test_a_training_by_hand_goes_on_from_an_adapter_of_another_scale(
    nightschool: Command, training_school: Home
) -> None:
    """What is warm is what the adapter computes, whatever its scale."""
    data = training_school.root / "lessons"
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


@pytest.mark.usefixtures("training_school")
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


@pytest.mark.parametrize(
    ("progress", "said"),
    [
        (Progress("load"), []),
        (Progress("prefer", step=1, steps=8, loss=0.69314), ["loss 0.693"]),
        (
            Progress("train", loss=1.5, tokens_per_second=140.4, peak_memory_gb=1.25),
            ["loss 1.500", "140 tokens/s", "1.2 GB"],
        ),
    ],
)
def test_what_is_known_is_shown(progress: Progress, said: list[str]) -> None:
    assert figures(progress) == said


def test_a_training_by_hand_is_given_what_was_asked_for_and_leaves_no_checkpoint(
    nightschool: Command, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = InstantTraining()
    checked: list[Path] = []
    monkeypatch.setattr("bot.cli.nights.train_child", training)
    monkeypatch.setattr("bot.cli.nights.check_disk", checked.append)
    monkeypatch.setattr("bot.cli.nights.check_power", lambda least: [f"Power is {least}."])
    data, out = lessons(tmp_path / "lessons"), tmp_path / "new" / "a"
    out.mkdir(parents=True)  # an empty folder holds nothing that could be lost
    options = ["--iters", "2", "--replay", "0", "-n", "2"]
    done = nightschool("train", "--data", str(data), "--out", str(out), *options)
    assert done.code == 0
    where, adding = done.out.splitlines()
    assert where == f"The adapter is in {out}."
    assert adding.endswith(f"nightschool adapters add {out}")
    assert "nightschool: iters = 2 is outside the usual" in done.err
    assert "nightschool: Power is 0.\n" in done.err
    (given,) = training.given
    assert (given.data, given.out, given.model) == (data, out, "starter")
    assert (given.settings.iters, given.settings.replay) == (2, 0)
    assert (given.lock, given.log) == (home.training_lock, home.runs / "train.log")
    assert given.workers is not None
    assert given.workers.count == 2
    assert given.checkpoint == out.parent / ".a-checkpoint.safetensors"
    assert not given.checkpoint.exists()
    assert checked == [out.parent]


def test_warnings_of_a_training_are_printed_whole_as_they_come(tmp_path: Path) -> None:
    context, written = Context(tmp_path, as_json=True), io.StringIO()
    context.progress = Console(file=written, force_terminal=False, width=40)
    with ProgressBar(context) as bar:
        bar.show(Progress("check", warnings=("1 row is [too] long: " + "x" * 60,)))
    assert written.getvalue() == f"nightschool: 1 row is [too] long: {'x' * 60}\n"


def test_a_training_by_hand_shows_its_progress_and_says_its_notes(
    nightschool: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[Progress] = []

    class Noted(InstantTraining):
        def __call__(
            self, training: Training, on_progress: Callable[[Progress], None], *_: Any
        ) -> RunResult:
            on_progress(Progress("load"))
            return replace(super().__call__(training, on_progress), notes=("It was tight.",))

    monkeypatch.setattr("bot.cli.nights.train_child", Noted())
    monkeypatch.setattr(ProgressBar, "show", lambda _, progress: shown.append(progress))
    data, out = lessons(tmp_path / "lessons"), tmp_path / "a"
    done = nightschool("train", "--data", str(data), "--out", str(out))
    assert done.out.startswith(f"The adapter is in {out}.\nIt was tight.\n")
    assert shown == [Progress("load"), Progress("train", step=1, steps=1)]


@pytest.mark.parametrize(("status", "code"), [("promoted", 0), ("failed", 1)])
def test_a_night_is_told_in_lines_on_standard_error_where_it_failed(
    nightschool: Command, store: Store, monkeypatch: pytest.MonkeyPatch, status: str, code: int
) -> None:
    run = store.runs.start(1).id
    ended = store.runs.finish(run, status, "So it was.", seconds=1.0)
    result = NightResult(run, status, None, "So it was.", 0, 1.0, None)
    monkeypatch.setattr("bot.nights.runner.NightRunner.run", lambda *_, **__: result)
    done = nightschool("night")
    told, silent = (done.out, done.err) if status == "promoted" else (done.err, done.out)
    assert (done.code, silent) == (code, "")
    assert told.splitlines()[:2] == [report.headline(ended), "So it was."]


def bar_after(root: Path, *steps: int, terminal: bool = True) -> str:
    """What the bar of a training of two steps shows."""
    context = Context(root, as_json=False)
    written = io.StringIO()
    context.progress = Console(file=written, force_terminal=terminal, width=80)
    with ProgressBar(context) as bar:
        for step in steps:
            bar.show(Progress("train", step=step, steps=2))
    return written.getvalue()


def test_the_bar_grows_and_is_shown_on_a_terminal_only(tmp_path: Path) -> None:
    assert bar_after(tmp_path, 0).count("━") > 0
    with ProgressBar(Context(tmp_path, as_json=False)) as bar:
        bar.show(Progress("load"))
        assert (bar._bar.tasks[0].completed, bar._bar.tasks[0].total) == (0, None)
        bar.show(Progress("train", step=2, steps=4))
        assert bar._bar.tasks[0].percentage == 50
    assert bar_after(tmp_path, 2, terminal=False) == ""
