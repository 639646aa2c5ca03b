"""The real Bolt app against the test's Slack, with a model server that says what it is told."""

import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr
from slack_sdk import WebClient
from slack_sdk.socket_mode.builtin import internals

from bot.answers.assistant import Assistant
from bot.engine.client import EngineClient
from bot.home import Home
from bot.nights.runner import NightRunner
from bot.settings import Settings
from bot.slack.assembly.parts import SlackParts
from bot.slack.manifest import manifest
from bot.slack.service import SlackService
from bot.slack.transport.connection import web_client
from bot.slack.transport.executors import HEARING, QUICK
from bot.store import Store
from tests.bot.slack.direct import Direct
from tests.bot.slack.engine import ScriptedEngine
from tests.slack_server import SlackServer
from tests.slack_server.clock import JumpingClock
from tests.slack_server.workspace import GENERAL
from trainer.adapters.registry import Registry

PATIENCE = 60.0
Drive = Callable[..., Direct]


@pytest.fixture(scope="session", autouse=True)
def _one_ssl_context() -> Iterator[None]:
    """The clients share a context: slack_sdk reads all certificates anew for each connection."""
    context = ssl.create_default_context()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(internals, "_use_or_create_ssl_context", lambda given=None: given or context)
        yield


@pytest.fixture
def pace_clock(monkeypatch: pytest.MonkeyPatch) -> JumpingClock:
    """The clock of the server's limits and of the bot's pace: it jumps where the bot would wait."""
    clock = JumpingClock()
    monkeypatch.setattr("bot.slack.transport.pacing.clock.CLOCK", clock)
    return clock


@pytest.fixture
def slack(pace_clock: JumpingClock) -> Iterator[SlackServer]:
    """A Slack where the app is installed from its own manifest."""
    with SlackServer(manifest(), clock=pace_clock) as server:
        yield server
        # Whatever a test does: no words of a model or a person ring everybody.
        assert not any(message.rang for message in server.workspace.messages)


@pytest.fixture
def engine() -> Iterator[ScriptedEngine]:
    """A model server that answers `<model> says: <question>`."""
    with ScriptedEngine() as server:
        yield server


@pytest.fixture
def slack_settings(settings: Settings, slack: SlackServer) -> Settings:
    """Settings with the tokens of the test's Slack."""
    tokens = settings.slack.model_copy(
        update={
            "bot_token": SecretStr(slack.bot_token),
            "app_token": SecretStr(slack.app_token),
            "api_url": slack.api_url,
            "report_channel": GENERAL,
        }
    )
    return settings.model_copy(update={"slack": tokens})


@pytest.fixture
def client(slack_settings: Settings) -> WebClient:
    """A client of the test's Slack, as the bot has it, without the bot."""
    return web_client(slack_settings.slack)


@dataclass(frozen=True)
class School:
    """The bot, its parts, and the Slack that it is connected to."""

    slack: SlackServer
    engine: ScriptedEngine
    store: Store
    nights: NightRunner
    service: SlackService

    @property
    def parts(self) -> SlackParts:
        """What the service is made of, while it runs."""
        assert self.service._parts is not None
        return self.service._parts

    def quiet(self) -> None:
        """Waits until everything that was sent is acknowledged and nothing is under way."""
        self.slack.wait_acknowledged()
        assert self.service.drain(PATIENCE)

    def heard(self) -> None:
        """Waits until what was sent is acknowledged and noted, where an answer is held back."""
        self.slack.wait_acknowledged()
        executors = self.parts.executors
        for executor, threads in ((executors.hearing, HEARING), (executors.quick, QUICK)):
            barrier = threading.Barrier(threads + 1)
            for _ in range(threads):
                executor.submit(barrier.wait, PATIENCE)
            barrier.wait(PATIENCE)


@pytest.fixture
def school(
    home: Home, slack_settings: Settings, slack: SlackServer, engine: ScriptedEngine, store: Store
) -> Iterator[School]:
    """The bot, connected."""
    registry = Registry(home.adapters)
    client = EngineClient(engine.url, None)
    assistant = Assistant(store, client, slack_settings, registry)
    nights = NightRunner(home, slack_settings, store, registry)
    service = SlackService(home, slack_settings, store, assistant, nights)
    service.start()
    slack.wait_connected()
    yield School(slack, engine, store, nights, service)
    engine.open.set()
    engine.go.set()
    service.stop()
    nights.stop()
    client.close()


@pytest.fixture
def drive(tmp_path: Path, settings: Settings) -> Iterator[Drive]:
    """Makes a bot without sockets, with values of `slack` in its settings."""
    made: list[Direct] = []

    def make(**values: object) -> Direct:
        folder = tmp_path / f"direct{len(made)}"
        folder.mkdir()
        slack = settings.slack.model_copy(update=values)
        made.append(Direct(folder, settings.model_copy(update={"slack": slack})))
        return made[-1]

    yield make
    for bot in made:
        bot.close()
