"""The command `examples export`."""

from pathlib import Path

import click

from bot.cli.context import Context, command, working
from bot.cli.examples.group import examples
from bot.lessons.exporting import export_approved, trained_ids


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
