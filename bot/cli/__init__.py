"""The command line `nightschool`: one thin function for each command."""

import json
import logging
import os
import sqlite3
import sys

import click
import structlog

from bot.cli import (
    adapters,
    ask,
    backups,
    console,
    evaluate,
    examples,
    machine,
    nights,
    serve,
    sweeps,
)
from bot.cli.asking_back import gaps
from bot.cli.context import cli
from bot.errors import NightschoolError

__all__ = [
    "adapters",
    "ask",
    "backups",
    "cli",
    "console",
    "evaluate",
    "examples",
    "gaps",
    "machine",
    "main",
    "nights",
    "serve",
    "sweeps",
]


def main() -> None:
    """Runs a command and exits with its status.

    The status is 0 for success, 1 for a failure (whose reason is one line on standard error), 2 for
    wrong usage and 130 after Ctrl+C.
    """
    # Whatever is written is for this account alone: it holds what people said.
    os.umask(0o077)
    # A command prints its own errors; only `serve` and `demo` set up logging. By itself structlog
    # would print on standard output, where a command prints one document and nothing else.
    logging.getLogger().addHandler(logging.NullHandler())
    structlog.configure(logger_factory=structlog.stdlib.LoggerFactory())
    try:
        sys.exit(cli.main(standalone_mode=False) or 0)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo("Stopped.", err=True)
        sys.exit(130)
    except NightschoolError as error:
        _fail(str(error))
    except sqlite3.Error as error:
        _fail(f"the database could not do that: {error}")
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        _fail(f"{error.strerror or error}{where}")


def _fail(sentence: str) -> None:
    line = " ".join(sentence.split())
    click.echo(f"nightschool: {line}", err=True)
    if "--json" in sys.argv:
        click.echo(json.dumps({"error": line}, ensure_ascii=False))
    sys.exit(1)
