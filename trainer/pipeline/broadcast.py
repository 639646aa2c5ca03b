"""Sends rows, settings, checkpoints and weights from the first of several processes to all.

In a group of one process each of these functions returns what it was given.
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
    """Returns the rows that the first process makes, in every process."""
    shared = group.share(lambda: [[row.tokens, row.start] for row in make()])
    return [TokenRow(tuple(tokens), start) for tokens, start in shared]


def ready(group: ProcessGroup, make: Callable[[], ReadyRun]) -> ReadyRun:
    """Returns the prepared run that the first process makes, in every process."""

    def as_json() -> list[object]:
        run = make()
        return [run.settings.model_dump(), list(run.notes), run.estimate_gb, run.lighter]

    settings, notes, estimate, lighter = group.share(as_json)
    return ReadyRun(TrainingSettings.model_validate(settings), tuple(notes), estimate, lighter)


def checkpoints(group: ProcessGroup, ours: Checkpoints) -> Checkpoints:
    """Returns the checkpoints of this process.

    Only the first process writes checkpoints; the others get a copy of the file to resume from.
    """
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
    """Returns an adapter's weights by their names, in every process; empty without an adapter.

    Args:
        group: the processes that get them.
        adapter: a folder that the first process can read; the others ignore it.
        scale: the scale of the layers that the weights are for. What a layer adds is
            scale * x @ lora_a @ lora_b, so weights of an adapter with another scale have their
            lora_b multiplied by the ratio of the two.

    Raises:
        AdapterError: the first process cannot read the adapter.
    """
    if not (own := group.share(lambda: _scale(adapter))):
        return {}
    content = adapter.joinpath(WEIGHTS).read_bytes() if group.first and adapter else b""
    with tempfile.NamedTemporaryFile(suffix=".safetensors") as file:
        file.write(group.share_bytes(content))
        file.flush()
        arrays = mx.load(file.name)
        mx.eval(arrays)
    if not isinstance(arrays, dict):
        raise TypeError("an adapter has named weights")
    return {k: v * (own / scale) if k.endswith(".lora_b") else v for k, v in arrays.items()}


def _scale(adapter: Path | None) -> float | None:
    if adapter is None:
        return None
    try:
        config = json.loads((adapter / CONFIG).read_text(encoding="utf-8"))
        return float(config["lora_parameters"]["scale"])
    except (OSError, ValueError, KeyError) as error:
        raise AdapterError(f"The adapter '{adapter.name}' cannot be read.") from error
