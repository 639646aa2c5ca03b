"""The commands `models`, `doctor` and `slack-manifest`."""

import json
from contextlib import suppress
from functools import partial

import click
from rich.box import SIMPLE_HEAD
from rich.table import Column, Table

from bot.cli.context import Context, cli, command, plain
from bot.errors import NightschoolError, TrainingError
from bot.nights.trainer_process import TrainerProcess
from bot.operations.diagnosis import Diagnosis
from bot.operations.doctor import examine
from bot.operations.private_data import mend_files
from bot.operations.startup import settle
from trainer.models.loading import STARTER, resolve
from trainer.planning.catalog import recommended
from trainer.results.run import MachineSpeed


@command(cli)
def models(context: Context) -> None:
    """Models that are recommended, and which of them fit this machine."""
    resolve(STARTER)  # unpacks it, so that it has a path to print
    registry = context.registry
    adapters = [registry.card(version) for version in registry.versions()]
    machine = _machine(context)
    cards = recommended(machine.memory_gb, gflops=machine.gflops, cards=adapters)

    def tell() -> None:
        table = Table(
            Column("model", overflow="fold"),
            "size",
            "answer",
            "train",
            "100 lessons",
            "fits",
            box=SIMPLE_HEAD,
        )
        for card in cards:
            minutes = card.training_minutes
            table.add_row(
                card.name,
                card.parameters,
                f"{card.memory_gb:.1f} GB",
                f"{card.training_memory_gb:.1f} GB",
                "" if minutes is None else f"{minutes:.0f} min",
                "yes" if card.fits else "no",
            )
        context.terminal.print(table)
        for card in cards:
            if not card.basis.startswith("estimated"):
                click.echo(f"{card.name}: {card.basis}; time {card.time_basis}.")
        click.echo(
            f"All else is estimated: memory from sizes of layers, time {cards[-1].time_basis}."
        )

    context.emit({"models": [plain(card) for card in cards]}, tell)


def _machine(context: Context) -> MachineSpeed:
    """Returns the measured speed and GPU memory, empty where mlx does not run."""
    try:
        child = TrainerProcess(["speed"], context.home.runs / "speed.log")
        return child.run(MachineSpeed.from_json)
    except (TrainingError, OSError):
        return MachineSpeed()


@command(cli)
@click.option("--mend", is_flag=True, help="Close files that other accounts can reach.")
def doctor(context: Context, mend: bool) -> None:
    """What is missing here and how to mend it."""
    # A restore that was killed between its moves has left no database to examine.
    with suppress(NightschoolError, OSError):
        settle(context.home)
    mended = list(mend_files(context.home)) if mend else []
    installed = _installation(context)  # first: it learns which lessons are of private channels
    findings = [*mended, *examine(context.home), *installed]

    def tell() -> None:
        marks = {"ok": "ok  ", "warning": "note", "missing": "MEND"}
        for finding in findings:
            click.echo(f"{marks[finding.state]}  {finding.what}")
            if finding.mend:
                click.echo(f"      {finding.mend}")

    bad = any(finding.state == "missing" for finding in findings)
    context.emit({"ok": not bad, "findings": [plain(f) for f in findings]}, tell)
    if bad:
        raise SystemExit(1)


def _installation(context: Context) -> list[Diagnosis]:
    """Examines the app in Slack; where the settings or the database are broken, `examine` says."""
    from bot.slack.installation import examine_installation  # noqa: PLC0415  as slack-manifest
    from bot.slack.state.places import learn_unknown  # noqa: PLC0415

    try:
        learn = None
        if context.home.database.exists():
            learn = partial(learn_unknown, store=context.store)
        return list(examine_installation(context.settings.slack, learn))
    except NightschoolError:
        return []


@command(cli, "slack-manifest")
def slack_manifest(context: Context) -> None:
    """The app manifest to paste at api.slack.com/apps."""
    from bot.slack.manifest import manifest  # noqa: PLC0415  only this command needs Slack

    document = manifest()
    context.emit(document, json.dumps(document, indent=2))
