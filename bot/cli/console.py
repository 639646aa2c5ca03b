"""The command `console`, and how the page's address is shown and opened."""

import os
import sys
import webbrowser

import click
from filelock import FileLock, Timeout

from bot.cli.context import Context, cli, command
from bot.errors import NotFoundError
from bot.home import Home
from bot.operations.page_access import PARAMETER, published_address, write_private

NOBODY = (
    "No bot is running on this home: `nightschool serve` or `nightschool demo` starts one, "
    "and with it the page."
)
_JUMP = '<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url={}">\n'


@command(cli)
@click.option("--no-browser", is_flag=True, help="Print the address and do not open it.")
def console(context: Context, no_browser: bool) -> None:
    """The address of the running bot's page, with its token; opens it in the browser."""
    address = published_address(context.home) if _is_serving(context.home) else None
    if address is None:
        raise NotFoundError(NOBODY)
    context.emit({"url": address}, address)
    watched = sys.stderr.isatty() and not os.environ.get("CI")
    if watched and not no_browser and not context.as_json:
        webbrowser.open(what_to_open(context.home, address))


def what_to_open(home: Home, address: str) -> str:
    """Returns what a browser is started with to show the page.

    Everywhere but on a Mac the browser gets it as an argument, which every account can read in the
    list of processes: there it is a file of this account alone that leads to the address.
    """
    if sys.platform == "darwin" or f"{PARAMETER}=" not in address:
        return address
    file = home.data / "console.html"
    write_private(file, _JUMP.format(address))
    return file.as_uri()


def _is_serving(home: Home) -> bool:
    if not home.serving_lock.exists():
        return False
    try:
        with FileLock(home.serving_lock, timeout=0):
            return False
    except Timeout:
        return True
