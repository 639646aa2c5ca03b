"""The command `sweep`, which tries a grid of training settings on the approved lessons."""

import click
from rich.table import Table

from bot.cli.context import Context, cli, command
from bot.cli.nights import ProgressBar
from bot.errors import InputError
from bot.nights.sweep import Axes, Swept, sweep
from bot.operations.settings_file import put
from trainer.pipeline.sweep import Trial


def _numbers(text: str | None, kind: type[float]) -> list[float]:
    try:
        return [kind(part) for part in (text or "").split(",") if part.strip()]
    except ValueError as error:
        raise InputError(f"'{text}' is no list of numbers, such as 8,16.") from error


@command(cli, "sweep")
@click.option(
    "--minutes",
    type=click.FloatRange(min=0, min_open=True),
    default=60.0,
    show_default=True,
    help="Time budget.",
)
@click.option("--learning-rates", help="Separated by commas [half, once and twice the usual one].")
@click.option("--ranks", help="Separated by commas [the usual one and a quarter of it].")
@click.option("--layers", help="Separated by commas; -1 is all [all, and the upper 8].")
@click.option("--adopt", is_flag=True, help="Put the winner's values into nightschool.toml.")
def sweep_(
    context: Context,
    minutes: float,
    learning_rates: str | None,
    ranks: str | None,
    layers: str | None,
    adopt: bool,
) -> None:
    """Try learning rates, ranks and layers on what is taught now, and show which does best."""
    axes = Axes(
        _numbers(learning_rates, float),
        [int(n) for n in _numbers(ranks, int)],
        [int(n) for n in _numbers(layers, int)],
    )
    with context.nights.alone(), ProgressBar(context) as bar:
        swept = sweep(
            context.home,
            context.settings,
            context.store,
            minutes,
            axes,
            lambda point, progress: bar.show(progress, str(point)),
        )
    best = swept.trials[0]
    adopted = adopt and best.promoted
    if adopted:
        put(context.home.config, "training", best.point.settings())
    document = {
        "winner": best.point if best.promoted else None,
        "adopted": adopted,
        "trials": [_row(trial) for trial in swept.trials],
        "left_out": swept.left_out,
        "picture": swept.picture,
        "seconds": swept.seconds,
    }
    context.emit(document, lambda: _tell(context, swept, adopted))


def _row(trial: Trial) -> dict[str, object]:
    return {**vars(trial), "score": round(trial.score, 4)}


def _tell(context: Context, swept: Swept, adopted: bool) -> None:
    table = Table(
        "rate", "rank", "layers", "recalled", "other words", "general", "s", "GB", "passes"
    )
    for trial in swept.trials:
        point = trial.point
        table.add_row(
            f"{point.learning_rate:g}",
            str(point.rank),
            "all" if point.layers < 0 else str(point.layers),
            f"{trial.recalled} of {trial.asked}",
            f"{trial.reworded_recalled} of {trial.reworded_asked}",
            f"{trial.canaries_right} of {trial.canaries_asked}",
            f"{trial.seconds:.0f}",
            f"{trial.peak_memory_gb:.1f}",
            "yes" if trial.promoted else "no" if trial.asked else "failed",
        )
    context.terminal.print(table)
    for trial in swept.trials:
        if not trial.asked:
            click.echo(f"{trial.point} failed: {trial.reason}")
    if swept.left_out:
        click.echo(f"No time was left for {len(swept.left_out)} more; --minutes gives it more.")
    click.echo(f"A picture is in {swept.picture}.")
    best = swept.trials[0]
    if not best.promoted:
        click.echo(f"None would pass the gate. The best: {best.reason}")
    elif adopted:
        click.echo(f"nightschool.toml has the winner's values now: {best.point}.")
    else:
        click.echo(f"The winner: {best.point}. --adopt puts that into nightschool.toml.")
