"""An assistant in front of a scripted model server, and adapter versions that exist."""

import json
from collections.abc import Callable, Iterator

import pytest

from bot.answers.assistant import Assistant
from bot.engine.client import EngineClient
from bot.home import Home
from bot.settings import Settings
from bot.store import Store
from tests.bot.slack.engine import ScriptedEngine
from trainer.adapters.registry import Registry

Make = Callable[..., Assistant]
Promote = Callable[..., None]


@pytest.fixture
def engine() -> Iterator[ScriptedEngine]:
    with ScriptedEngine() as server:
        yield server


@pytest.fixture
def make(home: Home, store: Store, settings: Settings, engine: ScriptedEngine) -> Iterator[Make]:
    """An assistant whose example settings may be changed."""
    client = EngineClient(engine.url, None)

    def assistant(**examples: object) -> Assistant:
        changed = settings.examples.model_copy(update=examples)
        all_of_them = settings.model_copy(update={"examples": changed})
        return Assistant(store, client, all_of_them, Registry(home.adapters))

    yield assistant
    client.close()


@pytest.fixture
def versions(home: Home) -> Promote:
    """Makes a version that exists, and the current one."""

    def promote(name: str, *examples: int) -> None:
        folder = home.adapters / name
        folder.mkdir(parents=True)
        (folder / "adapters.safetensors").touch()
        (folder / "adapter_config.json").write_text("{}")
        card = {"version": name, "base_model": "starter", "example_ids": examples}
        (folder / "card.json").write_text(json.dumps(card))
        Registry(home.adapters).promote(name)

    return promote
