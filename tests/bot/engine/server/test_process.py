"""The engine's process starts whole or says in one line why not, and leaves nothing behind."""

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
