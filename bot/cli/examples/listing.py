"""The commands `examples ...`, which list, show, change, import, export and check lessons."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click
from rich.box import SIMPLE
from rich.table import Table

from bot.cli.ask import person, whom
from bot.cli.context import NUMBER, Context, ReadableFile, cli, command, plain, working
from bot.lessons import quality
from bot.lessons.exporting import export_approved, limits_of, row_of, trained_ids
from bot.lessons.importing import import_rows
from bot.lessons.scoping import scope_word
from bot.lessons.teaching import OnConflict, clean
from bot.store import Example
from bot.store.examples.rows import STATUSES
from bot.store.examples.scope import PUBLIC, Scope
from trainer.dataset import DatasetStats, dataset_stats, validate_dataset
from trainer.dataset.statistics import PERCENTILES, SourceStats
from trainer.dataset.token_counts import tokenizer_of
from trainer.importing.importer import Rows, read_rows
from trainer.importing.lines import FoundRow, Rejected

SHOWN = 20
"""Bad lines that are printed on a terminal; --json has all of them."""
CONFLICTS: dict[str, OnConflict] = {"replace": "replace", "keep": "keep", "reject": "ask"}
HIDDEN = "(its words are not shown without --private)"
NOT_TRAINED = ": told only there, and not trained"
PRIVATE = click.option(
    "--private", is_flag=True, help="Show the words of lessons for one channel or one person, too."
)
FILE = ReadableFile()


@cli.group()
def examples() -> None:
    """What the bot was taught."""


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

    def table() -> None:
        rows = Table("id", "status", "for", "question", "answer", "from", "look at")
        for example in matches:
            rows.add_row(
                str(example.id),
                example.status,
                _whom(example),
                HIDDEN if _is_hidden(example, private) else example.prompt,
                example.completion,
                f"{example.source} by {example.author}",
                ", ".join(_marks(example)),
            )
        context.terminal.print(rows if matches else "Nothing was taught yet.")

    listed = [_document(example, private) for example in matches]
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
    document = {**_document(example, private), "history": history, "adapters": versions}

    def tell() -> None:
        turns = example.messages or ()
        for turn in turns[:-2]:
            click.echo(f"{turn.role}: {turn.content}")
        click.echo(HIDDEN if hidden else f"Q: {example.prompt}\nA: {example.completion}")
        click.echo(f"{example.status}, {example.source} by {example.author}")
        click.echo(f"for {_whom(example)}{NOT_TRAINED if example.for_whom.private else ''}")
        if example.permalink:
            click.echo(f"from {example.permalink}")
        if example.expires_on:
            click.echo(f"true until {example.expires_on}")
        if marks:
            click.echo(f"worth a look: {', '.join(marks)}")
        for change in history:
            click.echo(f"  {change.at[:16]} {change.after} by {change.who}: {change.why or ''}")
        click.echo(f"adapters trained on it: {', '.join(versions) or 'none yet'}")

    context.emit(document, tell)


@command(examples)
@click.argument("identifier", metavar="ID", type=NUMBER)
@click.argument("scope", metavar="WHOM", callback=whom)
def scope(context: Context, identifier: int, scope: Scope) -> None:
    """Change whom an example is for: everyone, or the id of a channel or a person."""
    example = context.curation.rescope(identifier, scope, person(), None)
    sentence = f"Example {example.id} is for {_whom(example)}."
    if example.status == "pending":
        sentence += " It waits for approval."
    if scope.private:
        sentence += " Adapters that learned it keep it until the next night."
    document = {
        "id": example.id,
        "status": example.status,
        "scope": example.scope,
        "scope_id": example.scope_id,
    }
    context.emit(document, sentence)


def _is_hidden(example: Example, private: bool) -> bool:
    """Returns whether the words of an example are kept from a screen that others may see."""
    return example.for_whom.private and not private


def _shown(example: Example, private: bool) -> Example:
    """Returns an example without its words, where they are for one channel or one person."""
    if not _is_hidden(example, private):
        return example
    return replace(example, prompt="", completion="", messages=None, reason=None)


def _document(example: Example, private: bool) -> dict[str, object]:
    """Returns what programs are told of an example."""
    hidden = _is_hidden(example, private)
    return {**plain(example), "marks": _marks(example), "hidden": hidden}


def _whom(example: Example) -> str:
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


def _status_command(name: str, done: str) -> None:
    @command(examples, name)
    @click.argument("identifier", metavar="ID", type=NUMBER)
    @click.option("--why", help="Kept in the example's history.")
    def change(context: Context, identifier: int, why: str | None) -> None:
        act = getattr(context.curation, name)
        # A reason is kept like a lesson: without secrets and personal data.
        kept = clean(why, context.settings.examples)[0] if why else None
        example: Example = act(identifier, person(), kept)
        context.emit(
            {"id": example.id, "status": example.status}, f"Example {example.id} is {done}."
        )

    change.help = f"{name.capitalize()} one example."


for _name, _done in (("approve", "approved"), ("reject", "rejected"), ("withdraw", "withdrawn")):
    _status_command(_name, _done)


@command(examples, "import")
@click.argument("file", type=FILE)
@click.option("--thread", is_flag=True, help="FILE is a thread that was copied out of Slack.")
@click.option(
    "--on-conflict",
    type=click.Choice(["replace", "keep", "reject"]),
    default="replace",
    show_default=True,
    help="What to do about another answer to a question that was taught before.",
)
def import_(context: Context, file: Path, thread: bool, on_conflict: str) -> None:
    """Teach everything in a JSONL or CSV file; bad lines are named and the rest is kept."""
    with working(context, "importing") as moved:
        result = import_rows(
            context.store,
            context.curation,
            file,
            person(),
            on_progress=moved,
            thread=thread,
            on_conflict=CONFLICTS[on_conflict],
        )
    document = {
        "added": result.added,
        "duplicates": result.duplicates,
        "rejected": result.rejected,
        "replaced": result.replaced,
        "redacted": result.redacted,
    }

    def tell() -> None:
        replaced = f", {result.replaced} other answers replaced" if result.replaced else ""
        unused = f" ({result.out_of_use} of them out of use)" if result.out_of_use else ""
        click.echo(f"{result.added} added, {result.duplicates} known already{unused}{replaced}.")
        if result.redacted:
            kinds = ", ".join(f"{kind} ({count})" for kind, count in result.redacted.items())
            click.echo(f"Taken out before they were stored, a word in brackets instead: {kinds}.")
        _tell_bad(result.rejected)

    if not result.added + result.duplicates:
        why = "it is empty"
        if result.rejected:
            first = result.rejected[0]
            why = f"line {first.line}: {'; '.join(first.errors)}"
        if context.as_json:
            context.emit(document, "")
        click.echo(f"nightschool: {file.name} has no lesson that can be used; {why}", err=True)
        raise SystemExit(1)
    context.emit(document, tell)


def _tell_bad(rejected: Sequence[Rejected]) -> None:
    """Prints the first bad lines of a file to standard error."""
    for bad in rejected[:SHOWN]:
        click.echo(f"line {bad.line}: {'; '.join(bad.errors)}", err=True)
    if len(rejected) > SHOWN:
        click.echo(f"and {len(rejected) - SHOWN} more lines", err=True)


@command(examples)
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--format",
    "kind",
    type=click.Choice(["chat", "completions", "text"]),
    default="chat",
    show_default=True,
)
def export(context: Context, directory: Path, kind: str) -> None:
    """Write train.jsonl, valid.jsonl and manifest.json of all approved examples."""
    with working(context, "exporting"):
        done = export_approved(context.store, context.settings, directory, kind)
    document = {"folder": done.folder, **done.manifest}
    sentence = f"{len(trained_ids(done))} examples are in {directory}."
    if done.left_out:
        sentence += f" {len(done.left_out)} are left out; manifest.json says why."
    context.emit(document, sentence)


def _rows(context: Context, file: Path | None) -> Rows:
    """Returns a file's rows with their line numbers, or the examples to train with their ids."""
    if file is not None:
        return read_rows(file)
    trained = [e for e in context.store.examples.approved() if not e.for_whom.private]
    return Rows(tuple(FoundRow(e.id, row_of(e) | {"source": e.source}) for e in trained), ())


@command(examples)
@click.argument("file", type=FILE, required=False)
def validate(context: Context, file: Path | None) -> None:
    """Check FILE, or everything that is approved for everyone, with the tokenizer of the model."""
    with working(context, "checking"):
        rows = _rows(context, file)
        limits = limits_of(context.settings, len(rows.rows))
        counter = tokenizer_of(context.settings.model)
        result = validate_dataset((found.row for found in rows.rows), counter, limits=limits)
    wrong = {rows.rows[index].line: tuple(errors) for index, errors in result.errors}
    wrong |= {bad.line: bad.errors for bad in rows.rejected}

    def tell() -> None:
        click.echo(f"{result.valid_count} valid, {len(wrong)} not.")
        for place, errors in sorted(wrong.items()):
            click.echo(f"{'line' if file else 'example'} {place}: {'; '.join(errors)}")

    key = "line" if file else "id"
    document = {
        "valid_count": result.valid_count,
        "invalid_count": len(wrong),
        "errors": [{key: place, "errors": errors} for place, errors in sorted(wrong.items())],
    }
    context.emit(document, tell)
    if wrong:
        raise SystemExit(1)


@command(examples)
@click.argument("file", type=FILE, required=False)
def stats(context: Context, file: Path | None) -> None:
    """Count and measure FILE, or everything that is approved for everyone."""
    with working(context, "measuring") as moved:
        read = _rows(context, file)
        counter = tokenizer_of(context.settings.model)
        measured = dataset_stats([row.row for row in read.rows], counter, on_progress=moved)
    document = measured.as_dict() | ({"rejected": read.rejected} if file else {})
    context.emit(document, lambda: _measured(context, measured))
    _tell_bad(read.rejected)
    if file and not read.rows:
        click.echo(f"nightschool: {file.name} has no row that can be measured", err=True)
        raise SystemExit(1)


def _measured(context: Context, stats: DatasetStats) -> None:
    heads = ("", "rows", "length of", "mean", "min", "max", *(f"{p} %" for p in PERCENTILES))
    table = Table(*heads, box=SIMPLE)

    def add(name: str, part: DatasetStats | SourceStats) -> None:
        spreads = (("asked", part.prompt), ("answer", part.completion), ("tokens", part.tokens))
        for number, (what, one) in enumerate(spreads):
            if one is not None:
                first = ("", "") if number else (name, str(part.total_examples))
                shares = (f"{value:.0f}" for value in one.percentiles.values())
                table.add_row(*first, what, f"{one.mean:.1f}", str(one.min), str(one.max), *shares)

    add("all", stats)
    for name, part in stats.by_source.items():
        add(name, part)
    context.terminal.print(table)
