"""The page's token: kept over restarts, in a file of this account alone."""

import json
import stat
from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.home import Home
from bot.operations.page_access import PageAccess, published_address, write_private


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_token_outlasts_a_restart_in_a_file_of_this_account_alone(home: Home) -> None:
    first = PageAccess(home)
    assert len(first.token) >= 32
    assert mode(home.console_file) == 0o600
    again = PageAccess(home)
    assert (again.token, again.cookie) == (first.token, first.cookie)
    assert again.knows(first.token)


@pytest.mark.parametrize("token", [None, "", "x", "é" * 40])
def test_nothing_else_is_the_token(home: Home, token: str | None) -> None:
    assert not PageAccess(home).knows(token)


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "[" * 100_000, '{"token": 1}', '{"token": "short"}', "{}"]
)
def test_a_file_that_is_no_token_is_made_anew(home: Home, content: str) -> None:
    write_private(home.console_file, content)
    token = PageAccess(home).token
    assert json.loads(home.console_file.read_text())["token"] == token


def test_a_token_that_others_could_read_is_replaced(home: Home) -> None:
    known = PageAccess(home).token
    home.console_file.chmod(0o644)
    assert PageAccess(home).token != known
    assert mode(home.console_file) == 0o600


def test_two_homes_have_cookies_of_two_names(home: Home, tmp_path: Path) -> None:
    """Browsers send a cookie to every port of a host."""
    assert PageAccess(home).cookie != PageAccess(Home(tmp_path / "other")).cookie


def test_the_address_is_written_down_and_the_token_stays(home: Home) -> None:
    assert published_address(home) is None
    access = PageAccess(home)
    assert published_address(home) is None
    access.publish("http://127.0.0.1:4711")
    assert published_address(home) == f"http://127.0.0.1:4711/?token={access.token}"
    assert PageAccess(home).token == access.token


def test_a_file_that_cannot_be_written_is_one_sentence(home: Home) -> None:
    home.console_file.mkdir(parents=True)
    with pytest.raises(SettingsError, match=r"console\.json cannot be written"):
        PageAccess(home)
