"""Kill -9 at any point of a run: no half adapter is ever listed, and the next night works."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from bot.home import CHECKPOINT, Home
from bot.lessons.curation import Curation
from bot.nights import steps
from bot.nights.runner import NightRunner
from bot.settings import load_settings
from bot.store import Store
from tests.bot.instant_training import InstantTraining
from tests.tiny_models import build_adapter
from trainer.adapters.registry import Registry
from trainer.models.loading import load
from trainer.results.progress import Progress

STEPS = 30
# A night in a process of its own that ends itself, as kill -9 would, around one of its steps. Its
# training has ended by then, so that one stands in for it which leaves an adapter at once.
SCRIPT = """
import os, signal, sys
from pathlib import Path
import bot.nights.steps
from bot.nights.runner import NightRunner
from bot.home import Home
from bot.settings import load_settings
from bot.store import Store
from tests.bot.instant_training import InstantTraining
from trainer.adapters.registry import Registry

where, when, name, adapter = sys.argv[1:]
owner = {"night": bot.nights.steps, "registry": Registry}[where]
step = getattr(owner, name)

def killed(*arguments, **keywords):
    if when == "after":
        step(*arguments, **keywords)
    os.kill(os.getpid(), signal.SIGKILL)

setattr(owner, name, killed)
home = Home(Path(os.environ["NIGHTSCHOOL_HOME"]))
store, registry = Store(home.database), Registry(home.adapters)
bot.nights.steps.train = InstantTraining(Path(adapter))
NightRunner(home, load_settings(home), store, registry).run(force=True)
"""


@pytest.fixture
def registry(home: Home) -> Registry:
    return Registry(home.adapters)


@pytest.fixture
def nights(
    home: Home, store: Store, registry: Registry, tiny_folder: Path, curation: Curation
) -> Iterator[NightRunner]:
    """Nights that leave a checkpoint after every step."""
    home.config.write_text(
        f'model = "{tiny_folder}"\n[night]\ncheckpoint_seconds = 0\n'
        f"[training]\niters = {STEPS}\nreplay = 0\nvariants = 0\nrank = 4\nvalidations = 1\n"
    )
    curation.teach("When is lunch?", "At noon.", "U1")
    runner = NightRunner(home, load_settings(home), store, registry)
    yield runner
    runner.stop()


@pytest.fixture
def instant(tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InstantTraining:
    """Trainings that leave an adapter of the tiny model at once."""
    training = InstantTraining(build_adapter(tmp_path / "adapter", tiny_folder))
    monkeypatch.setattr(steps, "train", training)
    return training


class Killer:
    """Kills the trainer when its progress comes to some point, once."""

    def __init__(self, phase: str, step: int = 0) -> None:
        self._point = phase, step
        self.done = False
        self.heard: list[Progress] = []

    def __call__(self, progress: Progress) -> None:
        self.heard.append(progress)
        phase, step = self._point
        if self.done or progress.phase != phase or (progress.step or 0) < step:
            return
        self.done = True
        for child in psutil.Process(os.getpid()).children():
            if "--checkpoint" in child.cmdline():
                child.kill()


def whole(registry: Registry, model: Path) -> bool:
    """Every version that is listed can be loaded."""
    return all(load(model, registry.path(version)) for version in registry.versions())


def test_a_trainer_that_is_killed_before_its_first_step_leaves_nothing(
    nights: NightRunner, registry: Registry, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = home.root / "python"
    python.write_text(
        "#!/bin/sh\n"
        'while [ "$1" != --out ]; do shift; done; mkdir -p "$2"; touch "$2/adapters.safetensors"\n'
        """echo '{"phase": "load"}'; kill -KILL $$\n"""
    )
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    outcome = nights.run()
    assert (outcome.status, outcome.version) == ("failed", None)
    assert "signal 9" in outcome.reason
    assert registry.versions() == []
    assert not list(home.adapters.glob(".staging-*"))
    assert not list(home.runs.glob(f"*/{CHECKPOINT}"))


@pytest.mark.usefixtures("cache")
def test_a_trainer_that_is_killed_leaves_nothing_and_the_next_night_goes_on(
    nights: NightRunner, registry: Registry, home: Home
) -> None:
    """Killed at its steps, and the next one during its exam; the third trains the last steps."""
    kills = (Killer("train", 2), Killer("evaluate", 1))
    for kill in kills:
        outcome = nights.run(on_progress=kill)
        assert kill.done
        assert (outcome.status, outcome.version) == ("failed", None)
        assert "signal 9" in outcome.reason
        assert registry.versions() == []
        assert not list(home.adapters.glob(".staging-*"))
    trained = [line.step or 0 for line in kills[1].heard if line.phase == "train"]
    assert trained[0] >= 1
    assert trained[-1] == STEPS
    heard: list[Progress] = []
    outcome = nights.run(on_progress=heard.append)
    assert (outcome.status, outcome.version) == ("rejected", "v0001")
    assert next(line for line in heard if line.phase == "train").step == STEPS - 1
    note, *_ = registry.card("v0001").notes
    assert note == f"It went on from step {STEPS - 1} of a run that was cut off."
    assert not list(home.runs.glob(f"*/{CHECKPOINT}"))


@pytest.mark.parametrize(
    ("point", "listed"),
    [
        ("night before write_card", []),
        ("registry after add", ["v0001"]),
        ("registry after promote", ["v0001"]),
    ],
)
def test_a_night_that_is_killed_leaves_whole_adapters_or_none(
    nights: NightRunner,
    store: Store,
    registry: Registry,
    home: Home,
    tiny_folder: Path,
    instant: InstantTraining,
    point: str,
    listed: list[str],
) -> None:
    root = Path(__file__).parents[3]
    variables = os.environ | {"PYTHONPATH": os.pathsep.join([str(root), *filter(None, sys.path)])}
    script = [sys.executable, "-c", SCRIPT, *point.split(), str(instant.adapter)]
    done = subprocess.run(script, env=variables, timeout=120, check=False)
    assert done.returncode == -signal.SIGKILL
    assert registry.versions() == listed
    assert whole(registry, tiny_folder)
    outcome = nights.run(force=True)
    assert outcome.version == f"v{len(listed) + 1:04d}"
    assert whole(registry, tiny_folder)
    assert not list(home.adapters.glob(".staging-*"))
    killed = store.runs.get(1)
    assert killed.status == "failed"
    assert "cut off" in (killed.reason or "")
