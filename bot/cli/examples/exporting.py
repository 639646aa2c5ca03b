"""The command `examples export`."""

from pathlib import Path

import click

from bot.cli.context import Context, command, working
from bot.cli.examples.group import examples
from bot.lessons.exporting import export_approved, trained_ids
from trainer.dataset.export import Exported
from trainer.dataset.folder import RATINGS
from trainer.dataset.layouts import FORMATS


@command(examples)
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--format",
    "kind",
    type=click.Choice(FORMATS),
    default="chat",
    show_default=True,
    help="The layout of a row; mlx-lm and `nightschool train` read the first three.",
)
def export(context: Context, directory: Path, kind: str) -> None:
    """Write all approved examples as a training set: its rows, an exam and manifest.json."""
    with working(context, "exporting"):
        done = export_approved(context.store, context.settings, directory, kind, sources=True)
    context.emit({"folder": done.folder, **done.manifest}, _sentence(done, kind))


def _sentence(done: Exported, kind: str) -> str:
    """Says what is in the folder of an export, and how much is not."""
    pairs = len(done.manifest["preferences"])
    if kind == "dpo":
        said = f"Pairs of a preferred and a disliked answer in {done.folder}: {pairs}."
    else:
        said = f"{len(trained_ids(done))} examples are in {done.folder}."
        if kind == "kto":
            said += f" Disliked answers there, each after the preferred one: {pairs}."
        if rated := done.manifest.get("ratings"):
            said += f" Answers with thumbs in {RATINGS}: {len(rated)}."
    left_out = len(done.left_out) + len(done.manifest.get("preferences_left_out", ()))
    if left_out:
        said += f" Left out: {left_out}; manifest.json says why."
    return said
