"""The engine's process starts whole or says in one line why not, and leaves nothing behind."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from bot.engine.address import read_address
from bot.engine.client import EngineClient
from bot.engine.server import process as process_module
from bot.settings import EngineSettings
from tests.bot.engine.tiny_model_home import TinyModelHome, wait_until

COMMAND = [sys.executable, "-m", "bot.engine"]


def run(tiny_home: TinyModelHome, **settings: object) -> subprocess.CompletedProcess[str]:
    """Runs an engine that cannot start."""
    return subprocess.run(
        [*COMMAND, "--home", str(tiny_home.home.root)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | environment(tiny_home, **settings),
    )


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


def test_a_port_in_use_is_one_line(empty_home: TinyModelHome) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run(empty_home, NIGHTSCHOOL_ENGINE__PORT=port)
    assert ended.returncode == 1
    assert f"127.0.0.1:{port}" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    assert not empty_home.home.engine_file.exists()


@pytest.mark.parametrize("damage", ["no folder", "no config", "no weights", "torn weights"])
def test_an_unreadable_model_is_one_line(empty_home: TinyModelHome, damage: str) -> None:
    weights = empty_home.model / "model.safetensors"
    if damage == "no folder":
        empty_home = TinyModelHome(empty_home.home, Path("nowhere"))
    elif damage == "no config":
        (empty_home.model / "config.json").unlink()
    elif damage == "no weights":
        weights.unlink()
    else:
        weights.write_bytes(weights.read_bytes()[:1000])
    ended = run(empty_home)
    assert ended.returncode == 1
    assert len(ended.stderr.splitlines()) == 1, ended.stderr
    assert str(empty_home.model) in ended.stderr


def test_a_wrong_setting_is_one_line(empty_home: TinyModelHome) -> None:
    empty_home.home.config.write_text("[engine]\nporte = 1\n")
    ended = run(empty_home)
    assert ended.returncode == 1
    assert "porte" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_the_address_file_is_the_owners_and_goes_with_the_engine(empty_home: TinyModelHome) -> None:
    """Also when a signal ends it; the exit is clean."""
    process = start(empty_home)
    file = empty_home.home.engine_file
    address = read_address(file)
    assert address is not None
    assert address.pid == process.pid
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    client = EngineClient.following(file)
    wait_until(client.healthy)  # before that, a signal ends it as it would end any process
    client.close()
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) in (0, -signal.SIGTERM)
    assert process.stdin is not None
    process.stdin.close()
    assert not file.exists()


def test_the_token_is_another_at_every_start_unless_it_is_set(empty_home: TinyModelHome) -> None:
    tokens = []
    for settings in ({}, {}, {"NIGHTSCHOOL_ENGINE__TOKEN": "mine"}):
        process = start(empty_home, **settings)
        address = read_address(empty_home.home.engine_file)
        assert address is not None
        tokens.append(address.token)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(30) == 0
    assert tokens[0] != tokens[1]
    assert tokens[2] == "mine"


def test_a_second_engine_for_the_same_home_steps_back(empty_home: TinyModelHome) -> None:
    process = start(empty_home)
    ended = run(empty_home)
    assert ended.returncode == 1
    assert "already running" in ended.stderr
    client = EngineClient.following(empty_home.home.engine_file)
    assert client.healthy()
    client.close()
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(30) == 0


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
