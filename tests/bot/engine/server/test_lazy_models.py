"""A model that is missing costs one look a minute, and is used as soon as it is there."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.engine.server import lazy_models
from bot.engine.server.lazy_models import RETRY_SECONDS, FolderFinder, LazyModel
from bot.engine.server.protocol import ApiError
from tests.trainer.models.test_embedder import build_encoder
from trainer.errors import ModelError
from trainer.models.encoders import BUNDLED, encoder_folder

HUB_NAME = "somebody/some-encoder"


class Clock:
    """A clock that stands still until it is set."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The module's clock."""
    clock = Clock()
    monkeypatch.setattr(lazy_models, "time", clock)
    return clock


def lazy(name: str, make: Callable[[Path], str] = str) -> LazyModel[str]:
    """A lazy model that is the text of its folder."""
    return LazyModel(FolderFinder(name), make, "unavailable")


def refusal(model: LazyModel[str]) -> str:
    with pytest.raises(ApiError) as refused:
        model.get()
    assert (refused.value.status, refused.value.code) == (503, "unavailable")
    return str(refused.value)


def test_a_model_is_loaded_once(tmp_path: Path) -> None:
    folders: list[Path] = []

    def make(folder: Path) -> str:
        folders.append(folder)
        return "loaded"

    model = lazy(str(build_encoder(tmp_path / "encoder")), make)
    assert (model.loaded, model.listed) == (False, True)
    model.prepare()
    assert model.get() == "loaded"
    assert folders == [tmp_path / "encoder"]
    assert (model.loaded, model.listed) == (True, True)


def test_the_bundled_encoder_needs_no_thread() -> None:
    finder = FolderFinder(BUNDLED)
    assert finder.find() == encoder_folder(BUNDLED)
    assert not finder.fetching


def test_a_missing_model_is_looked_for_once_a_minute_and_comes_back(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    model = lazy(str(tmp_path / "encoder"))
    assert "no model folder" in refusal(model)
    assert not model.listed
    build_encoder(tmp_path / "encoder")
    clock.now = 1000 + RETRY_SECONDS - 1
    assert "no model folder" in refusal(model), "it is not looked for at every question"
    clock.now = 1000 + RETRY_SECONDS
    assert model.get() == str(tmp_path / "encoder")
    assert model.listed
    assert len(caplog.records) == 1


def test_a_reason_is_logged_once(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    model = lazy(str(tmp_path / "encoder"))
    for minute in range(3):
        clock.now = 1000 + minute * RETRY_SECONDS
        model.prepare()
    assert len(caplog.records) == 1


def test_where_none_is_wanted_the_setting_is_named_and_nothing_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    model = lazy("")
    assert not model.listed
    assert "answers.embedder" in refusal(model)
    assert not model.listed
    assert caplog.records == []


def test_whatever_fails_in_loading_costs_only_this_model() -> None:
    def fail(_: Path) -> str:
        raise MemoryError("of whatever")

    assert refusal(lazy(BUNDLED, fail)) == (
        "The model beside the chat model cannot be loaded (MemoryError)."
    )


def test_a_hubs_encoder_is_fetched_while_the_answers_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And is used as soon as it is there, without waiting for the next minute."""
    arrived = threading.Event()

    def fetch(_: str) -> Path:
        assert arrived.wait(60)
        return Path("fetched")

    monkeypatch.setattr(lazy_models, "encoder_folder", fetch)
    model = lazy(HUB_NAME)
    for _ in range(2):
        assert refusal(model) == f"The encoder '{HUB_NAME}' is being fetched from the hub."
    (thread,) = [t for t in threading.enumerate() if t.name == f"fetching {HUB_NAME}"]
    arrived.set()
    thread.join(60)
    assert model.get() == "fetched"


def test_a_hub_that_is_away_is_asked_again_after_a_minute(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    asked = 0

    def fetch(_: str) -> Path:
        nonlocal asked
        asked += 1
        raise ModelError("The hub is away.")

    class AtOnce(threading.Thread):
        def start(self) -> None:
            self.run()

    monkeypatch.setattr(lazy_models, "encoder_folder", fetch)
    monkeypatch.setattr(threading, "Thread", AtOnce)
    model = lazy(HUB_NAME)
    assert [refusal(model), refusal(model)] == ["The hub is away."] * 2
    assert asked == 1
    clock.now = 1000 + RETRY_SECONDS
    assert refusal(model) == "The hub is away."
    assert asked == 2
