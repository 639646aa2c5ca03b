"""The command `examples import`, which teaches what is in a file or shows what it would teach."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import click
from rich.box import SIMPLE
from rich.table import Table

from bot.cli.ask import person
from bot.cli.context import Context, ReadableFile, command, working
from bot.cli.examples.group import examples, tell_bad
from bot.lessons.importing import Imported, RowFate, import_rows
from bot.lessons.teaching import OnConflict
from trainer.importing.options import ReadOptions

CONFLICTS: dict[str, OnConflict] = {"replace": "replace", "keep": "keep", "reject": "ask"}
MOST_ROWS = 200
"""Rows of a dry run that are printed on a terminal; --json has all of them."""
WORDS = 120
"""Characters of a question or an answer that a table shows."""
NAMED = ("question", "answer", "context", "system", "source")
"""What `--columns` gives a column's name for."""
FILE = ReadableFile(folders=True)


def columns_of(
    _context: click.Context, _parameter: click.Parameter, value: str | None
) -> Mapping[str, str]:
    """Returns the columns that an option such as `question=Ticket,answer=Text` names.

    Raises:
        BadParameter: it has another form, or names something that no lesson has.
    """
    columns: dict[str, str] = {}
    for part in (value or "").split(",") if value else ():
        ours, equals, theirs = (side.strip() for side in part.partition("="))
        if not (equals and theirs) or ours not in NAMED or ours in columns:
            raise click.BadParameter(
                f"'{part}' does not say which column is which: write question=COLUMN,answer=COLUMN;"
                f" there are {', '.join(NAMED)}, each at most once"
            )
        columns[ours] = theirs
    return columns


COLUMNS = click.option(
    "--columns",
    callback=columns_of,
    metavar="question=COLUMN,answer=COLUMN",
    help="Which columns or keys of FILE hold what; also context, system and, for `stats`, source.",
)
THREAD = click.option(
    "--thread", is_flag=True, help="FILE is a thread that was copied out of Slack."
)


@command(examples, "import")
@click.argument("file", metavar="FILE|FOLDER", type=FILE)
@COLUMNS
@click.option("--dry-run", is_flag=True, help="Show what would become of each row; keep nothing.")
@THREAD
@click.option(
    "--slack-url",
    metavar="URL",
    help="The workspace of a Slack export, say https://example.slack.com, for links to messages.",
)
@click.option(
    "--on-conflict",
    type=click.Choice(["replace", "keep", "reject"]),
    default="replace",
    show_default=True,
    help="What to do about another answer to a question that was taught before.",
)
def import_(
    context: Context,
    file: Path,
    columns: Mapping[str, str],
    dry_run: bool,
    thread: bool,
    slack_url: str | None,
    on_conflict: str,
) -> None:
    """Teach what is in a file of nearly any format; bad lines are named and the rest is kept."""
    with working(context, "importing") as moved:
        result = import_rows(
            context.store,
            context.curation,
            file,
            person(),
            on_progress=moved,
            options=ReadOptions(columns, thread, slack_url),
            on_conflict=CONFLICTS[on_conflict],
            dry_run=dry_run,
        )
    document = _document(result, dry_run=dry_run)
    if not result.used:
        _refuse(context, file, result, document, dry_run=dry_run)

    def tell() -> None:
        if dry_run:
            context.terminal.print(_table(result.rows))
            if len(result.rows) > MOST_ROWS:
                click.echo(f"and {len(result.rows) - MOST_ROWS} more rows: --json has them all")
        for sentence in _sentences(result, dry_run=dry_run):
            click.echo(sentence)
        if not dry_run or len(result.rows) > MOST_ROWS:  # else the table has said it
            tell_bad(result.rejected)

    context.emit(document, tell)


def _refuse(
    context: Context, file: Path, result: Imported, document: dict[str, Any], *, dry_run: bool
) -> NoReturn:
    """Ends the command where nothing of a file can be used; a dry run has shown every row."""
    why = "it is empty"
    if result.rejected:
        first = result.rejected[0]
        why = f"line {first.line}: {'; '.join(first.errors)}"
    elif result.notes:
        why = " ".join(result.notes)
    if context.as_json:
        context.emit(document, "")
    elif dry_run and result.rows:
        context.terminal.print(_table(result.rows))
        tell_bad(result.rejected[MOST_ROWS:])
    click.echo(f"nightschool: {file.name} has no lesson that can be used; {why}", err=True)
    raise SystemExit(1)


def _document(result: Imported, *, dry_run: bool) -> dict[str, Any]:
    """Returns what programs are told of an import."""
    document: dict[str, Any] = {
        "added": result.added,
        "duplicates": result.duplicates,
        "rejected": result.rejected,
        "replaced": result.replaced,
        "redacted": result.redacted,
        "proposed": result.proposed,
        "pairs": result.pairs,
        "format": result.format,
        "notes": result.notes,
    }
    return document | ({"dry_run": True, "rows": result.rows} if dry_run else {})


def _sentences(result: Imported, *, dry_run: bool) -> list[str]:
    """Returns what people are told of an import, but for the bad lines."""
    replaced = f", {result.replaced} other answers replaced" if result.replaced else ""
    unused = f" ({result.out_of_use} of them out of use)" if result.out_of_use else ""
    counts = f"{result.added} added, {result.duplicates} known already{unused}{replaced}."
    if dry_run:
        counts = f"Nothing was stored. It would be: {counts}"
    sentences = [counts]
    if result.proposed:
        what = "is a proposal" if result.proposed == 1 else "are proposals"
        sentences.append(
            f"{result.proposed} of them {what} and will wait until a teacher approves."
        )
    if result.pairs:
        number = "1 pair" if result.pairs == 1 else f"{result.pairs} pairs"
        kept = "would be" if dry_run else "is" if result.pairs == 1 else "are"
        sentences.append(
            f"{number} of a preferred and a disliked answer {kept} kept: nights train on them where"
            ' `training.preferences` is "auto"; `examples pairs` lists them.'
        )
    if result.redacted:
        kinds = ", ".join(f"{kind} ({count})" for kind, count in result.redacted.items())
        sentences.append(f"Taken out before they were stored, a word in brackets instead: {kinds}.")
    return [*sentences, *result.notes]


def _table(fates: tuple[RowFate, ...]) -> Table:
    """Returns what would become of the rows of a file, as a table."""
    table = Table("line", "what", "question", "answer", "remarks", box=SIMPLE)
    for fate in fates[:MOST_ROWS]:
        remarks = list(fate.notes)
        if fate.replaces:
            ids = ", ".join(str(old) for old in fate.replaces)
            remarks.append(f"in place of example {ids}")
        if fate.redacted:
            remarks.append(f"without {', '.join(fate.redacted)}")
        table.add_row(
            str(fate.line),
            fate.fate,
            shortened(fate.question),
            shortened(fate.answer),
            "; ".join(remarks),
        )
    return table


def shortened(text: str) -> str:
    """Returns the beginning of a text on one line, for a table."""
    line = " ".join(text.split())
    return line if len(line) <= WORDS else f"{line[: WORDS - 1]}…"
