"""The command `evaluate`, which prints an exam as a table or as JSON and draws it."""

from pathlib import Path

import click
from rich.table import Table

from bot.cli.context import Context, cli, command
from bot.cli.nights import ProgressBar
from bot.errors import InputError
from bot.nights import report, report_chart
from bot.nights.adapters.exam import hold_exam
from trainer.results.evaluation import Evaluation
from trainer.results.losses import Losses


@command(cli)
@click.option("--adapter", help="A version, or `base` for the base model alone [the current one].")
@click.option("--picture", type=click.Path(dir_okay=False, path_type=Path), help="A PNG to draw.")
def evaluate(context: Context, adapter: str | None, picture: Path | None) -> None:
    """Hold the exam: the base model against an adapter, on all that is approved now."""
    version = adapter or context.registry.current() or "base"
    if picture is not None and version == "base":
        raise InputError("A picture shows before and after: it needs an adapter.")
    path = None if version == "base" else context.registry.path(version)
    with ProgressBar(context) as bar:
        done = hold_exam(context.home, context.settings, context.store, path, bar.show)
    exam = done.evaluation
    if picture is not None:
        losses = context.registry.card(version).losses
        _draw(exam, losses, version, picture)
    document = {
        "adapter": None if version == "base" else version,
        "base": exam.base,
        "tuned": exam.candidate,
        "against": exam.to_json().get("against"),
        "seconds": done.seconds,
    }
    if exam.deployed_current is not None:
        document["deployed"] = {"base": exam.deployed_current, "tuned": exam.deployed}
    context.emit(document, lambda: marks(context, version, exam))


def _draw(exam: Evaluation, losses: Losses | None, version: str, picture: Path) -> None:
    image = report_chart.draw(exam, losses, f"Adapter {version} beside the base model")
    if image is None:
        raise InputError("There is nothing to draw: nothing was asked.")
    picture.write_bytes(image)


def marks(context: Context, version: str, exam: Evaluation) -> None:
    """Prints an exam as a table: the base model beside a version."""
    table = Table("", "base", version if exam.candidate else "")
    sides = (exam.base, exam.candidate)
    for part in (*report.EXAM, report.OTHER_WORDS):
        table.add_row(part.name, *(str(part.marks(side)) if side else "" for side in sides))
    bots = (exam.deployed_current, exam.deployed)
    if any(bots):
        for deployed in report.DEPLOYED:
            table.add_row(deployed.name, *(deployed.value(bot) if bot else "" for bot in bots))
    for measure in report.MEASURES:
        values = [measure.value(side) if side else None for side in sides]
        cells = ["" if value is None else f"{value:.{measure.digits}f}" for value in values]
        table.add_row(measure.name, *cells)
    context.terminal.print(table)
