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
from tests.bot.engine.school import School, wait_until

COMMAND = [sys.executable, "-m", "bot.engine"]


def run(school: School, **settings: object) -> subprocess.CompletedProcess[str]:
    """Runs an engine that cannot start."""
    return subprocess.run(
        [*COMMAND, "--home", str(school.home.root)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | environment(school, **settings),
    )


def environment(school: School, **settings: object) -> dict[str, str]:
    values = {"NIGHTSCHOOL_MODEL": str(school.model)}
    return values | {key: str(value) for key, value in settings.items()}


def start(school: School, **settings: object) -> subprocess.Popen[bytes]:
    """Starts an engine that ends when its standard input is closed."""
    process = subprocess.Popen(
        [*COMMAND, "--home", str(school.home.root), "--until-stdin-closes"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | environment(school, **settings),
    )
    wait_until(lambda: read_address(school.home.engine_file) is not None)
    return process


def test_a_port_in_use_is_one_line(own_school: School) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run(own_school, NIGHTSCHOOL_ENGINE__PORT=port)
    assert ended.returncode == 1
    assert f"127.0.0.1:{port}" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    assert not own_school.home.engine_file.exists()


@pytest.mark.parametrize("damage", ["no folder", "no config", "no weights", "torn weights"])
def test_an_unreadable_model_is_one_line(own_school: School, damage: str) -> None:
    weights = own_school.model / "model.safetensors"
    if damage == "no folder":
        own_school = School(own_school.home, Path("nowhere"))
    elif damage == "no config":
        (own_school.model / "config.json").unlink()
    elif damage == "no weights":
        weights.unlink()
    else:
        weights.write_bytes(weights.read_bytes()[:1000])
    ended = run(own_school)
    assert ended.returncode == 1
    assert len(ended.stderr.splitlines()) == 1, ended.stderr
    assert str(own_school.model) in ended.stderr


def test_a_wrong_setting_is_one_line(own_school: School) -> None:
    own_school.home.config.write_text("[engine]\nporte = 1\n")
    ended = run(own_school)
    assert ended.returncode == 1
    assert "porte" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_the_address_file_is_the_owners_and_goes_with_the_engine(own_school: School) -> None:
    """Also when a signal ends it; the exit is clean."""
    process = start(own_school)
    file = own_school.home.engine_file
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


def test_the_token_is_another_at_every_start_unless_it_is_set(own_school: School) -> None:
    tokens = []
    for settings in ({}, {}, {"NIGHTSCHOOL_ENGINE__TOKEN": "mine"}):
        process = start(own_school, **settings)
        address = read_address(own_school.home.engine_file)
        assert address is not None
        tokens.append(address.token)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(30) == 0
    assert tokens[0] != tokens[1]
    assert tokens[2] == "mine"


def test_a_second_engine_for_the_same_home_steps_back(own_school: School) -> None:
    process = start(own_school)
    ended = run(own_school)
    assert ended.returncode == 1
    assert "already running" in ended.stderr
    client = EngineClient.following(own_school.home.engine_file)
    assert client.healthy()
    client.close()
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(30) == 0
