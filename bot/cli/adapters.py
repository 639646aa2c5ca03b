"""The commands `adapters list`, `show`, `promote`, `rollback`, `add`, `fuse` and `export`."""

from pathlib import Path

import click
from rich.table import Table

from bot.cli.context import Context, cli, command, plain
from bot.cli.evaluate import marks
from bot.cli.nights import ProgressBar
from bot.errors import InputError
from bot.nights.adapters.adding import Added, add_adapter
from bot.nights.not_mastered import mastery_lines
from bot.nights.trainer_process import TrainerProcess
from bot.privacy.unlearning import require_clean
from trainer.adapters.registry import AdapterCard
from trainer.results.run import ExportedAdapter, FusedModel


@cli.group()
def adapters() -> None:
    """Adapter versions and which one answers."""


@command(adapters, "list")
def list_(context: Context) -> None:
    """List all versions, oldest first."""
    registry = context.registry
    current = registry.current()
    cards = [registry.card(version) for version in registry.versions()]
    document = {
        "current": current,
        "adapters": [
            {
                "version": card.version,
                "current": card.version == current,
                "verdict": card.verdict,
                "reason": card.reason,
                "examples": len(card.example_ids),
                "created_at": card.created_at,
                "base_model": card.base_model,
            }
            for card in cards
        ],
    }
    context.emit(document, lambda: _table(context, cards, current))


def _table(context: Context, cards: list[AdapterCard], current: str | None) -> None:
    if not cards:
        click.echo("No adapter yet: teach something and run `nightschool night`.")
        return
    table = Table("", "version", "examples", "verdict", "made", "reason")
    for card in cards:
        mark = "→" if card.version == current else ""
        made = card.created_at[:16].replace("T", " ")
        # Of what came from elsewhere nobody knows the lessons.
        examples = "?" if card.origin and not card.example_ids else str(len(card.example_ids))
        table.add_row(mark, card.version, examples, card.verdict, made, card.reason)
    context.terminal.print(table)


@command(adapters)
@click.argument("version")
def show(context: Context, version: str) -> None:
    """Show one version: what it was trained on, how, and its exam."""
    card = context.registry.card(version)
    examples = [context.store.examples.get(example) for example in card.example_ids]
    gone = [example.id for example in examples if example.status != "approved"]
    document = {
        **plain(card),
        "current": context.registry.current() == version,
        "path": context.registry.path(version),
        "examples": [
            {
                "id": example.id,
                "prompt": "" if example.for_whom.private else example.prompt,
                "status": example.status,
                "permalink": example.permalink,
                "scope": example.scope,
            }
            for example in examples
        ],
        "withdrawn_since": gone,
    }

    def tell() -> None:
        click.echo(f"{version}: {card.verdict}. {card.reason}")
        made = "added" if card.origin else "made"
        click.echo(f"base {card.base_model}, {made} {card.created_at}, {card.seconds:.0f} s")
        for note in (*card.notes, *mastery_lines(context.store, card.mastery)):
            click.echo(f"  {note}")
        for example in examples:
            note = "" if example.status == "approved" else f" [{example.status} since]"
            words = example.prompt
            if example.for_whom.private:
                # The terminal shows no private words unless it is asked to: `examples show`.
                words = f"for one {example.scope} alone since"
            click.echo(f"  {example.id}: {words}{note} {example.permalink or ''}".rstrip())

    context.emit(document, tell)


@command(adapters)
@click.argument("version")
def promote(context: Context, version: str) -> None:
    """Answer with VERSION (or `base`) from now on."""
    chosen = None if version == "base" else version
    require_clean(context.store, context.registry, chosen)
    context.registry.promote(chosen)
    context.emit({"current": chosen}, f"The bot answers with {version} now.")


@command(adapters)
def rollback(context: Context) -> None:
    """Go back to what answered before."""
    require_clean(context.store, context.registry, context.registry.before())
    version = context.registry.rollback()
    context.emit({"current": version}, f"The bot answers with {version or 'the base model'} now.")


@command(adapters)
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--same-base", is_flag=True, help="Take it though it names its base otherwise.")
def add(context: Context, directory: Path, same_base: bool) -> None:
    """Add an adapter of mlx_lm.lora or PEFT (LoRA or DoRA) from DIRECTORY as a version."""
    with context.nights.alone(), ProgressBar(context) as bar:
        added = add_adapter(
            context.home,
            context.settings,
            context.store,
            context.registry,
            directory,
            renamed=same_base,
            on_progress=bar.show,
        )
    card = added.card
    document = {
        "version": card.version,
        "path": context.registry.path(card.version),
        "format": added.adapter.layout,
        "kind": added.adapter.kind,
        "rank": added.adapter.rank,
        "modules": added.adapter.modules,
        "base_model": card.base_model,
        "said_base": added.adapter.said_base,
        "examples": len(card.example_ids),
        "verdict": card.verdict,
        "passed": added.passed,
        "reason": card.reason,
        "evaluation": card.evaluation,
        "mastery": card.mastery,
        "notes": card.notes,
        "seconds": card.seconds,
    }
    context.emit(document, lambda: _tell_added(context, added))


def _tell_added(context: Context, added: Added) -> None:
    card, adapter = added.card, added.adapter
    layers = "1 layer" if adapter.modules == 1 else f"{adapter.modules} layers"
    click.echo(f"{card.version}: {adapter.kind} of rank {adapter.rank} on {layers}. {card.reason}")
    for note in (*card.notes, *mastery_lines(context.store, card.mastery)):
        click.echo(f"  {note}")
    if card.evaluation is not None:
        marks(context, card.version, card.evaluation)
    click.echo(
        f"It answers nobody yet: `nightschool ask --adapter {card.version} QUESTION` tries it, "
        f"`nightschool adapters promote {card.version}` puts it to use."
    )


@command(adapters)
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@click.option("--adapter", help="A version [the current one].")
def fuse(context: Context, directory: Path, adapter: str | None) -> None:
    """Make a whole model of base and adapter in DIRECTORY."""
    version = _leaving(context, adapter)
    path = context.registry.path(version)
    arguments = ["fuse", "--model", context.settings.model, "--adapter", str(path)]
    child = TrainerProcess([*arguments, "--out", str(directory)], context.home.runs / "fuse.log")
    done = child.run(FusedModel.from_json)
    context.emit(
        {"version": version, "path": directory, **done.to_json()},
        f"{version} is fused into {directory}.",
    )


@command(adapters)
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@click.option("--adapter", help="A version [the current one].")
@click.option(
    "--format",
    "layout",
    type=click.Choice(["peft", "gguf"]),
    default="peft",
    help="Whose layout [peft]; for gguf also the line that makes llama.cpp's file of it.",
)
def export(context: Context, directory: Path, adapter: str | None, layout: str) -> None:
    """Write an adapter to DIRECTORY for other engines: vLLM, llama.cpp, Transformers."""
    version = _leaving(context, adapter)
    path = context.registry.path(version)
    arguments = ["export", "--model", context.registry.card(version).base_model]
    arguments += ["--adapter", str(path), "--out", str(directory)]
    if layout == "gguf":
        arguments += ["--layout", layout]
    child = TrainerProcess(arguments, context.home.runs / "export.log")
    done = child.run(ExportedAdapter.from_json)
    document = {"version": version, "path": directory, "format": layout}
    told = f"{version} is in {directory}, in PEFT's layout."
    if layout == "gguf":
        document["command"] = done.command
        told += f" In a checkout of llama.cpp, this makes its GGUF file:\n{done.command}"
    context.emit(document, told)


def _leaving(context: Context, adapter: str | None) -> str:
    """Returns the version that is to leave as files; its weights say what they were taught.

    Raises:
        InputError: no adapter answers, or it was trained on what was erased or made private since.
        AdapterError: there is no such version.
    """
    version = adapter or context.registry.current()
    if version is None:
        raise InputError("No adapter answers yet: run a night first, or name one with --adapter.")
    require_clean(context.store, context.registry, version)
    return version
