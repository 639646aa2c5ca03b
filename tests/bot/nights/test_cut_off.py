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
from bot.nights.runner import NightRunner
from bot.settings import load_settings
from bot.store import Store
from tests.tiny_models import build_model
from trainer.adapters.registry import Registry
from trainer.models.loading import load
from trainer.results.progress import Progress

STEPS = 30
# A night in a process of its own that ends itself, as kill -9 would, around one of its steps.
SCRIPT = """
import os, signal, sys
from pathlib import Path
import bot.nights.steps
from bot.nights.runner import NightRunner
from bot.home import Home
from bot.settings import load_settings
from bot.store import Store
from trainer.evaluation.gate import Verdict
from trainer.adapters.registry import Registry

where, when, name = sys.argv[1:]
owner = {"night": bot.nights.steps, "registry": Registry}[where]
step = getattr(owner, name)

def killed(*arguments, **keywords):
    if when == "after":
        step(*arguments, **keywords)
    os.kill(os.getpid(), signal.SIGKILL)

setattr(owner, name, killed)
home = Home(Path(os.environ["NIGHTSCHOOL_HOME"]))
store, registry = Store(home.database), Registry(home.adapters)
# The tiny model learns nothing; it is promoted all the same.
bot.nights.steps.decide = lambda _: Verdict(True, "for the test")
NightRunner(home, load_settings(home), store, registry).run(force=True)
"""


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_model(tmp_path_factory.mktemp("models") / "llama")


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
        f"[training]\niters = {STEPS}\nreplay = 0\nvariants = 0\nrank = 4\n"
    )
    curation.teach("When is lunch?", "At noon.", "U1")
    runner = NightRunner(home, load_settings(home), store, registry)
    yield runner
    runner.stop()


class Killer:
    """Kills the trainer when its progress comes to some point, once."""

    def __init__(self, phase: str, step: int = 0) -> None:
        self._point = phase, step
        self.done = False

    def __call__(self, progress: Progress) -> None:
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


def test_a_trainer_that_is_killed_leaves_nothing_and_the_next_night_goes_on(
    nights: NightRunner, registry: Registry, home: Home
) -> None:
    for kill in (Killer("load"), Killer("check"), Killer("train", 2)):
        outcome = nights.run(on_progress=kill)
        assert kill.done
        assert (outcome.status, outcome.version) == ("failed", None)
        assert "signal 9" in outcome.reason
        assert registry.versions() == []
        assert not list(home.adapters.glob(".staging-*"))
    heard: list[Progress] = []
    outcome = nights.run(on_progress=heard.append)
    assert (outcome.status, outcome.version) == ("rejected", "v0001")
    steps = [line.step or 0 for line in heard if line.phase == "train"]
    assert steps[0] >= 1
    assert steps[-1] == STEPS
    note, *_ = registry.card("v0001").notes
    assert note == f"It went on from step {steps[0]} of a run that was cut off."
    assert not list(home.runs.glob(f"*/{CHECKPOINT}"))


def test_a_trainer_that_is_killed_during_its_exam_trains_only_the_last_steps_again(
    nights: NightRunner, registry: Registry
) -> None:
    assert nights.run(on_progress=Killer("evaluate", 1)).status == "failed"
    assert registry.versions() == []
    heard: list[Progress] = []
    assert nights.run(on_progress=heard.append).version == "v0001"
    assert next(line for line in heard if line.phase == "train").step == STEPS - 1


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
    monkeypatch: pytest.MonkeyPatch,
    point: str,
    listed: list[str],
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
    done = subprocess.run([sys.executable, "-c", SCRIPT, *point.split()], timeout=120, check=False)
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
