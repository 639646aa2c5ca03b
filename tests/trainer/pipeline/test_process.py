"""The processes of a run: which one reports, that one trains at a time, and none is left behind."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from trainer.errors import TrainingError
from trainer.pipeline.process import exclusive, is_first_process

# A child that ends with its parent, or with the process that it is given.
CHILD = """
import sys, time
from trainer.pipeline import process
process._POLL_SECONDS = 0.01
process.exit_with_parent(int(sys.argv[1]) if sys.argv[1].isdigit() else None)
print("up", flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize(("rank", "first"), [(None, True), ("0", True), ("1", False)])
def test_the_process_with_rank_0_or_without_a_rank_is_the_first(
    monkeypatch: pytest.MonkeyPatch, rank: str | None, *, first: bool
) -> None:
    monkeypatch.delenv("MLX_RANK", raising=False)
    if rank is not None:
        monkeypatch.setenv("MLX_RANK", rank)
    assert is_first_process() is first


def test_a_second_run_is_refused_while_the_first_holds_the_lock(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with (
        exclusive(lock),
        pytest.raises(TrainingError, match="Another training is running"),
        exclusive(lock, seconds=0),
    ):
        pass
    with FileLock(lock, timeout=0), exclusive(None):
        pass


def start(parent: int, **environment: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(parent)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
    )


def test_a_child_ends_when_the_process_that_it_was_given_ends() -> None:
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with start(other.pid) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "up\n"
        assert other.stdin is not None
        other.stdin.close()
        other.wait()
        assert child.wait(30) == 1


def test_a_child_of_a_process_that_has_ended_does_not_begin() -> None:
    other = subprocess.Popen([sys.executable, "-c", ""])
    other.wait()
    with start(other.pid) as child:
        assert child.communicate(timeout=60) == ("", "")
        assert child.returncode == 1


def test_on_other_machines_the_process_that_it_was_given_is_not_looked_for() -> None:
    other = subprocess.Popen([sys.executable, "-c", ""])
    other.wait()
    with start(other.pid, MLX_RANK="1") as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "up\n"
        child.terminate()


def test_a_child_ends_when_its_own_parent_is_killed() -> None:
    parent_code = (
        "import subprocess, sys\n"
        "subprocess.Popen([sys.executable, '-c', sys.argv[1], 'none']).wait()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", parent_code, CHILD], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == "up\n"
    parent.kill()
    # The child holds the other end of the pipe, which closes with it.
    rest, _ = parent.communicate(timeout=60)
    assert rest == ""
