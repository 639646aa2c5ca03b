"""Fits a run to this machine before the model is loaded; only its tokenizer is read."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trainer.hardware.device

# isort: split
from mlx_lm.utils import load_tokenizer

from trainer.adapters.registry import CARD, read_card
from trainer.errors import AdapterError, ModelError, NightschoolError
from trainer.models.loading import resolve, template_hash, tokenizer_hash
from trainer.models.tokenization import Messages, TokenRow, make_row
from trainer.planning.hyperparameters import plan
from trainer.planning.memory import shape_of, stored_bytes, width
from trainer.planning.preflight import changes_since, check_adapter, fit
from trainer.planning.settings import TrainingSettings

MEASURED_ROWS = 500
"""The number of longest lessons that are tokenized to learn the length of rows."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ReadyRun:
    """Settings of a run that fit this machine, with notes on what was changed."""

    settings: TrainingSettings
    notes: tuple[str, ...]
    estimate_gb: float | None
    """Estimated peak memory; None where the model's architecture tells nothing."""
    lighter: int
    """The number of memory reductions that were taken."""


def make_ready(
    model: str,
    lessons: Sequence[Messages],
    settings: TrainingSettings,
    adapter: Path | None = None,
    lighter: int = 0,
) -> ReadyRun:
    """Looks at the model's tokenizer, the adapter in use and the memory.

    Args:
        model: name as for `trainer.models.loading.load`.
        lessons: what will be trained.
        settings: that were asked for.
        adapter: the one in use.
        lighter: things to give up because memory ran out without.

    Raises:
        ModelError: there is no such model.
        TrainingError: it does not fit into memory, whatever is given up.
    """
    path = resolve(model)
    try:
        tokenizer: Any = load_tokenizer(path)  # type: ignore[no-untyped-call]  # its library is untyped
    except Exception:  # noqa: BLE001  loading the model says what is wrong with it
        _log.debug("no tokenizer", exc_info=True)
        return ReadyRun(settings, (), None, 0)
    notes = []
    if adapter is not None:
        notes += check_adapter(adapter, template_hash(tokenizer), tokenizer_hash(path))
    rows = _rows(tokenizer, lessons, settings)
    try:
        shape = shape_of(path)
    except ModelError as error:
        _log.warning("memory is not checked: %s", error)
        return ReadyRun(settings, tuple(notes), None, 0)
    if not rows:
        return ReadyRun(settings, tuple(notes), None, 0)
    free = trainer.hardware.device.free_memory_gb()
    on_cpu = trainer.hardware.device.on_cpu()
    # A processor unpacks all weights to 32 bits; elsewhere they stay as they are in their files.
    stored = None if on_cpu else stored_bytes(path) / shape.parameters
    fitted = fit(settings, rows, shape, width(on_cpu=on_cpu), free, lighter, len(lessons), stored)
    why = "Memory ran out" if lighter else "Memory is short"
    if fitted.taken:
        notes.append(f"{why}: {', '.join(reduction.sentence for reduction in fitted.taken)}.")
    _log.info("about %.2f GB needed, %.2f GB free", fitted.estimate_gb, free)
    return ReadyRun(fitted.settings, tuple(notes), round(fitted.estimate_gb, 3), len(fitted.taken))


def check_warm_start(adapter: Path, base_revision: str, template: str, tokenizer: str) -> None:
    """Refuses to go on from an adapter that was made for something else.

    Raises:
        AdapterError: its base, template or tokenizer is another one.
    """
    if not (adapter / CARD).is_file():
        return  # trained by hand; whether its layers fit shows when they are put in
    card = read_card(adapter)
    changed = changes_since(card, template, tokenizer)
    if not changed and card.base_revision and card.base_revision != base_revision:
        changed = "base model"
    if changed:
        raise AdapterError(
            f"{adapter.name} was trained with another {changed}: train without --warm-start."
        )


def _rows(
    tokenizer: Any, lessons: Sequence[Messages], settings: TrainingSettings
) -> list[TokenRow]:
    limit = plan(settings, len(lessons)).max_seq_length
    longest = sorted(lessons, key=lambda m: -sum(len(turn["content"]) for turn in m))
    rows = []
    for messages in longest[:MEASURED_ROWS]:
        try:
            rows.append(make_row(tokenizer, messages, limit))
        except NightschoolError:
            continue  # training says so, in its own words
    return rows
