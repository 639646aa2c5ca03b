"""The commands `night` and `train`."""

import shlex
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import click
from pydantic import ValidationError
from rich.progress import BarColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from bot.cli.context import Context, cli, command
from bot.errors import InputError
from bot.nights import report
from bot.nights.launch import BACKENDS, workers
from bot.nights.not_mastered import mastery_lines, mastery_of
from bot.nights.runner import NightResult
from bot.nights.training import Training
from bot.nights.training import train as train_child
from bot.store.database.clock import today
from trainer.adapters.registry import AdapterCard, write_card
from trainer.commands import training_script
from trainer.dataset.long_rows import cut_by_mlx_lm
from trainer.dataset.reader import check_for_mlx_lm
from trainer.dataset.token_counts import tokenizer_of
from trainer.planning.hyperparameters import plan
from trainer.planning.preflight import check_disk, check_power
from trainer.planning.settings import TrainingSettings, advice
from trainer.results.long_rows import LongRow, cut_sentence
from trainer.results.progress import Progress
from trainer.results.run import RunResult

_NAMED = 5
"""Lines of a file that a warning names."""


def _team_options(function: Any) -> Any:
    """Adds the options of commands that can train on several processes or machines."""
    for option in reversed(
        (
            click.option(
                "--hosts",
                type=click.Path(dir_okay=False, path_type=Path),
                help="mlx's host file: machines that train together (docs/several-machines.md).",
            ),
            click.option("-n", "count", type=click.IntRange(1), help="Processes on this machine."),
            click.option("--backend", type=click.Choice(BACKENDS), help="How they talk [ring]."),
        )
    ):
        function = option(function)
    return function


class ProgressBar:
    """Shows the progress of the trainer as a bar on standard error."""

    def __init__(self, context: Context) -> None:
        self._bar = Bar(
            TextColumn("{task.description:>10}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[note]}", markup=False),
            TimeRemainingColumn(),
            console=context.progress,
            transient=True,
            disable=not context.progress.is_terminal,
        )
        self._task: TaskID = self._bar.add_task("starting", total=None, note="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def show(self, progress: Progress, what: str = "") -> None:
        """Updates the bar, and prints warnings above it; `what` is printed before the figures."""
        for warning in progress.warnings or ():
            line = f"nightschool: {warning}"
            self._bar.console.print(line, markup=False, highlight=False, soft_wrap=True)
        known = figures(progress)
        self._bar.update(
            self._task,
            description=progress.phase,
            completed=progress.step or 0,
            total=progress.steps,
            note=", ".join([what, *known] if what else known),
        )


def figures(progress: Progress) -> list[str]:
    """Returns the known figures of a training: loss, tokens a second, peak memory in GB."""
    known = []
    if progress.loss:
        known.append(f"loss {progress.loss:.3f}")
    if progress.tokens_per_second:
        known.append(f"{progress.tokens_per_second:.0f} tokens/s")
    if progress.peak_memory_gb:
        known.append(f"{progress.peak_memory_gb:.1f} GB")
    return known


@command(cli)
@click.option("--force", is_flag=True, help="Train even if nothing changed.")
@click.option(
    "--warm-start",
    is_flag=True,
    help="Go on from the adapter in use. It costs: what that one forgot stays forgotten, and "
    "what was withdrawn stays learned.",
)
@_team_options
def night(
    context: Context,
    force: bool,
    warm_start: bool,
    hosts: Path | None,
    count: int | None,
    backend: str | None,
) -> None:
    """Go to school now: train on what was taught, and promote what passes its exam."""
    team = workers(count, hosts, backend)
    with ProgressBar(context) as bar:
        outcome = context.nights.run(
            force=force, on_progress=bar.show, warm_start=warm_start, workers=team
        )
    context.emit(outcome, lambda: _tell(context, outcome))
    if outcome.status == "failed":
        if context.as_json:
            click.echo(f"nightschool: {outcome.reason}", err=True)
        raise SystemExit(1)


def _tell(context: Context, outcome: NightResult) -> None:
    run = context.store.runs.get(outcome.run)
    failed = outcome.status == "failed"
    click.echo(report.headline(run), err=failed)
    mastery = mastery_of(context.registry, outcome.version)
    private = report.private_lines(context.store.examples.private_count())
    expired = report.expired_lines(context.store.freshness.expired_count(today()))
    for line in (*report.lines(run), *mastery_lines(context.store, mastery), *private, *expired):
        click.echo(line, err=failed)


TRAINING_OPTIONS = {
    "iters": int,
    "epochs": float,
    "batch_size": int,
    "learning_rate": float,
    "rank": int,
    "scale": float,
    "dropout": float,
    "layers": int,
    "max_seq_length": int,
    "seed": int,
    "replay": float,
    "variants": int,
    "rewordings": int,
}


def _training_options(function: Any) -> Any:
    for name, kind in reversed(TRAINING_OPTIONS.items()):
        function = click.option(f"--{name.replace('_', '-')}", type=kind)(function)
    return function


def _warn_of_reasoning(data: Path) -> None:
    """Names the rows whose reasoning mlx-lm trains as it stands there, while we leave it out."""
    for file in (data / "train.jsonl", data / "valid.jsonl"):
        lines = check_for_mlx_lm(file) if file.is_file() else []
        if lines:
            some = ", ".join(map(str, lines[:_NAMED])) + (", ..." if len(lines) > _NAMED else "")
            click.echo(
                f"nightschool: mlx_lm trains the reasoning before the answers of {file.name} as it "
                f"stands there (line {some}); `nightschool train` leaves it out.",
                err=True,
            )


def _warn_of_cut_rows(model: str, data: Path, settings: TrainingSettings) -> list[LongRow]:
    """Warns of rows of which `mlx_lm.lora` would cut something off, and returns them.

    Where the model is not on this disk yet, nothing can be counted, and that is said.
    """
    if not (data / "train.jsonl").is_file():
        return []
    tokenizer = tokenizer_of(model)
    if tokenizer is None:
        warning = f"{model} is not on this disk yet: which rows are too long cannot be told."
        click.echo(f"nightschool: {warning}", err=True)
        return []
    limit = plan(settings, 1).max_seq_length
    rows = list(cut_by_mlx_lm(tokenizer, data, limit))
    if rows:
        click.echo(f"nightschool: {cut_sentence(rows)}", err=True)
    return rows


@command(cli)
@click.option(
    "--data", required=True, type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path))
@click.option("--model", help="starter, a folder or a hub name [the setting `model`].")
@click.option("--dry-run", is_flag=True, help="Print the mlx_lm command and YAML that do the same.")
@click.option(
    "--warm-start",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder with an adapter to go on from; it must have the same rank and layers.",
)
@_team_options
@_training_options
def train(
    context: Context,
    data: Path,
    out: Path,
    model: str | None,
    dry_run: bool,
    warm_start: Path | None,
    **options: Any,
) -> None:
    """The trainer alone: JSONL files in DATA become an adapter in OUT."""
    team = workers(options.pop("count"), options.pop("hosts"), options.pop("backend"))
    given = {key: value for key, value in options.items() if value is not None}
    try:
        settings = TrainingSettings(**{**context.settings.training.model_dump(), **given})
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(f"Training setting {first['loc'][0]}: {first['msg']}.") from error
    for sentence in advice(settings):
        click.echo(f"nightschool: {sentence}", err=True)
    name = model or context.settings.model
    if dry_run:
        script = training_script(name, data, out, settings)
        long_rows = _warn_of_cut_rows(name, data, settings)
        _warn_of_reasoning(data)
        context.emit({"script": script, "long_rows": long_rows}, script)
        return
    if out.exists() and any(out.iterdir()):
        raise InputError(f"{out} is not empty: choose another folder for the adapter.")
    check_disk(next(place for place in out.absolute().parents if place.exists()))
    for sentence in check_power(least=0):
        click.echo(f"nightschool: {sentence}", err=True)
    # The checkpoint is beside the folder; after an interruption the same command resumes from it.
    checkpoint = out.absolute().with_name(f".{out.name}-checkpoint.safetensors")
    with tempfile.TemporaryDirectory() as folder, context.nights.alone():
        training = Training(
            data=data,
            out=out,
            model=name,
            settings=settings,
            folder=Path(folder),
            lock=context.home.training_lock,
            checkpoint=checkpoint,
            warm_start=warm_start,
            workers=team,
            log=context.home.runs / "train.log",
        )
        with ProgressBar(context) as bar:
            done = train_child(training, bar.show)
    checkpoint.unlink(missing_ok=True)
    notes = "".join(f"\n{note}" for note in done.notes)
    _write_card(out, name, done)
    line = f"nightschool adapters add {shlex.quote(str(out.absolute()))}"
    adding = f"It answers nobody yet. This makes a version of it, with an exam: {line}"
    if name != context.settings.model:
        adding += f" (in a home whose `model` is {name})"
    document = {**done.to_json(), "add": line}
    context.emit(document, f"The adapter is in {out}.{notes}\n{adding}")


def _write_card(out: Path, model: str, done: RunResult) -> None:
    """Leaves beside an adapter what it was trained with, so that `adapters add` can compare."""
    card = AdapterCard(
        version="",
        base_model=model,
        base_revision=done.base_revision,
        template_hash=done.template_hash,
        tokenizer_hash=done.tokenizer_hash,
        settings=done.settings,
        losses=done.losses,
        evaluation=done.evaluation,
        reason="Trained by hand.",
        seconds=done.seconds,
        peak_memory_gb=done.peak_memory_gb,
        notes=done.notes,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    write_card(out, card)
