"""Checks before a run begins: power, disk, model, tokenizer and memory.

What makes no sense to start is refused in one sentence; what a person should know but need not
stop for becomes a note, which goes into the run and the card. Needs no mlx.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from trainer.adapters.registry import AdapterCard, read_card
from trainer.errors import AdapterError, MemoryShortError, TrainingError
from trainer.models.tokenization import TokenRow
from trainer.planning.hyperparameters import NOTES_SHOWN, Plan, plan
from trainer.planning.memory import (
    GB,
    MemoryReduction,
    Shape,
    StepLoad,
    climbed,
    memory_reductions,
    training_gb,
)
from trainer.planning.settings import TrainingSettings

FREE_BYTES = 500_000_000
"""Bytes that a night needs on its disk for exports, checkpoints and an adapter."""
LOW_BATTERY = 40
"""Percent; a night takes an hour, and so much of a laptop's battery, at most."""
NOTE_TOKENS = 150
"""Of a note, at most: `trainer.augmentation.notes` takes no longer lessons, in English."""


@dataclass(frozen=True)
class MemoryFit:
    """Settings of a run that should fit into memory, with the reductions taken for that."""

    settings: TrainingSettings
    taken: tuple[MemoryReduction, ...]
    estimate_gb: float
    """Peak memory by the formula of `trainer.planning.memory`."""


def check_disk(folder: Path, needed: int = FREE_BYTES) -> None:
    """Refuses a disk that is nearly full.

    Raises:
        TrainingError: less is free than needed.
    """
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise TrainingError(
            f"Only {free / 1e6:.0f} MB are free on the disk of {folder}; a night needs "
            f"{needed / 1e6:.0f} MB. Free some room and run it again."
        )


def check_power(least: int = LOW_BATTERY) -> list[str]:
    """Refuses to drain a battery that is low; a note where a fuller one is in use.

    Args:
        least: percent below which nothing begins without the mains; 0 never refuses.

    Raises:
        TrainingError: the battery is low and nothing charges it.
    """
    battery = psutil.sensors_battery() if hasattr(psutil, "sensors_battery") else None
    if battery is None or battery.power_plugged is not False:
        return []
    percent = round(battery.percent)
    if percent < least:
        raise TrainingError(
            f"The battery is at {percent}% and nothing charges it: plug the machine in, or set "
            "night.battery to a lower percentage."
        )
    return [f"It ran on the battery, at {percent}%."]


def check_adapter(adapter: Path, template: str, tokenizer: str) -> list[str]:
    """Says where the adapter in use was trained with another template or tokenizer.

    Args:
        adapter: a version's folder.
        template: today's hash, of `models.template_hash`.
        tokenizer: today's hash, of `models.tokenizer_hash`.
    """
    try:
        card = read_card(adapter)
    except AdapterError as error:
        return [str(error)]
    changed = changes_since(card, template, tokenizer)
    if not changed:
        return []
    sentence = (
        f"The base model's {changed} changed since {card.version} was trained, so that one answers "
        "worse than it could; this night trains with the new one."
    )
    return [sentence]


def changes_since(card: AdapterCard, template: str, tokenizer: str) -> str:
    """`chat template`, `tokenizer`, both or nothing: what is no longer as the card says."""
    pairs = (
        ("chat template", card.template_hash, template),
        ("tokenizer", card.tokenizer_hash, tokenizer),
    )
    return " and ".join(name for name, before, now in pairs if before and before != now)


def load_of(rows: Sequence[TokenRow], plans: Plan) -> StepLoad:
    """What the largest step of a run holds: its longest rows, all in one batch.

    Args:
        rows: one for each lesson.
        plans: for them.
    """
    tokens = sorted((len(row) for row in rows), reverse=True)
    # A lesson also stands behind another one, as a later turn, and behind its notes.
    longest = sum(tokens[:2]) if plans.talks else tokens[0]
    if plans.notes:
        notes = (min(length, NOTE_TOKENS) for length in tokens[1 : NOTES_SHOWN + 1])
        longest = max(longest, tokens[0] + sum(notes))
    return StepLoad(
        batch_size=plans.batch_size,
        tokens=min(longest, plans.max_seq_length),
        answer_tokens=max(len(row) - row.start for row in rows),
        rank=plans.rank,
        layers=plans.layers,
        checkpointed=plans.grad_checkpoint,
    )


def fit(
    settings: TrainingSettings,
    rows: Sequence[TokenRow],
    shape: Shape,
    width: int,
    available_gb: float,
    lighter: int = 0,
    lessons: int | None = None,
    weight_bytes: float | None = None,
) -> MemoryFit:
    """Makes a run so small that it should fit.

    Args:
        settings: that were asked for.
        rows: one for each lesson.
        shape: of the model.
        width: bytes of a number that the device computes with.
        available_gb: memory that is free.
        lighter: number of memory reductions to take at once, because memory ran out without them.
        lessons: how many there are, where the rows are not all of them.
        weight_bytes: of one weight, where it is kept in fewer bytes than it is computed with.

    Raises:
        MemoryShortError: there are not so many memory reductions, or not even the weights fit.
    """
    count = len(rows) if lessons is None else lessons
    first = plan(settings, count, shape.hidden)
    question = max(row.start for row in rows)
    # Rows with notes are left out where they are too long, so that they decide about no cut.
    longest = load_of(rows, replace(first, notes=0)).tokens
    ladder = memory_reductions(first, longest, question)
    weights = shape.parameters * (weight_bytes or width) / GB
    if lighter > len(ladder) or weights > available_gb:
        raise MemoryShortError(
            f"The model and its training do not fit into memory, whatever is given up "
            f"({available_gb:.1f} GB are free, the weights take {weights:.1f}): choose a smaller "
            "model; `nightschool models` says which fit."
        )
    # Cutting rows costs what was taught: that is only done when memory really ran out.
    harmless = next((i for i, r in enumerate(ladder) if "max_seq_length" in r.changes), len(ladder))
    for height in range(lighter, max(lighter, harmless) + 1):
        taken = ladder[:height]
        chosen = climbed(settings, taken)
        plans = plan(chosen, count, shape.hidden)
        estimate = training_gb(shape, width, load_of(rows, plans), weight_bytes)
        if estimate <= available_gb:
            break
    return MemoryFit(chosen, tuple(taken), estimate)
