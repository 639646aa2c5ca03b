"""The real `nightschool` commands as processes, on a home of their own."""

import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.environment import changes_settings

NIGHTSCHOOL = [sys.executable, "-c", "from bot.cli import main; main()"]


def run_nightschool(home: Path, *arguments: str, code: int = 0) -> dict[str, Any]:
    """Runs one command with --json and returns its document."""
    done = subprocess.run(
        [*NIGHTSCHOOL, *arguments, "--json", "--home", str(home)],
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == code, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


class Serving:
    """`nightschool serve` (or demo) from start to a clean end."""

    def __init__(self, home: Path, *arguments: str, **environment: str) -> None:
        self._said: list[str] = []
        self._changed = threading.Condition()
        self._killed = False
        direct = {name: value for name, value in os.environ.items() if not changes_settings(name)}
        self._process = subprocess.Popen(
            [*NIGHTSCHOOL, *arguments, "--home", str(home)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**direct, **environment},
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def log(self) -> str:
        """Everything it has printed."""
        return "".join(self._said)

    def kill(self) -> None:
        """Ends it as a power cut does."""
        self._killed = True
        self._process.kill()
        self._process.wait()

    def wait_for(self, pattern: str, timeout: float = 120.0) -> str:
        """The first group of a pattern, once it was printed."""

        def found() -> re.Match[str] | None:
            return re.search(pattern, self.log)

        with self._changed:
            match = self._changed.wait_for(found, timeout)
        assert match, f"{pattern!r} was not printed:\n{self.log}"
        return match[1]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.terminate()
        try:
            code = self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise
        finally:
            self._reader.join(10)
            if self._process.stdout is not None:
                self._process.stdout.close()
        if kind is None and not self._killed:
            assert code == 0, self.log
            assert "Traceback" not in self.log

    def _read(self) -> None:
        if self._process.stdout is None:
            return
        for line in self._process.stdout:
            with self._changed:
                self._said.append(line)
                self._changed.notify_all()
