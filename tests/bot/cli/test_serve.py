"""`nightschool serve`, `demo` and `engine`: what is started, and with which settings."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.home import Home
from bot.settings import Settings
from bot.store import Store
from tests.bot.cli.conftest import Command


def test_serve_without_tokens_says_what_to_set(nightschool: Command) -> None:
    done = nightschool("serve")
    assert done.code == 1
    assert "SLACK_BOT_TOKEN" in done.err
    assert done.err.count("\n") == 1


@dataclass
class Served:
    """What a bot was started with."""

    settings: Settings
    options: dict[str, Any]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[Served]:
    """Every bot that was started; each is ready at once and ends."""
    started: list[Served] = []

    def serve(_: Home, settings: Settings, **options: Any) -> None:
        started.append(Served(settings, options))
        ready: Callable[[str], None] | None = options.get("on_ready")
        if ready:
            ready("http://127.0.0.1:1/")

    monkeypatch.setattr("bot.serve.serve", serve)
    return started


class Terminal:
    """What of `sys` says that somebody sits at a terminal."""

    class stderr:  # noqa: N801  the name is Python's
        @staticmethod
        def isatty() -> bool:
            return True


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Pages that were opened in a browser, where somebody sits at a terminal."""
    pages: list[str] = []

    class AtOnce:
        def __init__(self, target: Callable[[str], None], args: tuple[str], daemon: bool) -> None:
            assert daemon
            self.start = lambda: target(*args)

    monkeypatch.setattr("bot.cli.serve.webbrowser.open", pages.append)
    monkeypatch.setattr("bot.cli.serve.threading.Thread", AtOnce)
    monkeypatch.setattr("bot.cli.serve.sys", Terminal)
    monkeypatch.delenv("CI", raising=False)
    return pages


def test_the_demo_runs_without_slack_with_samples_on_the_port_that_is_named(
    nightschool: Command, served: list[Served], store: Store
) -> None:
    done = nightschool("demo", "--port", "4711", "--no-browser")
    assert "Nightschool is at http://127.0.0.1:1/" in done.err
    (bot,) = served
    assert bot.options["with_slack"] is False
    assert bot.settings.console.port == 4711
    assert store.examples.counts()["approved"] > 0


def test_a_demo_may_begin_with_an_empty_school_on_the_port_of_the_settings(
    nightschool: Command, served: list[Served], store: Store
) -> None:
    nightschool("demo", "--no-samples", "--no-browser")
    assert served[0].settings.console.port == 3018
    assert store.examples.counts()["approved"] == 0


@pytest.mark.usefixtures("served")
def test_the_page_is_opened_where_somebody_is_there_to_see_it(
    nightschool: Command, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    nightschool("demo", "--no-samples", "--no-browser")
    assert opened == []
    nightschool("demo", "--no-samples")
    assert opened == ["http://127.0.0.1:1/"]
    monkeypatch.setenv("CI", "true")
    nightschool("demo", "--no-samples")
    assert len(opened) == 1


@pytest.mark.usefixtures("served")
def test_the_page_of_a_bot_with_slack_is_told_and_opened_as_well(
    nightschool: Command, opened: list[str]
) -> None:
    done = nightschool("serve")
    assert "Nightschool is at http://127.0.0.1:1/" in done.err
    assert opened == ["http://127.0.0.1:1/"]
    nightschool("serve", "--no-browser")
    assert len(opened) == 1


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize("kind", ["file", "pipe"])
def test_a_service_prints_no_address_into_its_log(
    nightschool: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str
) -> None:
    """A container's standard error is a pipe, which something else writes into a log."""
    file = tmp_path / "log"
    reading, writing = os.pipe()
    with os.fdopen(reading), os.fdopen(writing, "w") as pipe, file.open("w") as log:
        stderr = {"file": log, "pipe": pipe}[kind]
        monkeypatch.setattr("bot.cli.serve.sys", SimpleNamespace(stderr=stderr))
        assert "Nightschool is at" not in nightschool("serve").err


def test_the_engine_takes_the_place_of_the_command(
    nightschool: Command, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the environment of a child: nothing in the current folder is its code."""
    replaced: list[list[str]] = []
    monkeypatch.setattr(os, "environ", os.environ.copy())
    monkeypatch.setenv("PYTHONPATH", ".")
    monkeypatch.setattr(os, "execv", lambda _, arguments: replaced.append(arguments))
    assert nightschool("engine").code == 0
    place = str(home.root.resolve())
    assert replaced == [[sys.executable, "-P", "-m", "bot.engine", "--home", place]]
    assert "PYTHONPATH" not in os.environ


@pytest.mark.usefixtures("served")
def test_no_page_is_opened_where_nobody_sits_at_a_terminal(
    nightschool: Command, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Terminal.stderr, "isatty", staticmethod(lambda: False))
    nightschool("demo", "--no-samples")
    assert opened == []


def test_the_bot_is_served_with_the_settings_of_its_home(
    nightschool: Command, home: Home, served: list[Served]
) -> None:
    home.config.write_text("[console]\nport = 4711\n")
    assert nightschool("serve").code == 0
    assert served[0].settings.console.port == 4711
    assert "with_slack" not in served[0].options


def test_port_0_is_any_free_port(nightschool: Command, served: list[Served]) -> None:
    nightschool("demo", "--no-samples", "--no-browser", "--port", "0")
    assert served[0].settings.console.port == 0


@pytest.mark.usefixtures("served")
def test_what_runs_until_it_is_stopped_writes_a_log(
    nightschool: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured: list[None] = []
    monkeypatch.setattr("bot.cli.serve.logs.configure", lambda: configured.append(None))
    nightschool("serve")
    assert len(configured) == 1
    nightschool("demo", "--no-samples", "--no-browser")
    assert len(configured) == 2
