"""The child process: JSON lines out, one clear line when it fails, gone when it is told to go."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.trainer.pipeline.test_run import line, write
from trainer.__main__ import _temporary_files_in


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write(tmp_path / "data", [line(i) for i in range(3)], [line(1)])


def start(
    tmp_path: Path, data: Path, model: Path, *options: str, **settings: Any
) -> "subprocess.Popen[str]":
    file = tmp_path / "settings.json"
    file.write_text(json.dumps({"iters": 3, "replay": 0.0} | settings))
    command = [sys.executable, "-m", "trainer", "night", "--data", str(data)]
    command += ["--out", str(tmp_path / "out"), "--model", str(model), "--settings", str(file)]
    command += options
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"NIGHTSCHOOL_CACHE": str(tmp_path / "cache")},
    )


def progress(process: "subprocess.Popen[str]") -> Iterator[dict[str, Any]]:
    assert process.stdout is not None
    for text in process.stdout:
        yield json.loads(text)


def test_it_prints_json_lines_and_nothing_else(
    tmp_path: Path, data: Path, tiny_folder: Path
) -> None:
    with start(tmp_path, data, tiny_folder) as process:
        lines = list(progress(process))
        assert process.wait() == 0
    assert lines[0] == {"phase": "load"}
    assert lines[-1]["phase"] == "done"
    assert lines[-1]["out"] == str(tmp_path / "out")
    assert (tmp_path / "out" / "adapter_config.json").is_file()


def test_the_time_for_all_of_it_is_an_option(tmp_path: Path, data: Path, tiny_folder: Path) -> None:
    with start(tmp_path, data, tiny_folder, "--seconds", "0.001") as process:
        *_, last = progress(process)
        assert process.wait() == 0
    assert last["losses"]["steps"] == 0
    assert any("The time was up" in note for note in last["notes"])


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"rank": 0}, "Training setting rank: Input should be greater than or equal to 1."),
        ({"learning_rate": 1e30}, "The training broke down"),
    ],
)
def test_a_failure_is_one_line_and_exit_code_1(
    tmp_path: Path,
    data: Path,
    tiny_folder: Path,
    settings: dict[str, Any],
    error: str,
) -> None:
    with start(tmp_path, data, tiny_folder, **settings) as process:
        lines = list(progress(process))
        assert process.wait() == 1
    assert lines[-1]["phase"] == "failed"
    assert lines[-1]["error"].startswith(error)
    assert "\n" not in lines[-1]["error"]
    assert not (tmp_path / "out" / "adapter_config.json").exists()


def test_it_goes_when_told_to_and_leaves_nothing_that_looks_finished(
    tmp_path: Path, data: Path, tiny_folder: Path
) -> None:
    """Nothing catches the signal, so that one that cannot be caught leaves the same."""
    with start(tmp_path, data, tiny_folder, iters=100_000) as process:
        for said in progress(process):
            if said["phase"] == "train" and said["step"]:
                break
        process.send_signal(signal.SIGTERM)
        assert process.wait() == -signal.SIGTERM
    assert not (tmp_path / "out" / "adapter_config.json").exists()
    assert not (tmp_path / "out" / "adapters.safetensors").exists()


def test_it_goes_when_nobody_listens_any_more(
    tmp_path: Path, data: Path, tiny_folder: Path
) -> None:
    """The parent was killed: its end of the pipe is closed."""
    with start(tmp_path, data, tiny_folder, iters=100_000) as process:
        assert process.stdout is not None
        next(progress(process))
        process.stdout.close()
        assert process.wait() == 1
    assert not (tmp_path / "out" / "adapter_config.json").exists()


def test_temporary_files_of_a_run_lie_in_its_own_folder(tmp_path: Path) -> None:
    """A run that is killed leaves weights there, where the next start sweeps."""
    before = tempfile.tempdir
    with _temporary_files_in(tmp_path / "settings.json"):
        assert Path(tempfile.mkdtemp()).parent == tmp_path
    with _temporary_files_in(None):
        assert tempfile.tempdir == before
    assert tempfile.tempdir == before
