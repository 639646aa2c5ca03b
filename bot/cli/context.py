"""What every command shares: the home folder, `--json`, one line for what goes wrong."""

import functools
import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import fields, is_dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bot.answers.assistant import Assistant
from bot.engine.client import EngineClient
from bot.home import Home
from bot.lessons.curation import Curation
from bot.nights.runner import NightRunner
from bot.settings import Settings, load_settings
from bot.store import Store
from trainer.adapters.registry import Registry
from trainer.hardware.cache import expanded

NUMBER = click.IntRange(1, 2**63 - 1)
"""The type of ids and limits: from 1 to the largest integer of SQLite."""
HOME_VARIABLE = "NIGHTSCHOOL_HOME"


class Context:
    """The parts that a command needs, made when it first asks for them."""

    def __init__(self, root: Path, as_json: bool) -> None:
        self.home = Home(root)
        self.as_json = as_json
        # What people and models wrote is no markup: [red] and :tada: are shown as they are.
        self.terminal = Console(stderr=False, markup=False, emoji=False)
        self.progress = Console(stderr=True, markup=False, emoji=False)
        self.resources = ExitStack()

    @cached_property
    def settings(self) -> Settings:
        """nightschool.toml and the environment."""
        return load_settings(self.home)

    @cached_property
    def store(self) -> Store:
        """The database."""
        self.home.prepare()
        store = Store(self.home.database)
        self.resources.callback(store.close)
        return store

    @cached_property
    def registry(self) -> Registry:
        """The adapter versions."""
        return Registry(self.home.adapters)

    @cached_property
    def curation(self) -> Curation:
        """Teaching and curation of lessons."""
        return Curation(self.store, self.settings)

    @cached_property
    def engine(self) -> EngineClient:
        """The running engine, or one for the time of this command."""
        from bot.engine.supervisor import connect  # noqa: PLC0415  only who asks pays for it

        self.home.prepare()
        return self.resources.enter_context(connect(self.home, self.settings))

    @cached_property
    def assistant(self) -> Assistant:
        """Answers questions."""
        return Assistant(self.store, self.engine, self.settings, self.registry)

    @cached_property
    def nights(self) -> NightRunner:
        """Runs nights."""
        return NightRunner(self.home, self.settings, self.store, self.registry)

    def emit(self, document: Any, text: str | Callable[[], None]) -> None:
        """Prints the document with --json, else the text, or calls it where it prints by itself."""
        if self.as_json:
            click.echo(json.dumps(plain(document), ensure_ascii=False))
        elif callable(text):
            text()
        else:
            click.echo(text)


@runtime_checkable
class HasJson(Protocol):
    """What says itself how it is written as JSON: cards, evaluations, results."""

    def to_json(self) -> dict[str, Any]:
        """The JSON object."""


def plain(value: Any) -> Any:
    """Returns a value as JSON has it: dataclasses as objects, tuples as lists, paths as text."""
    if isinstance(value, HasJson):
        return plain(value.to_json())
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value


def command(
    group: click.Group, name: str | None = None, *, tells: bool = True
) -> Callable[[Callable[..., None]], click.Command]:
    """Makes a function a command of `group` that takes `--home` and, if it `tells`, `--json`."""

    def decorate(function: Callable[..., None]) -> click.Command:
        @click.option(
            "--home",
            type=click.Path(file_okay=False, path_type=Path),
            help=f"Folder with nightschool.toml, data/ and adapters/ [{HOME_VARIABLE}; default: .]",
        )
        @functools.wraps(function)
        @click.pass_context
        def run(click_context: click.Context, /, home: Path | None, **options: Any) -> None:
            parent = click_context.find_root().params.get("home")
            root = home or parent or Path(os.environ.get(HOME_VARIABLE) or ".")
            context = Context(expanded(root).resolve(), options.pop("as_json", False))
            with context.resources:
                function(context, **options)

        if tells:
            run = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")(
                run
            )
        return group.command(name or function.__name__.replace("_", "-"))(run)

    return decorate


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


@contextmanager
def working(context: Context, what: str) -> Iterator[Callable[[int, int], None]]:
    """Shows a bar named `what`; the callback takes the items that are done, and all items."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    hidden = not context.progress.is_terminal
    with Progress(*columns, console=context.progress, transient=True, disable=hidden) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)
