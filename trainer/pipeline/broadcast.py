"""What the first of several machines has and the others need: lessons, rows, weights.

On one machine alone each of these gives back what it was given.
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


def rows(team: ProcessGroup, make: Callable[[], list[TokenRow]]) -> list[TokenRow]:
    """Rows that the first one makes."""
    found = team.share(lambda: [[row.tokens, row.start] for row in make()])
    return [TokenRow(tuple(tokens), start) for tokens, start in found]


def ready(team: ProcessGroup, make: Callable[[], ReadyRun]) -> ReadyRun:
    """What the first one found out about the run."""

    def found() -> list[object]:
        one = make()
        return [one.settings.model_dump(), list(one.notes), one.estimate_gb, one.lighter]

    settings, notes, estimate, lighter = team.share(found)
    return ReadyRun(TrainingSettings.model_validate(settings), tuple(notes), estimate, lighter)


def checkpoints(team: ProcessGroup, ours: Checkpoints) -> Checkpoints:
    """The others start from the first one's checkpoint, and write none."""
    if team.size == 1:
        return ours
    files = [place for place in (ours.place, ours.earlier) if place and place.is_file()]
    content = team.share_bytes(files[0].read_bytes() if team.first and files else b"")
    if team.first:
        return ours
    if not content:
        return replace(ours, place=None, earlier=None)
    folder = Path(tempfile.mkdtemp(prefix="nightschool-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    earlier = folder / NAME
    earlier.write_bytes(content)
    return replace(ours, place=None, earlier=earlier)


def weights(team: ProcessGroup, adapter: Path | None, scale: float) -> dict[str, mx.array]:
    """An adapter's weights by their names, for all; nothing without an adapter.

    Args:
        team: who gets them.
        adapter: a folder, on the first one.
        scale: of the layers that they are for; those of an adapter with another are made to fit.
    """
    if not (own := team.share(lambda: _scale(adapter))):
        return {}
    content = adapter.joinpath(WEIGHTS).read_bytes() if team.first and adapter else b""
    with tempfile.NamedTemporaryFile(suffix=".safetensors") as file:
        file.write(team.share_bytes(content))
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
