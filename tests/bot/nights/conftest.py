"""A tiny model for nights, and one cache of its answers for all of their trainings."""

from pathlib import Path

import pytest

from tests.tiny_models import build_model


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny llama with random weights, as a folder; not to be changed."""
    return build_model(tmp_path_factory.mktemp("models") / "llama")


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def cache(shared_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where real trainings keep what the tiny model answers, which no test needs twice."""
    monkeypatch.setenv("NIGHTSCHOOL_CACHE", str(shared_cache))
    return shared_cache


@pytest.fixture
def steady(monkeypatch: pytest.MonkeyPatch) -> None:
    """A training in this process leaves its number of threads as it was."""
    monkeypatch.setattr("trainer.hardware.device.settle", lambda: None)
