"""Exit codes, and one line for what goes wrong."""

import sqlite3

import pytest

from bot.errors import NightschoolError
from bot.home import Home
from tests.bot.cli.conftest import Command


def test_wrong_usage_is_2(nightschool: Command) -> None:
    assert nightschool("teach").code == 2
    assert nightschool("nonsense").code == 2
    assert nightschool("adapters", "show").code == 2


def test_a_wrong_setting_is_1_with_its_name(nightschool: Command, home: Home) -> None:
    home.config.write_text("modle = 3")
    done = nightschool("ask", "x", "--json")
    assert done.code == 1
    assert "modle" in done.err
    assert "modle" in done.document["error"]


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (
            sqlite3.OperationalError("disk error"),
            "the database could not do that: disk error",
        ),
        (FileNotFoundError(2, "No such file", "/a/b"), "No such file (/a/b)"),
        (OSError("the cable"), "the cable"),
        (NightschoolError("first\n   second"), "first second"),
    ],
)
def test_whatever_goes_wrong_is_one_line_on_standard_error_and_in_json(
    nightschool: Command, monkeypatch: pytest.MonkeyPatch, error: Exception, line: str
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("bot.cli.context.Store", fail)
    done = nightschool("examples", "list")
    assert (done.code, done.out, done.err) == (1, "", f"nightschool: {line}\n")
    assert nightschool("examples", "list", "--json").document == {"error": line}
