"""The commands `backup`, `restore` and `forget`."""

from pathlib import Path

import click

from bot.cli.context import Context, ReadableFile, cli, command, working
from bot.operations.backup import back_up
from bot.operations.backup import restore as restore_backup
from bot.operations.startup import settle
from bot.privacy.erasure import Forgotten
from bot.privacy.erasure import forget as remove
from bot.privacy.search import Searched

IN_A_ROW = "words in a row"


@command(cli)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(context: Context, file: Path) -> None:
    """Copy the database to FILE; the bot may be running."""
    settle(context.home)
    size = back_up(context.home, file)
    context.emit({"file": file, "bytes": size}, f"The database is copied to {file}.")


@command(cli)
@click.argument("file", type=ReadableFile())
def restore(context: Context, file: Path) -> None:
    """Put the backup FILE in the database's place; stop the bot before."""
    former = restore_backup(context.home, file)
    kept = f" What was there before is {former}." if former else ""
    context.emit({"restored": file, "former": former}, f"The database is restored.{kept}")


@command(cli)
@click.argument("person")
@click.confirmation_option("--yes", prompt="Remove all that this person taught and asked?")
def forget(context: Context, person: str) -> None:
    """Remove everything that PERSON (a Slack user id) taught, asked and thought.

    It ends with a search of every file of the home, and fails where words in a row are left
    or a file could not be read.
    """
    with working(context, "searching what is left") as on_progress:
        gone = remove(context.home, context.store, person, on_progress)
    context.emit(gone, " ".join(_sentences(gone)))
    unread = gone.searched is not None and gone.searched.unread > 0
    if unread or any(one.what == IN_A_ROW for one in gone.found):
        raise SystemExit(1)


def _sentences(gone: Forgotten) -> list[str]:
    """Returns what was erased, what still knows it, and what the search for it has found."""
    said = [f"{gone.examples} examples, {gone.replies} answers and {gone.opinions} votes are gone."]
    if gone.adapters:
        versions = ", ".join(gone.adapters)
        said.append(f"Trained on them: {versions}; the next night trains without.")
    if gone.databases:
        said.append(
            f"Deleted with everything in them: {gone.databases} databases set aside by restore."
        )
    if gone.searched:
        said.append(_proof(gone.searched, gone))
    if gone.later:
        said.append(gone.later)
    return said


def _proof(searched: Searched, gone: Forgotten) -> str:
    looked = (
        f"Searched {searched.files} files ({searched.bytes / 1e6:.0f} MB) for {searched.windows} "
        f"sequences of words and {searched.words} rare words"
    )
    if searched.unread:
        looked += f"; {searched.unread} files could not be read"
    if not gone.found:
        where = " in those that were read" if searched.unread else ""
        return f"{looked}: nothing is left{where}."
    files = "; ".join(f"{one.what} in {one.file}" for one in gone.found)
    return f"{looked}. Still there: {files}. Look at these files and delete them yourself."
