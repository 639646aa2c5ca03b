"""The commands that run until they are stopped: `serve`, `demo` and `engine`."""

import os
import sys
import threading
import webbrowser

import click

from bot.cli.console import what_to_open
from bot.cli.context import Context, cli, command
from bot.lessons.importing import sample_lessons
from bot.operations import logs


@command(cli, tells=False)
@click.option("--no-browser", is_flag=True, help="Do not open the page.")
def serve(context: Context, no_browser: bool) -> None:
    """Run the bot: Slack, the nights and the console."""
    from bot.serve import serve as run  # noqa: PLC0415  Slack and the console load only here

    logs.configure()

    def ready(address: str) -> None:
        # The address holds a token, and what a service prints becomes a log.
        if sys.stderr.isatty():
            _present(context, address, no_browser)

    run(context.home, context.settings, on_ready=ready)


@command(cli, tells=False)
@click.option("--port", type=click.IntRange(0, 65535), help="Of the console [3018].")
@click.option("--no-browser", is_flag=True, help="Do not open the page.")
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

    def ready(address: str) -> None:
        _present(context, address, no_browser)

    run(context.home, settings, with_slack=False, on_ready=ready)


def _present(context: Context, address: str, no_browser: bool) -> None:
    """Prints the page's address, and opens it where somebody sits at a terminal."""
    click.echo(f"\n  Nightschool is at {address}   (Ctrl+C ends it)\n", err=True)
    if not no_browser and sys.stderr.isatty() and not os.environ.get("CI"):
        page = what_to_open(context.home, address)
        threading.Thread(target=webbrowser.open, args=(page,), daemon=True).start()


@command(cli, tells=False)
def engine(context: Context) -> None:
    """Run the model server alone (OpenAI chat API on loopback)."""
    os.execv(  # noqa: S606  the model server replaces this process, signals and all
        sys.executable,
        [sys.executable, "-m", "bot.engine", "--home", str(context.home.root)],
    )
