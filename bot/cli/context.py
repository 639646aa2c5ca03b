"""The dependencies and options that all commands share, and how a command is declared."""

import functools
import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import fields, is_dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bot.answers.assistant import Assistant
from bot.answers.indexing import LessonIndexer
from bot.engine.client import EngineClient
from bot.errors import EngineError, NightschoolError, disk_sentence, full_disk
from bot.home import Home
from bot.lessons.curation import Curation
from bot.nights.runner import NightRunner
from bot.operations.startup import settle, settle_store
from bot.privacy.erasure import UNREAD, Finished
from bot.settings import Settings, load_settings
from bot.store import Store
from trainer.adapters.registry import Registry
from trainer.hardware.cache import expanded

NUMBER = click.IntRange(1, 2**63 - 1)
"""The type of ids and limits: from 1 to the largest integer of SQLite."""
HOME_VARIABLE = "NIGHTSCHOOL_HOME"


class ReadableFile(click.Path):
    """The type of a file that a command reads: no pipe, which may never end, and no device.

    Args:
        folders: whether it may be a folder of files as well.
    """

    def __init__(self, *, folders: bool = False) -> None:
        super().__init__(exists=True, dir_okay=folders, path_type=Path)
        self._folders = folders

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Returns the path; fails where it is no regular file."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        if not (path.is_file() or (self._folders and path.is_dir())):
            self.fail(f"{path} is no file that can be read: a pipe or a device.", param, ctx)
        return path


class Context:
    """The dependencies of a command; each is made when it is first used."""

    def __init__(self, root: Path, as_json: bool) -> None:
        self.home = Home(root)
        self.as_json = as_json
        # What people and models wrote is no markup: [red] and :tada: are shown as they are.
        self.terminal = Console(stderr=False, markup=False, emoji=False)
        self.progress = Console(stderr=True, markup=False, emoji=False)
        self.resources = ExitStack()

    @cached_property
    def settings(self) -> Settings:
        """The settings, from nightschool.toml and the environment."""
        return load_settings(self.home)

    @cached_property
    def store(self) -> Store:
        """The database, which is closed when the command ends.

        What a kill cut off before is finished first.
        """
        self.home.prepare()
        settle(self.home)
        store = Store(self.home.database)
        self.resources.callback(store.close)
        for sentence in _left(settle_store(self.home, store)):
            click.echo(sentence, err=True)
        return store

    @cached_property
    def registry(self) -> Registry:
        """The adapter versions."""
        return Registry(self.home.adapters)

    @cached_property
    def curation(self) -> Curation:
        """The service that teaches and curates lessons."""
        return Curation(self.store, self.settings)

    @cached_property
    def engine(self) -> EngineClient:
        """A client of the running engine, or of one that lives as long as this command."""
        from bot.engine.supervisor import connect  # noqa: PLC0415  only who asks pays for it

        self.home.prepare()
        return self.resources.enter_context(connect(self.home, self.settings))

    @cached_property
    def assistant(self) -> Assistant:
        """The service that answers questions."""
        return Assistant(self.store, self.engine, self.settings, self.registry)

    @cached_property
    def nights(self) -> NightRunner:
        """The service that runs nights."""
        return NightRunner(self.home, self.settings, self.store, self.registry)

    def read_lessons(self) -> None:
        """Indexes the lessons that were never indexed; without an encoder it does nothing."""
        indexer = LessonIndexer(self.store, self.engine)
        with working(self, "reading the lessons") as on_progress, suppress(EngineError):
            indexer.catch_up(on_progress)

    def emit(self, document: Any, text: str | Callable[[], None]) -> None:
        """Prints the result of a command.

        Args:
            document: what `--json` prints, made serializable by `plain`.
            text: what is printed otherwise, or a function that prints it.
        """
        if self.as_json:
            click.echo(json.dumps(plain(document), ensure_ascii=False))
        elif callable(text):
            text()
        else:
            click.echo(text)


@runtime_checkable
class HasJson(Protocol):
    """An object that defines its own JSON: a card, an evaluation, a result."""

    def to_json(self) -> dict[str, Any]:
        """Returns the JSON object."""


def plain(value: Any) -> Any:
    """Returns a value that `json.dumps` takes.

    Dataclasses become objects, tuples lists, and paths text.
    """
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
    """Returns a decorator that makes a function a command with `--home` and `--json`.

    Args:
        group: the command group that it joins.
        name: the name of the command [the function's].
        tells: whether it prints a result and so takes `--json`.
    """

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
                try:
                    function(context, **options)
                except (sqlite3.Error, OSError) as error:
                    if not full_disk(error):
                        raise
                    raise NightschoolError(disk_sentence(_folder(error, context))) from error

        if tells:
            run = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")(
                run
            )
        return group.command(name or function.__name__.replace("_", "-"))(run)

    return decorate


def _left(finished: Iterable[Finished]) -> Iterator[str]:
    """Yields a sentence for each file that an erasure has left, and about files it could not read.

    Args:
        finished: erasures that another process began, so that nobody else tells.
    """
    searches = [one.searched for one in finished if one.searched]
    for file in sorted({found.file for searched in searches for found in searched.found}):
        yield (
            f"Words of somebody who was forgotten are still in {file}: look at it and delete it "
            "yourself."
        )
    if unread := max((searched.unread for searched in searches), default=0):
        yield f"Somebody was forgotten, and {unread} files could not be searched. {UNREAD}"


def _folder(error: Exception, context: Context) -> Path:
    """Returns the folder whose disk is full: that of the file which was written, or the data's."""
    name = error.filename if isinstance(error, OSError) else None
    return Path(os.fsdecode(name)).parent if name else context.home.data


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
    """Shows a progress bar named `what`; yields a callback that takes items done and all items."""
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
