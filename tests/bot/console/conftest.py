"""A console and what it calls, for every test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from starlette.testclient import TestClient

from bot.operations.page_access import PageAccess
from tests.bot.console.console_parts import ConsoleParts, console_parts
from tests.browser import chromium

ADDRESS = "http://127.0.0.1:3018"


@pytest.fixture(name="parts")
def _parts(tmp_path: Path) -> Iterator[ConsoleParts]:
    with console_parts(tmp_path / "home") as opened:
        yield opened


@pytest.fixture
def client(parts: ConsoleParts) -> TestClient:
    """A browser's requests without the browser: from the page itself, with its cookie."""
    headers = {"origin": ADDRESS, "sec-fetch-site": "same-origin"}
    app = parts.app()
    access: PageAccess = app.state.access
    cookies = {access.cookie: access.token}
    return TestClient(app, base_url=ADDRESS, headers=headers, cookies=cookies)


@pytest.fixture
def address(parts: ConsoleParts) -> Iterator[str]:
    """The address, with its token, of a console that is serving."""
    console = parts.console()
    console.start()
    try:
        yield console.address
    finally:
        console.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for a module: while it runs, no other event loop can in this thread."""
    with chromium() as running:
        yield running
