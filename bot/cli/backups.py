"""The commands `backup`, `restore` and `forget`."""

from pathlib import Path

import click

from bot.cli.context import Context, cli, command
from bot.operations.backup import back_up
from bot.operations.backup import restore as restore_backup
from bot.privacy.erasure import forget as remove


@command(cli)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(context: Context, file: Path) -> None:
    """Copy the database to FILE; the bot may be running."""
    size = back_up(context.home, file)
    context.emit({"file": file, "bytes": size}, f"The database is copied to {file}.")


@command(cli)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(context: Context, file: Path) -> None:
    """Put the backup FILE in the database's place; stop the bot before."""
    former = restore_backup(context.home, file)
    kept = f" What was there before is {former}." if former else ""
    context.emit({"restored": file, "former": former}, f"The database is restored.{kept}")


@command(cli)
@click.argument("person")
@click.confirmation_option("--yes", prompt="Remove all that this person taught and asked?")
def forget(context: Context, person: str) -> None:
    """Remove everything that PERSON (a Slack user id) taught, asked and thought."""
    gone = remove(context.home, context.store, person)
    sentence = (
        f"{gone.examples} examples, {gone.replies} answers and {gone.opinions} votes are gone."
    )
    if gone.adapters:
        versions = ", ".join(gone.adapters)
        sentence += f" Trained on them: {versions}; the next night trains without."
    if gone.databases:
        sentence += (
            f" Deleted with everything in them: {gone.databases} databases set aside by restore."
        )
    context.emit(gone, sentence)
