"""The commands that run until they are stopped: `serve`, `demo` and `engine`."""

import os
import sys
import threading
import webbrowser
from collections.abc import Callable

import click

from bot.cli.console import what_to_open
from bot.cli.context import Context, cli, command
from bot.interpreter import child_environment, python
from bot.lessons.importing import sample_lessons
from bot.operations import logs

NO_BROWSER = click.option("--no-browser", is_flag=True, help="Do not open the page.")


@command(cli, tells=False)
@NO_BROWSER
def serve(context: Context, no_browser: bool) -> None:
    """Run the bot: Slack, the nights and the console."""
    from bot.serve import serve as run  # noqa: PLC0415  Slack and the console load only here

    logs.configure()
    # The address holds a token, which belongs in no log; whatever is no terminal may become one,
    # also a pipe, as of Docker. `nightschool console` prints the address.
    ready = _opener(context, no_browser) if sys.stderr.isatty() else None
    run(context.home, context.settings, on_ready=ready)


@command(cli, tells=False)
@click.option("--port", type=click.IntRange(0, 65535), help="Of the console [3018].")
@NO_BROWSER
@click.option("--no-samples", is_flag=True, help="Begin with an empty school.")
def demo(context: Context, port: int | None, no_browser: bool, no_samples: bool) -> None:
    """Try everything in the browser, with the starter model and without Slack."""
    from bot.serve import serve as run  # noqa: PLC0415  as above

    logs.configure()
    settings = context.settings
    if port is not None:
        console = settings.console.model_copy(update={"port": port})
        settings = settings.with_changes(console=console)
    if not no_samples:
        sample_lessons(context.store, context.curation)

    run(context.home, settings, with_slack=False, on_ready=_opener(context, no_browser))


def _opener(context: Context, no_browser: bool) -> Callable[[str], None]:
    """Returns what prints the page's address and opens it, where somebody sits at a terminal."""

    def ready(address: str) -> None:
        click.echo(f"\n  Nightschool is at {address}   (Ctrl+C ends it)\n", err=True)
        if not no_browser and sys.stderr.isatty() and not os.environ.get("CI"):
            page = what_to_open(context.home, address)
            threading.Thread(target=webbrowser.open, args=(page,), daemon=True).start()

    return ready


@command(cli, tells=False)
def engine(context: Context) -> None:
    """Run the model server alone (OpenAI chat API on loopback)."""
    variables = child_environment()
    os.environ.clear()
    os.environ.update(variables)
    os.execv(  # noqa: S606  the model server replaces this process, signals and all
        sys.executable, python("bot.engine", "--home", str(context.home.root))
    )
