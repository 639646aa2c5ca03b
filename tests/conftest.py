"""Every test has a home of its own and sees nothing of the machine's settings."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import structlog

from bot.feedback.comparisons import ComparisonVotes
from bot.feedback.message_changes import MessageChanges
from bot.feedback.ratings import ReplyRatings
from bot.home import Home
from bot.lessons.curation import Curation
from bot.settings import Settings, load_settings
from bot.store import Store
from tests.environment import changes_settings

# The same examples in every run: a test that fails by chance helps nobody.
hypothesis.settings.register_profile("repeatable", derandomize=True, database=None, deadline=None)
hypothesis.settings.load_profile("repeatable")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Lets the files that may take longest begin first; `make test` keeps this order.

    One of two workers is then never left alone with them at the end.
    """
    items.sort(key=_longest_first)


def _longest_first(item: pytest.Item) -> float:
    marker = item.get_closest_marker("timeout")
    return -float(marker.args[0]) if marker else 0.0


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """An empty home that commands find without being told."""
    for variable in filter(changes_settings, list(os.environ)):
        monkeypatch.delenv(variable)
    root = tmp_path / "home"
    root.mkdir()
    monkeypatch.setenv("NIGHTSCHOOL_HOME", str(root))
    return Home(root)


@pytest.fixture(autouse=True)
def own_logging() -> Iterator[None]:
    """What a command sets up for its own process does not reach the next test."""
    root, ours = logging.getLogger(), logging.getLogger("bot")
    handlers, level, our_level = root.handlers[:], root.level, ours.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)
    ours.setLevel(our_level)


@pytest.fixture(autouse=True)
def own_umask() -> Iterator[None]:
    """The rights that a command takes from new files are its own process's."""
    before = os.umask(0o022)
    os.umask(before)
    yield
    os.umask(before)


@pytest.fixture
def steady(monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of threads stays: another one adds up in another order, and rounds otherwise."""
    monkeypatch.setattr("trainer.hardware.device.settle", lambda: None)


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny llama with random weights, as a folder; not to be changed."""
    from tests.tiny_models import build_model  # noqa: PLC0415  most tests need no mlx

    return build_model(tmp_path_factory.mktemp("models") / "llama")


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's cache, where trainings keep what that model answers to the general questions."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def cache(shared_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where real trainings keep what the tiny model answers, which no test needs twice."""
    monkeypatch.setenv("NIGHTSCHOOL_CACHE", str(shared_cache))
    return shared_cache


@pytest.fixture
def settings(home: Home) -> Settings:
    """The defaults."""
    return load_settings(home)


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    """An empty store."""
    home.prepare()
    store = Store(home.database)
    yield store
    store.close()


@pytest.fixture
def curation(store: Store, settings: Settings) -> Curation:
    """What looks after that store's lessons."""
    return Curation(store, settings)


@pytest.fixture
def ratings(store: Store, settings: Settings) -> ReplyRatings:
    """What takes thumbs and corrections there."""
    return ReplyRatings(store, settings)


@pytest.fixture
def votes(store: Store, settings: Settings) -> ComparisonVotes:
    """What takes votes there."""
    return ComparisonVotes(store, settings)


@pytest.fixture
def message_changes(store: Store, curation: Curation) -> MessageChanges:
    """What takes edits and deletions of messages there."""
    return MessageChanges(store, curation)
