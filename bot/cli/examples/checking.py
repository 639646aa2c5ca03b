"""The commands `examples validate` and `stats`, which check and measure a file or the school."""

from collections.abc import Mapping
from pathlib import Path

import click
from rich.box import SIMPLE
from rich.table import Table

from bot.cli.context import Context, command, working
from bot.cli.examples.group import examples, tell_bad
from bot.cli.examples.importing import COLUMNS, FILE, THREAD
from bot.lessons.exporting import limits_of, row_of
from bot.lessons.importing.pairs import pair_errors
from bot.nights.report import expired_lines
from bot.store import Example
from bot.store.database.clock import today
from trainer.dataset import DatasetStats, dataset_stats, validate_dataset
from trainer.dataset.statistics import PERCENTILES, SourceStats
from trainer.dataset.token_counts import tokenizer_of
from trainer.importing.importer import Rows, read_rows
from trainer.importing.lines import FoundRow
from trainer.importing.options import ReadOptions

FILE_OR_NONE = click.argument("file", metavar="[FILE|FOLDER]", type=FILE, required=False)


def _rows(context: Context, file: Path | None, options: ReadOptions) -> Rows:
    """Returns a file's rows with their line numbers, or the examples to train with their ids."""
    if file is not None:
        return read_rows(file, options)
    approved = context.store.examples.approved()
    trained = [e for e in approved if not e.for_whom.private and not _left(e)]
    return Rows(tuple(FoundRow(e.id, row_of(e) | {"source": e.source}) for e in trained), ())


def _left(example: Example) -> bool:
    """Returns whether an example is not trained any more, as nobody confirmed it."""
    return example.leaves_on is not None and example.leaves_on <= today()


@command(examples)
@FILE_OR_NONE
@COLUMNS
@THREAD
def validate(context: Context, file: Path | None, columns: Mapping[str, str], thread: bool) -> None:
    """Check FILE, or everything that is approved for everyone, with the tokenizer of the model."""
    with working(context, "checking"):
        rows = _rows(context, file, ReadOptions(columns, thread))
        limits = limits_of(context.settings, len(rows.rows))
        counter = tokenizer_of(context.settings.model)
        result = validate_dataset((found.row for found in rows.rows), counter, limits=limits)
    wrong = {rows.rows[index].line: tuple(errors) for index, errors in result.errors}
    wrong |= {bad.line: bad.errors for bad in rows.rejected}
    judged = [(pair.line, pair_errors(pair, context.settings.examples)) for pair in rows.pairs]
    wrong |= {line: errors for line, errors in judged if errors}
    valid_pairs = sum(not errors for _, errors in judged)

    def tell() -> None:
        and_pairs = f" and {valid_pairs} of {len(judged)} pairs" if judged else ""
        click.echo(f"{result.valid_count} valid{and_pairs}, {len(wrong)} not.")
        for sentence in rows.notes:
            click.echo(sentence)
        for place, errors in sorted(wrong.items()):
            click.echo(f"{'line' if file else 'example'} {place}: {'; '.join(errors)}")

    key = "line" if file else "id"
    document = {
        "valid_count": result.valid_count,
        "invalid_count": len(wrong),
        "valid_pairs": valid_pairs,
        "errors": [{key: place, "errors": errors} for place, errors in sorted(wrong.items())],
    }
    context.emit(document, tell)
    if wrong:
        raise SystemExit(1)


@command(examples)
@FILE_OR_NONE
@COLUMNS
@THREAD
def stats(context: Context, file: Path | None, columns: Mapping[str, str], thread: bool) -> None:
    """Count and measure FILE, or everything that is approved for everyone."""
    with working(context, "measuring") as moved:
        read = _rows(context, file, ReadOptions(columns, thread))
        counter = tokenizer_of(context.settings.model)
        measured = dataset_stats([row.row for row in read.rows], counter, on_progress=moved)
    unconfirmed = 0 if file else context.store.freshness.expired_count(today())
    further = {"rejected": read.rejected} if file else {"unconfirmed": unconfirmed}
    context.emit(measured.as_dict() | further, lambda: _measured(context, measured))
    for sentence in expired_lines(unconfirmed):
        click.echo(sentence, err=True)
    tell_bad(read.rejected)
    if file and read.pairs:
        click.echo(f"{len(read.pairs)} pairs are not measured.", err=True)
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
