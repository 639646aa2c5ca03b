"""The command line as a person meets it: arguments in; exit code, output and errors out."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.cli import main
from bot.home import Home
from tests.bot.cli.trainer_in_process import TrainerInProcess


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Standard output as the one JSON document that it must be."""
        return json.loads(self.out)


Command = Callable[..., Done]
Version = Callable[..., None]


@pytest.fixture
def nightschool(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs `nightschool ARGUMENTS` in this process."""

    def run(*arguments: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["nightschool", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Done(int(ended.value.code or 0), captured.out, captured.err)

    return run


@pytest.fixture
def school(home: Home, tiny_folder: Path, cache: Path) -> Home:  # noqa: ARG001  for its answers
    """A home with a tiny model and short trainings."""
    home.config.write_text(
        f'model = "{tiny_folder}"\n[training]\niters = 2\nreplay = 0\nvariants = 0\n'
        "talks = 0\nrewordings = 0\nrank = 4\n"
    )
    return home


@pytest.fixture
def training_school(school: Home, steady: None, monkeypatch: pytest.MonkeyPatch) -> Home:  # noqa: ARG001  threads stay
    """That home, where the trainer runs within this process and its exam is a short one.

    The answers are cut after a few tokens: a model with random weights never ends one by itself.
    """
    for name in ("evaluation.runner.LENGTH", "evaluation.runner.EXTRA_TOKENS"):
        monkeypatch.setattr(f"trainer.{name}", 4)
    monkeypatch.setattr("trainer.augmentation.replay.LENGTH", 4)
    # In that module alone: the trainer starts a process of its own on a Mac.
    names = {name: getattr(subprocess, name) for name in ("PIPE", "DEVNULL", "TimeoutExpired")}
    stand_in = SimpleNamespace(Popen=TrainerInProcess, **names)
    monkeypatch.setattr("bot.nights.trainer_process.subprocess", stand_in)
    return school


@pytest.fixture
def version(home: Home) -> Version:
    """Makes a version that exists and is not promoted."""

    def make(name: str, *examples: int) -> None:
        folder = home.adapters / name
        folder.mkdir(parents=True)
        (folder / "adapters.safetensors").touch()
        (folder / "adapter_config.json").write_text("{}")
        card = {
            "version": name,
            "base_model": "served",
            "example_ids": examples,
            "verdict": "promoted",
            "reason": "It knows more.",
            "notes": ["Memory was short."],
            "mastery": {"asked": 2, "mastered": 1, "missing": [1]},
            "created_at": "2026-01-31T02:03:04+00:00",
        }
        (folder / "card.json").write_text(json.dumps(card))

    return make
