"""The root of the command line."""

from importlib.metadata import version
from pathlib import Path

import click


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("nightschool"), prog_name="nightschool")
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder with nightschool.toml, data/ and adapters/.",
)
def cli(home: Path | None) -> None:
    """A Slack bot that a team teaches by day and that goes to school at night."""
    del home  # read by the commands from the context
