"""A school and its console for every test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from starlette.testclient import TestClient

from tests.bot.console.school import School, school
from tests.browser import chromium

ADDRESS = "http://127.0.0.1:3018"


@pytest.fixture(name="school")
def _school(tmp_path: Path) -> Iterator[School]:
    with school(tmp_path / "school") as opened:
        yield opened


@pytest.fixture
def client(school: School) -> TestClient:
    """A browser's requests without the browser: from the page itself."""
    headers = {"origin": ADDRESS, "sec-fetch-site": "same-origin"}
    return TestClient(school.app(), base_url=ADDRESS, headers=headers)


@pytest.fixture
def address(school: School) -> Iterator[str]:
    """A console that is serving."""
    console = school.console()
    console.start()
    try:
        yield console.url
    finally:
        console.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for a module: while it runs, no other event loop can in this thread."""
    with chromium() as running:
        yield running
