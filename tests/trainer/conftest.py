"""Models for the trainer's tests: tiny random ones, and the starter."""

from pathlib import Path

import pytest

from tests.tiny_models import Architecture, build_model
from trainer.models.loading import STARTER, LoadedModel, load, resolve


@pytest.fixture
def tiny(tiny_folder: Path) -> LoadedModel:
    """The tiny llama, loaded anew: tests put layers on it."""
    return load(tiny_folder)


@pytest.fixture(params=["llama", "qwen3", "qwen3_moe", "gemma3_text"])
def any_tiny(request: pytest.FixtureRequest, tmp_path: Path) -> LoadedModel:
    """A tiny model of each of several architectures."""
    architecture: Architecture = request.param
    return load(build_model(tmp_path / architecture, architecture))


@pytest.fixture(scope="session")
def starter_folder() -> Path:
    """The starter model, unpacked into the user's cache if it was not there."""
    return resolve(STARTER)


@pytest.fixture
def starter(starter_folder: Path) -> LoadedModel:
    """The starter model, loaded anew."""
    return load(starter_folder)
