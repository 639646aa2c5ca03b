"""A bar on standard error while something takes its time; nothing where nobody watches."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bot.cli.context import Context


@contextmanager
def working(context: Context, what: str) -> Iterator[Callable[[int, int], None]]:
    """Shows that `what` is going on; the callback moves the bar to so many of so many."""
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
