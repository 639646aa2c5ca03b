"""A tiny school, and a real engine process for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.engine.supervisor import EngineProcess
from bot.engine.worker import Worker
from bot.home import Home
from tests.bot.engine.school import School, found, opened


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> School:
    """A tiny llama with two adapters, v0002 promoted; shared by a module, so add, do not change."""
    root: Path = tmp_path_factory.mktemp("school")
    school = found(Home(root))
    school.add(seed=1)
    school.add(seed=2, promote=True, rank=8, scale=5.0)
    return school


@pytest.fixture
def own_school(tmp_path: Path) -> School:
    """A tiny llama without adapters, for one test."""
    return found(Home(tmp_path / "school"))


@pytest.fixture(scope="module")
def worker(school: School) -> Iterator[Worker]:
    """A worker on the module's school."""
    with opened(school) as worker:
        yield worker


@pytest.fixture(scope="module")
def engine(school: School) -> Iterator[EngineProcess]:
    """A running engine on the module's school."""
    with EngineProcess(school.home, school.settings) as process:
        process.wait_ready(60)
        yield process
