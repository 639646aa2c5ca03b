"""Trainings of nights on the tiny model share what it answers, and leave this process as it was."""

from pathlib import Path

import pytest


@pytest.fixture
def cache(shared_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where real trainings keep what the tiny model answers, which no test needs twice."""
    monkeypatch.setenv("NIGHTSCHOOL_CACHE", str(shared_cache))
    return shared_cache


@pytest.fixture
def steady(monkeypatch: pytest.MonkeyPatch) -> None:
    """A training in this process leaves its number of threads as it was."""
    monkeypatch.setattr("trainer.hardware.device.settle", lambda: None)
