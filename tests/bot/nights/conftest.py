"""Trainings of nights on the tiny model share what it answers, and leave this process as it was."""

import pytest


@pytest.fixture
def steady(monkeypatch: pytest.MonkeyPatch) -> None:
    """A training in this process leaves its number of threads as it was."""
    monkeypatch.setattr("trainer.hardware.device.settle", lambda: None)
