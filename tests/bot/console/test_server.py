"""The console's port and its life."""

import logging
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from bot.console import Console
from bot.errors import SettingsError
from bot.settings import ConsoleSettings
from tests.bot.console.console_parts import ConsoleParts


def on_port(parts: ConsoleParts, port: int) -> ConsoleParts:
    settings = parts.settings.with_changes(console=ConsoleSettings(port=port))
    return ConsoleParts(**{**vars(parts), "settings": settings})


def test_a_port_in_use_is_one_clear_line_before_anything_is_served(parts: ConsoleParts) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(SettingsError) as refused:
            on_port(parts, port).console()
    sentence = str(refused.value)
    assert f"127.0.0.1:{port}" in sentence
    assert "already in use" in sentence
    assert "NIGHTSCHOOL_CONSOLE__PORT" in sentence
    assert "\n" not in sentence


def test_a_browser_that_comes_before_the_start_waits_for_its_page(parts: ConsoleParts) -> None:
    console = parts.console()
    try:
        with ThreadPoolExecutor(1) as pool:
            page = pool.submit(
                httpx.get, console.address, timeout=30.0, trust_env=False, follow_redirects=True
            )
            console.start()
            assert "Nightschool" in page.result().text
    finally:
        console.stop()


def test_a_stopped_console_frees_its_port(parts: ConsoleParts) -> None:
    console = parts.console()
    console.start()
    console.stop()
    again = on_port(parts, int(console.url.rsplit(":", 1)[1])).console()
    assert again.url == console.url
    again.stop()


def test_it_listens_on_loopback_only(parts: ConsoleParts) -> None:
    console = parts.console()
    console.stop()
    assert console.url.startswith("http://127.0.0.1:")


ENDLESS = "word " * 100_000


def ask(console: Console) -> httpx.Client:
    """A client of the console's own page, which has come by its address."""
    headers = {"origin": console.url}
    client = httpx.Client(base_url=console.url, headers=headers, timeout=60.0, trust_env=False)
    client.get(console.address)
    return client


def test_leaving_in_the_middle_of_an_answer_frees_the_engine(parts: ConsoleParts) -> None:
    parts.engine.base = ENDLESS
    console = parts.console()
    console.start()
    try:
        with (
            ask(console) as client,
            client.stream("POST", "/chat", data={"question": "Who?"}) as answer,
        ):
            next(answer.iter_lines())
        assert parts.engine.left.wait(60)
    finally:
        console.stop()


def test_stopping_ends_an_answer_under_way_without_a_complaint(
    parts: ConsoleParts, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "uvicorn")
    parts.engine.hold = threading.Event()
    console = parts.console()
    console.start()
    with (
        ask(console) as client,
        client.stream("POST", "/chat", data={"question": "Who?"}) as answer,
    ):
        lines = answer.iter_lines()
        assert "piece" in next(lines)
        console.stop()
        assert list(lines) == []
    assert [record.message for record in caplog.records if record.levelno > logging.INFO] == []
