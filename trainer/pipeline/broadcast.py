"""Sends what the first of several processes has to the others: rows, settings, weights.

In a process alone each of these functions gives back what it was given.
"""

import atexit
import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx

from trainer.adapters.registry import CONFIG, WEIGHTS
from trainer.errors import AdapterError
from trainer.models.tokenization import TokenRow
from trainer.planning.fit import ReadyRun
from trainer.planning.settings import TrainingSettings
from trainer.tuning.checkpoint import NAME, Checkpoints
from trainer.tuning.distributed import ProcessGroup


def rows(group: ProcessGroup, make: Callable[[], list[TokenRow]]) -> list[TokenRow]:
    """The rows that the first process makes, for all."""
    found = group.share(lambda: [[row.tokens, row.start] for row in make()])
    return [TokenRow(tuple(tokens), start) for tokens, start in found]


def ready(group: ProcessGroup, make: Callable[[], ReadyRun]) -> ReadyRun:
    """What the first process found out about the run, for all."""

    def found() -> list[object]:
        one = make()
        return [one.settings.model_dump(), list(one.notes), one.estimate_gb, one.lighter]

    settings, notes, estimate, lighter = group.share(found)
    return ReadyRun(TrainingSettings.model_validate(settings), tuple(notes), estimate, lighter)


def checkpoints(group: ProcessGroup, ours: Checkpoints) -> Checkpoints:
    """The checkpoints of this process: the others start from the first one's and write none."""
    if group.size == 1:
        return ours
    files = [place for place in (ours.place, ours.earlier) if place and place.is_file()]
    content = group.share_bytes(files[0].read_bytes() if group.first and files else b"")
    if group.first:
        return ours
    if not content:
        return replace(ours, place=None, earlier=None)
    folder = Path(tempfile.mkdtemp(prefix="nightschool-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    earlier = folder / NAME
    earlier.write_bytes(content)
    return replace(ours, place=None, earlier=earlier)


def weights(group: ProcessGroup, adapter: Path | None, scale: float) -> dict[str, mx.array]:
    """An adapter's weights by their names, for all; nothing without an adapter.

    Args:
        group: the processes that get them.
        adapter: a folder, on the first one.
        scale: of the layers that they are for; weights of an adapter with another scale are made
            to fit.

    Raises:
        AdapterError: the first process cannot read the adapter.
    """
    if not (own := group.share(lambda: _scale(adapter))):
        return {}
    content = adapter.joinpath(WEIGHTS).read_bytes() if group.first and adapter else b""
    with tempfile.NamedTemporaryFile(suffix=".safetensors") as file:
        file.write(group.share_bytes(content))
        file.flush()
        found = mx.load(file.name)
        mx.eval(found)
    if not isinstance(found, dict):
        raise TypeError("an adapter has named weights")
    return {k: v * (own / scale) if k.endswith(".lora_b") else v for k, v in found.items()}


def _scale(adapter: Path | None) -> float | None:
    if adapter is None:
        return None
    try:
        config = json.loads((adapter / CONFIG).read_text(encoding="utf-8"))
        return float(config["lora_parameters"]["scale"])
    except (OSError, ValueError, KeyError) as error:
        raise AdapterError(f"The adapter '{adapter.name}' cannot be read.") from error
