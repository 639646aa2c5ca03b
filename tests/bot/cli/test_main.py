"""Exit codes, and one line for what goes wrong."""

import errno
import logging
import sqlite3

import pytest

from bot.errors import NightschoolError
from bot.home import Home
from tests.bot.cli.conftest import Command

FULL = OSError(errno.ENOSPC, "No space left on device")


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
        (NightschoolError("no room in the Büro"), "no room in the Büro"),
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
    in_json = nightschool("examples", "list", "--json")
    assert in_json.document == {"error": line}
    assert line in in_json.out, "letters are written as they are"


@pytest.mark.parametrize("error", [sqlite3.OperationalError("database or disk is full"), FULL])
def test_a_full_disk_is_the_documented_sentence_from_every_command(
    nightschool: Command, home: Home, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("bot.cli.context.Store", fail)
    sentence = f"the disk of {home.data} is full: free some room"
    for command in (("examples", "list"), ("teach", "a", "b"), ("forget", "U1", "--yes")):
        done = nightschool(*command)
        assert (done.code, done.err) == (1, f"nightschool: {sentence}\n")


def test_who_stops_a_command_gets_130_and_one_word(
    nightschool: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("bot.cli.context.Store", interrupted)
    done = nightschool("examples", "list")
    assert (done.code, done.out, done.err.strip()) == (130, "", "Stopped.")


def test_a_warning_of_the_log_is_not_printed_beside_the_result(
    nightschool: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python prints warnings to standard error where nobody has set up logging."""
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])

    def warn(*_: object) -> None:
        logging.getLogger("somebody").warning("be warned")
        raise NightschoolError("the reason")

    monkeypatch.setattr("bot.cli.context.Store", warn)
    assert nightschool("examples", "list").err == "nightschool: the reason\n"
