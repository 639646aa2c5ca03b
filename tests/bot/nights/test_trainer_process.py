"""The trainer as a child: its lines become progress and a result, and its end a clear word."""

import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.errors import MemoryShortError, TrainingError
from bot.nights import trainer_process
from bot.nights.launch import Workers
from bot.nights.trainer_process import TrainerProcess
from trainer.results.progress import Progress
from trainer.results.run import FusedModel

Script = Callable[[str], TrainerProcess]


@pytest.fixture
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Script:
    """A trainer that is a shell script."""

    def make(script: str) -> TrainerProcess:
        python = tmp_path / "python"
        python.write_text(f"#!/bin/sh\n{script}\n")
        python.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(python))
        return TrainerProcess(["fuse"], tmp_path / "logs" / "fuse.log")

    return make


def test_lines_are_progress_and_the_last_one_is_the_result(child: Script) -> None:
    heard: list[Progress] = []
    process = child(
        """echo '{"phase": "train", "step": 2, "steps": 9, "loss": 0.5}'
        echo 'Fetching 3 files'
        echo '{"no phase": 1}'
        echo '[1]'
        echo '{"phase": "done", "compared": 6, "agreed": 5}'"""
    )
    assert process.run(FusedModel.from_json, heard.append) == FusedModel(6, 5)
    assert heard == [Progress("train", step=2, steps=9, loss=0.5), Progress("done")]


@pytest.mark.parametrize(
    ("line", "kind", "said"),
    [
        ('{"phase": "failed", "error": "No model."}', TrainingError, "No model."),
        (
            '{"phase": "failed", "error": "Too much.", "memory": true}',
            MemoryShortError,
            "Too much.",
        ),
        ('{"phase": "failed"}', TrainingError, "the training failed"),
    ],
)
def test_a_failure_is_raised_with_its_own_words(
    child: Script, line: str, kind: type[Exception], said: str
) -> None:
    with pytest.raises(TrainingError) as caught:
        child(f"echo '{line}'; exit 1").run(FusedModel.from_json)
    assert type(caught.value) is kind
    assert str(caught.value) == said


def test_an_unexpected_failure_names_the_log(child: Script, tmp_path: Path) -> None:
    line = '{"phase": "failed", "error": "It broke off.", "unexpected": true}'
    with pytest.raises(TrainingError) as caught:
        child(f"echo '{line}'; exit 1").run(FusedModel.from_json)
    log = tmp_path / "logs" / "fuse.log"
    assert str(caught.value) == f"It broke off; the log {log} says where."


@pytest.mark.parametrize("script", ["exit 3", """echo '{"phase": "done"}'; exit 3"""])
def test_an_exit_code_is_a_failure_whatever_was_said(child: Script, script: str) -> None:
    with pytest.raises(TrainingError, match=r"ended with code 3; the log .* ends with: why"):
        child(f"echo why >&2; {script}").run(FusedModel.from_json)


def test_a_child_that_says_nothing_has_failed(child: Script) -> None:
    with pytest.raises(TrainingError, match="ended with code 0"):
        child("true").run(FusedModel.from_json)


def test_a_child_that_was_stopped_before_it_began_changes_nothing(child: Script) -> None:
    process = child("""echo '{"phase": "done"}'""")
    process.stop()
    with pytest.raises(TrainingError, match="was stopped"):
        process.run(FusedModel.from_json)


@pytest.mark.parametrize(
    "script",
    [
        "kill -SEGV $$",
        "echo 'Node 1 exited with code -11' >&2",
        "echo '[metal::malloc] Attempting to allocate 9 bytes' >&2; exit 1",
    ],
    ids=["signal", "signal of a worker", "log"],
)
def test_an_end_for_want_of_memory_is_recognised(child: Script, script: str) -> None:
    """mlx.launch ends well whatever becomes of its workers, and tells it in the log."""
    with pytest.raises(MemoryShortError, match="do not fit into memory"):
        child(script).run(FusedModel.from_json)


@pytest.mark.parametrize(("killed", "kind"), [(3, TrainingError), (4, MemoryShortError)])
def test_a_killed_child_lacked_memory_only_if_the_system_has_killed_for_it(
    child: Script, monkeypatch: pytest.MonkeyPatch, killed: int, kind: type[Exception]
) -> None:
    counts = iter([3, killed])
    monkeypatch.setattr(trainer_process, "_killed_for_memory", lambda: next(counts))
    with pytest.raises(TrainingError) as caught:
        child("kill -KILL $$").run(FusedModel.from_json)
    assert type(caught.value) is kind


def test_the_last_line_of_the_log_is_told(child: Script) -> None:
    with pytest.raises(TrainingError, match=r"ends with: why$"):
        child("echo first >&2; echo why >&2; echo >&2; exit 3").run(FusedModel.from_json)


def test_a_child_is_stopped_while_it_runs(child: Script) -> None:
    process = child("""echo '{"phase": "train"}'; exec sleep 600""")
    with pytest.raises(TrainingError, match="was stopped"):
        process.run(FusedModel.from_json, lambda _: process.stop())


def test_a_child_that_does_not_end_when_it_is_asked_to_is_killed(
    child: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trainer_process, "TERMINATION_SECONDS", 0.1)
    process = child("""trap '' TERM; echo '{"phase": "train"}'; while :; do sleep 1; done""")

    def broken(_: Progress) -> None:
        raise RuntimeError("for the test")

    with pytest.raises(RuntimeError, match="for the test"):
        process.run(FusedModel.from_json, broken)
    assert process._process is not None
    assert process._process.returncode == -signal.SIGKILL


def test_of_a_long_log_the_end_is_read_whatever_bytes_it_holds(child: Script) -> None:
    early = "echo '[metal::malloc] Attempting to allocate 9 bytes' >&2"
    many = "n=0; while [ $n -lt 60 ]; do echo line $n >&2; n=$((n+1)); done"
    with pytest.raises(TrainingError, match=r"ends with: line 59$") as caught:
        child(f"printf '\\377\\n' >&2; {early}; {many}; exit 3").run(FusedModel.from_json)
    assert type(caught.value) is TrainingError


def test_several_processes_are_started_by_a_launcher_with_an_open_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The launcher spins where its input has ended."""
    launcher = tmp_path / "mlx.launch"
    done = '{"phase": "done", "compared": 1, "agreed": 1}'
    launcher.write_text(f"#!/bin/sh\ntest -p /dev/fd/0 || exit 3\necho '{done}'\n")
    launcher.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    process = TrainerProcess(["night"], tmp_path / "night.log", Workers(2))
    assert process.run(FusedModel.from_json) == FusedModel(1, 1)


def test_kills_for_want_of_memory_are_read_from_the_kernels_own_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counters = tmp_path / "vmstat"
    monkeypatch.setattr(trainer_process, "Path", lambda _: counters)
    assert trainer_process._killed_for_memory() == 0  # not Linux
    counters.write_text("pgfault 12\noom_kill_group 7\noom_kill 3\n")
    assert trainer_process._killed_for_memory() == 3
    counters.write_text("pgfault 12\n")
    assert trainer_process._killed_for_memory() == 0


def test_a_child_that_was_stopped_before_it_began_is_ended_at_once(child: Script) -> None:
    process = child("exec sleep 600")
    process.stop()
    with pytest.raises(TrainingError, match="was stopped"):
        process.run(FusedModel.from_json)
    assert process._process is not None
    assert process._process.returncode == -signal.SIGTERM
