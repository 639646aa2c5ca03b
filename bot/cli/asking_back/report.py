"""The command `report`: what the bot brings, a week beside the week before."""

from datetime import UTC, datetime

import click
from rich.table import Table

from bot.cli.context import Context, cli, command, plain
from bot.feedback.benefits.figures import Benefits, benefits
from bot.feedback.benefits.wording import WEEK_HEADS, lift_line, rows, sentences
from bot.store.weekly.figures import MOST_WEEKS


@command(cli)
@click.option(
    "--weeks",
    type=click.IntRange(2, MOST_WEEKS),
    default=2,
    show_default=True,
    help="So many weeks stand beside each other.",
)
def report(context: Context, weeks: int) -> None:
    """Say what the bot brings: questions, answers, gaps, lessons, and what nights gained."""
    days = context.settings.lessons.review_days
    now = datetime.now(UTC)
    told = benefits(context.store, context.registry, now, weeks, review_days=days)
    # The share is a figure of its own for whoever reads the document.
    document = plain(told)
    for week, figures in zip(document["weeks"], told.weeks, strict=True):
        week["share"] = figures.share
    context.emit(document, lambda: _print(context, told))


def _print(context: Context, told: Benefits) -> None:
    later = [f"{number} weeks before" for number in range(2, len(told.weeks))]
    table = Table("", *WEEK_HEADS, *later)
    for row in rows(told.weeks):
        table.add_row(row.name, *row.values)
    context.terminal.print(table)
    for line in sentences(told):
        context.terminal.print(line)
    if told.nights:
        context.terminal.print("What the nights gained, before → after:")
    for lift in told.nights:
        context.terminal.print(lift_line(lift))
