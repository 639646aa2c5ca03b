"""The engine's process starts whole or says in one line why not, and leaves nothing behind."""

import json
import logging
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.engine.__main__ import main
from bot.engine.address import read_address
from bot.engine.client import EngineClient
from bot.engine.server import process as process_module
from bot.settings import EngineSettings
from tests.bot.engine.tiny_model_home import TinyModelHome, wait_until

COMMAND = [sys.executable, "-m", "bot.engine"]


@dataclass(frozen=True)
class Ended:
    """How an engine that cannot start ended: its exit status and its standard error."""

    status: int
    said: str

    @property
    def is_one_line(self) -> bool:
        return self.status == 1 and len(self.said.splitlines()) == 1


Start = Callable[..., Ended]


@pytest.fixture
def fail(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Start:
    """Starts an engine in this process that ends before it serves."""

    def start(tiny_home: TinyModelHome, **settings: object) -> Ended:
        for name, value in environment(tiny_home, **settings).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(process_module, "_LOCK_SECONDS", 0.1)
        # As in a process of its own: what is logged goes to standard error.
        monkeypatch.setattr(logging.getLogger(), "handlers", [])
        capfd.readouterr()
        status = main(["--home", str(tiny_home.home.root)])
        return Ended(status, capfd.readouterr().err)

    return start


def run(tiny_home: TinyModelHome) -> Ended:
    """Runs the process of an engine that cannot start."""
    ended = subprocess.run(
        [*COMMAND, "--home", str(tiny_home.home.root)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | environment(tiny_home),
    )
    return Ended(ended.returncode, ended.stderr)


def environment(tiny_home: TinyModelHome, **settings: object) -> dict[str, str]:
    values = {"NIGHTSCHOOL_MODEL": str(tiny_home.model)}
    return values | {key: str(value) for key, value in settings.items()}


def start(tiny_home: TinyModelHome, **settings: object) -> subprocess.Popen[bytes]:
    """Starts an engine that ends when its standard input is closed."""
    process = subprocess.Popen(
        [*COMMAND, "--home", str(tiny_home.home.root), "--until-stdin-closes"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | environment(tiny_home, **settings),
    )
    wait_until(lambda: read_address(tiny_home.home.engine_file) is not None)
    return process


def stop(process: subprocess.Popen[bytes]) -> None:
    """Closes the standard input of an engine; its end is clean."""
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(30) == 0


def test_a_port_in_use_is_one_line(empty_home: TinyModelHome, fail: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = fail(empty_home, NIGHTSCHOOL_ENGINE__PORT=port)
    assert ended.is_one_line
    assert f"127.0.0.1:{port}" in ended.said
    assert not empty_home.home.engine_file.exists()


def test_a_model_without_a_folder_is_one_line(empty_home: TinyModelHome, fail: Start) -> None:
    ended = fail(TinyModelHome(empty_home.home, Path("nowhere")))
    assert ended.is_one_line
    assert "nowhere" in ended.said


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors"])
def test_a_model_without_one_of_its_files_is_one_line(
    empty_home: TinyModelHome, fail: Start, missing: str
) -> None:
    (empty_home.model / missing).unlink()
    ended = fail(empty_home)
    assert ended.is_one_line, ended.said
    assert str(empty_home.model) in ended.said


def test_a_model_with_torn_weights_is_one_line(empty_home: TinyModelHome) -> None:
    """In a process of its own, as the libraries may write what they like there."""
    weights = empty_home.model / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    ended = run(empty_home)
    assert ended.is_one_line, ended.said
    assert str(empty_home.model) in ended.said


def test_a_wrong_setting_is_one_line(empty_home: TinyModelHome) -> None:
    empty_home.home.config.write_text("[engine]\nporte = 1\n")
    ended = run(empty_home)
    assert ended.is_one_line
    assert "porte" in ended.said


def test_an_engine_is_alone_in_its_home_and_leaves_nothing_behind(
    empty_home: TinyModelHome, fail: Start
) -> None:
    """The address file is its owner's only, and goes with the engine, also on a signal.

    The token is another one at every start, unless it is set.
    """
    file = empty_home.home.engine_file
    process = start(empty_home)
    first = read_address(file)
    assert first is not None
    assert first.token
    assert first.pid == process.pid
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    client = EngineClient.following(file)
    wait_until(client.healthy)  # before that, a signal ends it as it would end any process
    second = fail(empty_home)
    assert second.status == 1
    assert "already running" in second.said
    assert client.healthy()
    client.close()
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) in (0, -signal.SIGTERM)
    assert process.stdin is not None
    process.stdin.close()
    assert not file.exists()

    process = start(empty_home)
    again = read_address(file)
    stop(process)
    assert again is not None
    assert again.token
    assert again.token != first.token
    assert not file.exists()


def test_the_token_may_be_set(empty_home: TinyModelHome) -> None:
    process = start(empty_home, NIGHTSCHOOL_ENGINE__TOKEN="mine")
    address = read_address(empty_home.home.engine_file)
    stop(process)
    assert address is not None
    assert address.token == "mine"


@pytest.mark.parametrize(
    ("config", "tokens"),
    [
        ({"max_position_embeddings": 512}, 512),
        ({"text_config": {"max_position_embeddings": 256}}, 256),
        ({}, 32768),
        ({"max_position_embeddings": None}, 32768),
    ],
)
def test_the_context_is_what_the_models_config_says(
    tmp_path: Path, config: dict[str, object], tokens: int
) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert process_module._context_length(tmp_path) == tokens


def test_nobody_is_accepted_before_the_model_is_loaded() -> None:
    """Connections to a port that is only bound are refused, and do not hang."""
    settings = EngineSettings(port=0)
    with process_module._bind(settings) as bound:
        address = bound.getsockname()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address, timeout=5)
        process_module._listen(bound, settings)
        socket.create_connection(address, timeout=5).close()
