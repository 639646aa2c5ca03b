"""The commands `examples list` and `show`."""

from dataclasses import replace

import click
from rich.table import Table

from bot.cli.context import NUMBER, Context, command, plain
from bot.cli.examples.group import examples
from bot.lessons import quality
from bot.lessons.reviews.freshness import Freshness
from bot.lessons.scoping import scope_word
from bot.store import Example
from bot.store.examples.rows import STATUSES
from bot.store.examples.scope import PUBLIC

HIDDEN = "(its words are not shown without --private)"
NOT_TRAINED = ": told only there, and not trained"
PRIVATE = click.option(
    "--private", is_flag=True, help="Show the words of lessons for one channel or one person, too."
)


@command(examples, "list")
@click.option("--status", type=click.Choice(STATUSES))
@click.option("--search", help="Words in the question or the answer.")
@click.option("--limit", default=100, show_default=True, type=NUMBER)
@PRIVATE
def list_(
    context: Context, status: str | None, search: str | None, limit: int, private: bool
) -> None:
    """List examples, the newest first."""
    # A search in words that are not shown would tell them one by one.
    audience = PUBLIC if search and not private else None
    found = context.store.examples.search(
        status=status, text=search, limit=limit, audience=audience
    )
    matches = [_shown(example, private) for example in found]
    freshness = Freshness(context.settings)

    def table() -> None:
        rows = Table("id", "status", "for", "question", "answer", "from", "look at")
        for example in matches:
            since = freshness.since(example)
            rows.add_row(
                str(example.id),
                example.status,
                for_whom(example),
                HIDDEN if _is_hidden(example, private) else example.prompt,
                example.completion,
                f"{example.source} by {example.author}",
                ", ".join([*_marks(example), *([since] if since else [])]),
            )
        context.terminal.print(rows if matches else "Nothing was taught yet.")

    listed = [_document(example, private, freshness) for example in matches]
    context.emit({"examples": listed, "counts": context.store.examples.counts()}, table)


@command(examples)
@click.argument("identifier", metavar="ID", type=NUMBER)
@PRIVATE
def show(context: Context, identifier: int, private: bool) -> None:
    """Show one example: its source, its history, and the adapters that were trained on it."""
    example = _shown(context.store.examples.get(identifier), private)
    hidden = _is_hidden(example, private)
    history = context.store.examples.history(identifier)
    if hidden:  # reasons are words of people as well
        history = [replace(change, why=None) for change in history]
    runs = context.store.runs.of_example(identifier)
    versions = [run.version for run in runs if run.version]
    marks = _marks(example)
    freshness = Freshness(context.settings)
    since, every = freshness.since(example), freshness.interval(example)
    document = {**_document(example, private, freshness), "history": history, "adapters": versions}

    def tell() -> None:
        turns = example.messages or ()
        for turn in turns[:-2]:
            click.echo(f"{turn.role}: {turn.content}")
        click.echo(HIDDEN if hidden else f"Q: {example.prompt}\nA: {example.completion}")
        click.echo(f"{example.status}, {example.source} by {example.author}")
        click.echo(f"for {for_whom(example)}{NOT_TRAINED if example.for_whom.private else ''}")
        if example.permalink:
            click.echo(f"from {example.permalink}")
        if example.expires_on:
            click.echo(f"true until {example.expires_on}")
        if example.owner:
            click.echo(f"owned by {example.owner}")
        if every:
            click.echo(f"to be confirmed every {every} days{f': {since}' if since else ''}")
        if marks:
            click.echo(f"worth a look: {', '.join(marks)}")
        for change in history:
            click.echo(f"  {change.at[:16]} {change.after} by {change.who}: {change.why or ''}")
        click.echo(f"adapters trained on it: {', '.join(versions) or 'none yet'}")

    context.emit(document, tell)


def _is_hidden(example: Example, private: bool) -> bool:
    """Returns whether the words of an example are kept from a screen that others may see."""
    return example.for_whom.private and not private


def _shown(example: Example, private: bool) -> Example:
    """Returns an example without its words, where they are for one channel or one person."""
    if not _is_hidden(example, private):
        return example
    return replace(example, prompt="", completion="", messages=None, reason=None)


def _document(example: Example, private: bool, freshness: Freshness) -> dict[str, object]:
    """Returns what programs are told of an example."""
    return {
        **plain(example),
        "owner": example.owned_by,
        "due": freshness.state(example) != "fresh",
        "marks": _marks(example),
        "hidden": _is_hidden(example, private),
    }


def for_whom(example: Example) -> str:
    """Says whom an example is for, with the id of the channel or the person."""
    scope = example.for_whom
    return scope_word(scope) + (f" ({scope.id})" if scope.id else "")


def _marks(example: Example) -> list[str]:
    """Returns the quality marks of an example.

    The text of an example from a thumbs-up is the bot's own, which `marks` is told.
    """
    if not example.completion:
        return []
    own = example.completion if example.source == "reaction" else None
    return list(quality.marks(example.completion, own))
