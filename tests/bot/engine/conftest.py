"""A home with a tiny model, a worker on it, and a real engine process for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.engine.server.worker import Worker
from bot.engine.supervisor import EngineSupervisor
from bot.home import Home
from tests.bot.engine.tiny_model_home import TinyModelHome, make_home, running_worker


@pytest.fixture(scope="module")
def tiny_home(tmp_path_factory: pytest.TempPathFactory) -> TinyModelHome:
    """A tiny llama with two adapters, v0002 promoted; shared by a module, so add, do not change."""
    root: Path = tmp_path_factory.mktemp("home")
    tiny_home = make_home(Home(root))
    tiny_home.add(seed=1)
    tiny_home.add(seed=2, promote=True, rank=8, scale=5.0)
    return tiny_home


@pytest.fixture
def empty_home(tmp_path: Path) -> TinyModelHome:
    """A tiny llama without adapters, for one test."""
    return make_home(Home(tmp_path / "home"))


@pytest.fixture(scope="module")
def worker(tiny_home: TinyModelHome) -> Iterator[Worker]:
    """A worker on the module's home."""
    with running_worker(tiny_home) as worker:
        yield worker


@pytest.fixture(scope="module")
def engine(tiny_home: TinyModelHome) -> Iterator[EngineSupervisor]:
    """A running engine on the module's home."""
    with EngineSupervisor(tiny_home.home, tiny_home.settings) as process:
        process.wait_ready(60)
        yield process
