"""An engine that dies comes back, those who wait get their answer, and nothing is left running."""

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from bot.engine import supervisor
from bot.engine.address import EngineAddress, read_address, write_address
from bot.engine.client import EngineClient
from bot.engine.supervisor import EngineSupervisor, connect
from bot.errors import EngineUnavailableError
from bot.home import Home
from bot.messages import Completion, Message
from bot.settings import Settings
from tests.bot.engine.stand_in_engine import NEVER_ENDING
from tests.bot.engine.tiny_model_home import TOKENS, TinyModelHome, wait_until

HELLO = [Message("user", "Hello")]
ANSWER = "base says: Hello"
ROOT = Path(__file__).parents[3]
INTERPRETER = sys.executable


@pytest.fixture
def stand_in(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of a home whose engine loads no model: for what is about the child's life."""
    home.prepare()
    program = tmp_path / "python"
    path = f"PYTHONPATH={shlex.quote(str(ROOT))}"
    command = f"{shlex.quote(INTERPRETER)} -m tests.bot.engine.stand_in_engine"
    program.write_text(f'#!/bin/sh\nexport {path}\nexec {command} "$@"\n')
    program.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(program))
    return Settings(model="any")


@pytest.fixture
def without_model(stand_in: Settings) -> Settings:
    """Settings with which no engine can start."""
    return stand_in.with_changes(model="nowhere")


def test_a_killed_engine_comes_back_for_the_same_client(empty_home: TinyModelHome) -> None:
    """At the end the second one is gone as well, and its address with it."""
    with EngineSupervisor(empty_home.home, empty_home.settings) as engine:
        engine.wait_ready(60)
        client = engine.client()
        before = client.complete(HELLO, max_tokens=TOKENS)
        first = engine.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        after = client.complete(HELLO, max_tokens=TOKENS)
        assert after.text == before.text == empty_home.expected("Hello")
        second = engine.pid
        assert second is not None
        assert second != first
        client.close()
    assert not psutil.pid_exists(second)
    assert not empty_home.home.engine_file.exists()


def test_a_question_in_flight_when_the_engine_dies_is_answered(
    home: Home, stand_in: Settings
) -> None:
    """The engine is stopped before it can answer, so that it certainly dies with the question."""
    answers: list[Completion] = []
    with EngineSupervisor(home, stand_in) as engine:
        engine.wait_ready(60)
        first, us = engine.pid, psutil.Process()
        assert first is not None
        client = engine.client()
        os.kill(first, signal.SIGSTOP)
        asker = threading.Thread(target=lambda: answers.append(client.complete(HELLO)))
        asker.start()
        address = read_address(home.engine_file)
        assert address is not None
        port = int(address.url.rpartition(":")[2])
        wait_until(lambda: port in [c.raddr.port for c in us.net_connections() if c.raddr])
        os.kill(first, signal.SIGKILL)
        asker.join(60)
        client.close()
    assert [answer.text for answer in answers] == [ANSWER]


def test_a_dead_engine_s_address_goes_before_the_next_one_starts(
    home: Home, stand_in: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_FIRST_PAUSE", 600.0)
    with EngineSupervisor(home, stand_in) as engine:
        engine.wait_ready(60)
        assert engine.pid is not None
        os.kill(engine.pid, signal.SIGKILL)
        wait_until(lambda: not home.engine_file.exists())


def test_half_an_answer_is_not_asked_again(home: Home, stand_in: Settings) -> None:
    """What was shown cannot be taken back: a clear word instead."""
    with EngineSupervisor(home, stand_in) as engine:
        engine.wait_ready(60)
        with contextlib.closing(engine.client()) as client:
            stream = client.stream([Message("user", NEVER_ENDING)])
            assert isinstance(next(stream), str)
            assert engine.pid is not None
            os.kill(engine.pid, signal.SIGKILL)
            with pytest.raises(EngineUnavailableError, match="ask again"):
                list(stream)


def test_an_engine_that_cannot_start_says_why(empty_home: TinyModelHome) -> None:
    settings = empty_home.settings.with_changes(model="nowhere")
    with (
        EngineSupervisor(empty_home.home, settings) as engine,
        pytest.raises(EngineUnavailableError, match="no model folder 'nowhere'"),
    ):
        engine.wait_ready(60)
    assert "nowhere" in engine.log_file.read_text()


def test_an_address_that_a_power_cut_left_is_not_taken_for_the_new_engines(
    home: Home, without_model: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though its process id is that of the engine that is started next, and that fails."""
    file = home.engine_file
    monkeypatch.setattr(EngineSupervisor, "_is_announced", lambda _: file.exists())
    write_address(file, EngineAddress("http://127.0.0.1:9", "x"))
    with (
        EngineSupervisor(home, without_model) as engine,
        pytest.raises(EngineUnavailableError),
    ):
        engine.wait_ready(60)


def test_people_are_told_at_once_when_the_engine_cannot_start(
    home: Home, without_model: Settings
) -> None:
    with (
        EngineSupervisor(home, without_model) as engine,
        contextlib.closing(engine.client()) as client,
        pytest.raises(EngineUnavailableError, match="no model folder 'nowhere'"),
    ):
        client.complete(HELLO)


@pytest.mark.usefixtures("stand_in")
def test_the_engine_ends_with_its_parent_even_when_that_is_killed(home: Home) -> None:
    program = (
        "import sys, threading\n"
        "from pathlib import Path\n"
        "from bot.engine.supervisor import EngineSupervisor\n"
        "from bot.home import Home\n"
        "from bot.settings import Settings\n"
        "home = Home(Path(sys.argv[1]))\n"
        "sys.executable = sys.argv[2]\n"
        "EngineSupervisor(home, Settings(model='any')).start()\n"
        "threading.Event().wait()\n"
    )
    command = [INTERPRETER, "-c", program, str(home.root), sys.executable]
    with subprocess.Popen(command) as parent:
        wait_until(lambda: read_address(home.engine_file) is not None)
        address = read_address(home.engine_file)
        assert address is not None
        parent.kill()
    wait_until(lambda: not psutil.pid_exists(address.pid))
    assert not home.engine_file.exists()


def test_connect_uses_the_engine_there_is(home: Home, stand_in: Settings) -> None:
    with EngineSupervisor(home, stand_in) as engine:
        engine.wait_ready(60)
        with connect(home, stand_in) as client:
            assert client.complete(HELLO).adapter is None
        address = read_address(home.engine_file)
        assert address is not None
        assert address.pid == engine.pid


def test_connect_waits_for_an_engine_that_is_being_started(
    home: Home, stand_in: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine becomes ready only once somebody waits for it."""
    waits = supervisor._wait_for_start

    def wait(home: Home, client: EngineClient) -> bool:
        (home.data / "go").touch()
        return waits(home, client)

    monkeypatch.setattr(supervisor, "_wait_for_start", wait)
    with EngineSupervisor(home, stand_in.with_changes(model="slow")) as engine:
        wait_until((home.data / "engine.lock").exists)
        with connect(home, stand_in) as client:
            client.complete(HELLO)
            address = read_address(home.engine_file)
            assert address is not None
            assert address.pid == engine.pid


def test_connect_starts_an_engine_for_its_time_only(home: Home, stand_in: Settings) -> None:
    with connect(home, stand_in) as client:
        text = client.complete(HELLO).text
        address = read_address(home.engine_file)
        assert address is not None
    assert text == ANSWER
    assert not psutil.pid_exists(address.pid)


def test_connect_passes_over_an_address_of_a_dead_engine(home: Home, stand_in: Settings) -> None:
    home.engine_file.write_text(
        '{"url": "http://127.0.0.1:9", "token": "x", "pid": 999999999, "model": "m"}'
    )
    with connect(home, stand_in) as client:
        assert client.healthy()


def test_connect_says_why_there_is_no_engine(home: Home, without_model: Settings) -> None:
    with (
        pytest.raises(EngineUnavailableError, match="nowhere"),
        connect(home, without_model),
    ):
        pass


def test_whoever_asks_the_engine_needs_no_mlx() -> None:
    program = (
        "import sys, bot.engine.client, bot.engine.supervisor, bot.engine.external_models\n"
        "sys.exit(any(name.split('.')[0].startswith('mlx') for name in sys.modules))\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_client_waits_only_so_long(tmp_path: Path) -> None:
    client = EngineClient.following(tmp_path / "engine.json", restart_seconds=0.2)
    assert not client.healthy()
    with pytest.raises(EngineUnavailableError, match="does not answer"):
        client.complete(HELLO)
    client.close()
