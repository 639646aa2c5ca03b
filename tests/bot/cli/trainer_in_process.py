"""Runs the trainer within the tests' process, for commands that are about what it computes.

Everything is as in a child, its lines of JSON included, but for the seconds that a Python with mlx
takes to start. That a process of its own is started, read and ended is tested in
`tests/bot/nights/test_trainer_process.py` and `tests/trainer/test_main.py`.
"""

import contextlib
import io
from typing import IO, Any
from unittest.mock import patch

import trainer.__main__ as program

START = ["-P", "-m", "trainer"]


class TrainerInProcess:
    """Stands in for the `subprocess.Popen` of a child that has run to its end."""

    def __init__(self, command: list[str], *, stderr: IO[str], **_: Any) -> None:
        assert command[1:4] == START
        lines = io.StringIO()
        with (
            patch.object(program, "_own_output", lambda: lines),
            patch.object(program, "exit_with_parent", lambda _: None),
            contextlib.redirect_stderr(stderr),
        ):
            self._code = program.main(command[4:])
        self.stdin = None
        self.stdout = io.StringIO(lines.getvalue())

    def wait(self, _: float | None = None) -> int:
        """Returns the exit code."""
        return self._code

    def poll(self) -> int:
        """Returns the exit code: it has ended."""
        return self._code

    def terminate(self) -> None:
        """Does nothing: it has ended."""
