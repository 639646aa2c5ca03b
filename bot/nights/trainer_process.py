"""Runs the trainer as a child process: starts it, reads its progress and result, and ends it.

This module knows no database; the caller decides what to do with the progress.
"""

import json
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, TypeVar

from bot.errors import MemoryShortError, TrainingError
from bot.interpreter import child_environment, python
from bot.nights.launch import Workers
from trainer.planning.memory import out_of_memory
from trainer.results.progress import DONE, FAILED, Failure, Progress

Result = TypeVar("Result")
TERMINATION_SECONDS = 10.0
"""How long a child may take to end after SIGTERM before it is killed."""
_LINES = 40
"""How many lines of the log's end are searched for why a process died."""
_CRASHES = (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS)
"""Signals by which mlx ends where it gets no memory: on a CPU it does not raise an error."""


class TrainerProcess:
    """One run of `python -m trainer`, whose last line of output is the result."""

    def __init__(self, arguments: list[str], log: Path, workers: Workers | None = None) -> None:
        """Prepares a run.

        Args:
            arguments: the arguments after `python -m trainer`.
            log: the file that takes the child's standard error; it is overwritten.
            workers: the processes that train together; None for a single one.
        """
        command = python("trainer", *arguments)
        self._command = workers.command(command) if workers else command
        # mlx.launch reads its input and spins where there is none.
        self._input = subprocess.PIPE if workers else subprocess.DEVNULL
        self._log = log
        self._process: subprocess.Popen[str] | None = None
        self._stopped = threading.Event()

    def run(
        self,
        read: Callable[[Mapping[str, Any]], Result],
        on_progress: Callable[[Progress], None] = lambda _: None,
    ) -> Result:
        """Runs the child to its end and returns its result.

        Args:
            read: makes the result out of the last line, such as `RunResult.from_json`.
            on_progress: called with every line of progress, the last one included, in this thread.

        Raises:
            MemoryShortError: the training did not fit into memory.
            TrainingError: the child failed, was stopped, or ended without a result.
        """
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._killed_before = _killed_for_memory()
        with self._log.open("w", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=self._input,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                encoding="utf-8",
                env=child_environment(),
            )
            if self._stopped.is_set():
                # `stop` was called before there was a process to end.
                self._process.terminate()
            try:
                return read(self._follow(self._process, on_progress))
            finally:
                self._end(self._process)

    def stop(self) -> None:
        """Ends the child; `run` then raises a TrainingError that says so. Safe from any thread."""
        self._stopped.set()
        if self._process is not None:
            self._process.terminate()

    def _follow(
        self, process: "subprocess.Popen[str]", on_progress: Callable[[Progress], None]
    ) -> Mapping[str, Any]:
        """Reads the child's lines to their end and returns the last one.

        Raises:
            MemoryShortError: the training did not fit into memory.
            TrainingError: the child failed or was stopped.
        """
        if process.stdout is None:
            raise TypeError("the child has no standard output")
        last: Mapping[str, Any] = {}
        for last in _lines(process.stdout):
            on_progress(Progress.from_json(last))
        code = process.wait()
        if self._stopped.is_set():
            raise TrainingError("The training was stopped; nothing was changed.")
        if code == 0 and last.get("phase") == DONE:
            return last
        if last.get("phase") == FAILED:
            failure = Failure.from_json(last)
            kind = MemoryShortError if failure.memory else TrainingError
            error = failure.error
            if failure.unexpected:
                error = f"{error.rstrip('.')}; the log {self._log} says where."
            raise kind(error)
        if self._died_of_memory(code):
            raise MemoryShortError("The model and its training do not fit into memory.")
        how = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
        raise TrainingError(f"The training {how}; the log {self._log} ends with: {self._tail()}")

    def _died_of_memory(self, code: int) -> bool:
        if code == -signal.SIGKILL:
            return _killed_for_memory() > self._killed_before
        text = "\n".join(self._last_lines())
        # mlx.launch ends with code 0, whatever happened to the processes that it started.
        crashed = any(f"exited with code -{int(crash)}\n" in text for crash in _CRASHES)
        return -code in _CRASHES or crashed or out_of_memory(text)

    def _tail(self) -> str:
        lines = self._last_lines()
        return next((line.strip() for line in reversed(lines) if line.strip()), "nothing")

    def _last_lines(self) -> list[str]:
        text = self._log.read_text(encoding="utf-8", errors="replace")
        return list(deque(text.split("\n"), _LINES))

    @staticmethod
    def _end(process: "subprocess.Popen[str]") -> None:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(TERMINATION_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def _killed_for_memory() -> int:
    """Returns how many processes Linux has killed so far for want of memory; 0 elsewhere."""
    try:
        text = Path("/proc/vmstat").read_text(encoding="ascii")
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in text.splitlines() if "oom_kill " in line), 0)


def _lines(stream: IO[str]) -> Iterator[Mapping[str, Any]]:
    """Yields the JSON objects with a `phase`, one a line; other lines are skipped."""
    for line in stream:
        try:
            value = json.loads(line)
        except ValueError:
            continue  # a library's own printing; progress is JSON
        if isinstance(value, dict) and "phase" in value:
            yield value
