"""`nightschool ...`: the command line, one function a command, thin."""

import json
import logging
import sqlite3
import sys

import click

from bot.cli import adapters, ask, backups, evaluate, examples, machine, nights, serve, sweeps
from bot.cli.context import cli
from bot.errors import NightschoolError

__all__ = [
    "adapters",
    "ask",
    "backups",
    "cli",
    "evaluate",
    "examples",
    "machine",
    "main",
    "nights",
    "serve",
    "sweeps",
]


def main() -> None:
    """Runs a command: 0 done, 1 it failed and says why in one line, 2 wrong usage."""
    # Commands say what went wrong themselves; `serve` and `demo` set up real logging.
    logging.getLogger().addHandler(logging.NullHandler())
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
