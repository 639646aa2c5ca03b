"""Logs go to standard error, as one line of key and value each; chatty libraries are quiet."""

import logging

import pytest
import structlog

from bot.operations.logs import QUIET_LOGGERS, configure


def test_a_line_has_time_level_and_event_and_leaves_standard_output_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure()
    structlog.get_logger("bot.test").info("it is ready", url="http://127.0.0.1:3018")
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert line.startswith("timestamp=")
    assert 'level=info event="it is ready" url=http://127.0.0.1:3018' in line


def test_the_level_holds_for_structlog(capsys: pytest.CaptureFixture[str]) -> None:
    configure(logging.WARNING)
    log = structlog.get_logger("bot.test")
    log.info("not this")
    log.warning("but this")
    (line,) = capsys.readouterr().err.splitlines()
    assert "but this" in line


def test_an_error_is_logged_with_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    configure()
    try:
        int("no number")
    except ValueError:
        structlog.get_logger("bot.test").exception("it failed")
    assert "ValueError: invalid literal" in capsys.readouterr().err


@pytest.mark.parametrize("name", QUIET_LOGGERS)
def test_chatty_libraries_only_warn(name: str) -> None:
    configure()
    assert not logging.getLogger(name).isEnabledFor(logging.INFO)
    assert logging.getLogger(name).isEnabledFor(logging.WARNING)
