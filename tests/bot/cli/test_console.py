"""`nightschool console` prints the address of the page that runs, and opens it."""

import stat
import sys
from types import SimpleNamespace

import pytest
from filelock import FileLock

from bot.cli.console import what_to_open
from bot.home import Home
from bot.operations.page_access import PageAccess
from tests.bot.cli.conftest import Command

URL = "http://127.0.0.1:4711"


@pytest.fixture
def address(home: Home) -> str:
    """The address that a bot of this home has written down."""
    home.prepare()
    access = PageAccess(home)
    access.publish(URL)
    return access.address(URL)


def test_the_address_of_a_running_bot_is_printed(
    nightschool: Command, home: Home, address: str
) -> None:
    with FileLock(home.serving_lock):
        assert nightschool("console", "--no-browser").out == f"{address}\n"
        assert nightschool("console", "--json").document == {"url": address}


@pytest.mark.usefixtures("address")
def test_where_no_bot_runs_one_line_says_what_starts_one(nightschool: Command) -> None:
    done = nightschool("console")
    assert (done.code, done.out) == (1, "")
    assert "No bot is running on this home" in done.err
    assert done.err.count("\n") == 1


def test_a_browser_gets_no_token_that_others_see_in_the_list_of_processes(
    home: Home, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.cli.console.sys", SimpleNamespace(platform="linux"))
    opened = what_to_open(home, address)
    file = home.data / "console.html"
    assert opened == file.as_uri()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert f"url={address}" in file.read_text()
    monkeypatch.setattr("bot.cli.console.sys", SimpleNamespace(platform="darwin"))
    assert what_to_open(home, address) == address


def test_the_page_is_opened_where_somebody_sits_at_a_terminal(
    nightschool: Command, home: Home, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    terminal = SimpleNamespace(
        platform="darwin", stderr=SimpleNamespace(isatty=lambda: True), argv=sys.argv
    )
    monkeypatch.setattr("bot.cli.console.sys", terminal)
    monkeypatch.setattr("bot.cli.console.webbrowser.open", opened.append)
    monkeypatch.delenv("CI", raising=False)
    with FileLock(home.serving_lock):
        nightschool("console", "--no-browser")
        nightschool("console", "--json")
        assert opened == []
        nightschool("console")
    assert opened == [address]
