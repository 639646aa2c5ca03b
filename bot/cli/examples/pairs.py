"""The command `examples pairs`, which lists the pairs that files brought, or withdraws them."""

from dataclasses import asdict

import click
from rich.table import Table

from bot.cli.context import NUMBER, Context, command
from bot.cli.examples.group import examples
from bot.cli.examples.importing import shortened
from bot.errors import NotFoundError
from bot.store.ratings import IMPORTED


@command(examples)
@click.option("--withdraw", "identifier", metavar="ID", type=NUMBER, help="Delete this pair.")
@click.option("--withdraw-all", is_flag=True, help="Delete all of them.")
def pairs(context: Context, identifier: int | None, withdraw_all: bool) -> None:
    """List the pairs of a preferred and a disliked answer that files have brought."""
    ratings = context.store.ratings
    found = [pair for pair in ratings.preferred() if pair.source == IMPORTED]
    chosen = [pair for pair in found if withdraw_all or pair.id == identifier]
    if identifier is not None and not chosen:
        raise NotFoundError(f"There is no imported pair {identifier}: `examples pairs` lists them.")
    if chosen:
        number = ratings.drop_imported([pair.id for pair in chosen])
        what = "1 pair is" if number == 1 else f"{number} pairs are"
        context.emit(
            {"withdrawn": [pair.id for pair in chosen]},
            f"{what} withdrawn. Adapters that learned from them keep that until the next night.",
        )
        return

    def table() -> None:
        rows = Table("id", "question", "preferred", "disliked")
        for pair in found:
            words = map(shortened, (pair.prompt, pair.chosen, pair.rejected))
            rows.add_row(str(pair.id), *words)
        context.terminal.print(rows if found else "No file has brought a pair.")

    keys = ("id", "prompt", "chosen", "rejected")
    listed = [{key: asdict(pair)[key] for key in keys} for pair in found]
    context.emit({"pairs": listed}, table)
