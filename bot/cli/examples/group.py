"""The group that the commands `examples ...` belong to, and what several of them print."""

from collections.abc import Sequence

import click

from bot.cli.context import ReadableFile, cli
from trainer.importing.lines import Rejected

SHOWN = 20
"""Bad lines that are printed on a terminal; --json has all of them."""
FILE = ReadableFile()


@cli.group()
def examples() -> None:
    """What the bot was taught."""


def tell_bad(rejected: Sequence[Rejected]) -> None:
    """Prints the first bad lines of a file to standard error."""
    for bad in rejected[:SHOWN]:
        click.echo(f"line {bad.line}: {'; '.join(bad.errors)}", err=True)
    if len(rejected) > SHOWN:
        click.echo(f"and {len(rejected) - SHOWN} more lines", err=True)
