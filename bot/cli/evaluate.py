"""The exam on the command line: a table, JSON, a picture."""

import tempfile
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from bot.cli.context import Context, cli, command
from bot.cli.nights import ProgressBar
from bot.errors import InputError
from bot.lessons.exporting import export_approved
from bot.nights import report, report_chart
from bot.nights.trainer_process import TrainerProcess


@command(cli)
@click.option("--adapter", help="A version, or `base` for the base model alone [the current one].")
@click.option("--picture", type=click.Path(dir_okay=False, path_type=Path), help="A PNG to draw.")
def evaluate(context: Context, adapter: str | None, picture: Path | None) -> None:
    """Hold the exam: the base model against an adapter, on all that is approved now."""
    version = adapter or context.registry.current() or "base"
    if picture is not None and version == "base":
        raise InputError("A picture shows before and after: it needs an adapter.")
    arguments = ["evaluate", "--model", context.settings.model]
    if version != "base":
        arguments += ["--adapter", str(context.registry.path(version))]
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        export_approved(context.store, context.settings, data)
        child = TrainerProcess(
            [*arguments, "--data", str(data)], context.home.runs / "evaluate.log"
        )
        with ProgressBar(context) as bar:
            done = child.run(bar.show)
    scores = done["evaluation"]
    if picture is not None:
        losses = context.registry.card(version).losses
        _draw(scores, losses, version, picture)
    document = {
        "adapter": None if version == "base" else version,
        "base": scores["base"],
        "tuned": scores.get("candidate"),
        "against": scores.get("against"),
        "seconds": done["seconds"],
    }
    context.emit(document, lambda: _marks(context, version, scores))


def _draw(scores: dict[str, Any], losses: dict[str, Any], version: str, picture: Path) -> None:
    image = report_chart.draw(scores, losses, f"Adapter {version} beside the base model")
    if image is None:
        raise InputError("There is nothing to draw: nothing was asked.")
    picture.write_bytes(image)


def _marks(context: Context, version: str, scores: dict[str, Any]) -> None:
    table = Table("", "base", version if "candidate" in scores else "")
    base, tuned = scores["base"], scores.get("candidate", {})
    for name, right, asked in (*report.EXAM, report.OTHER_WORDS):
        cells = [f"{s[right]} of {s[asked]}" if s else "" for s in (base, tuned)]
        table.add_row(name, *cells)
    for name, key, digits in report.MEASURES:
        values = [s.get(key) for s in (base, tuned)]
        table.add_row(name, *("" if v is None else f"{v:.{digits}f}" for v in values))
    context.terminal.print(table)
