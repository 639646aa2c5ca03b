"""Checkpoints: the whole state of a run in one file, so that an interrupted run can be resumed.

The file is replaced atomically, so a process that is killed while writing leaves the one before. It
lies outside the adapters' folders. It has a hash of the rows, the plan and the base model: a run
that differs in any of them starts from the beginning.
"""

import hashlib
import json
import logging
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx
import numpy as np
from mlx.optimizers import Optimizer
from mlx.utils import tree_flatten, tree_unflatten

from trainer.models.tokenization import TokenRow
from trainer.planning.hyperparameters import Plan
from trainer.tuning.batches import Source

NAME = "checkpoint.safetensors"
EVERY_SECONDS = 60.0
"""Seconds between two checkpoints of small adapters: the most that an interruption costs them."""
LARGE = 100e6
"""Bytes; checkpoints larger than this are written in proportion more rarely, to spare the disk."""
_EPOCHS = 2
"""The number of epochs that tell one curriculum from another."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Checkpoint:
    """The state of a run after `step` steps."""

    step: int
    weights: Any
    optimizer: Any
    """Its state; empty between two rounds."""
    random: mx.array
    """(2,) uint32: the state of mlx's random numbers."""
    best: Any
    """The weights to keep so far, None before the first validation."""
    state: dict[str, Any]
    """The state of the run besides arrays, as JSON."""


@dataclass
class Checkpoints:
    """Where a run writes its checkpoints, and which one it may resume from."""

    place: Path | None = None
    """The file to write; None writes none."""
    earlier: Path | None = None
    """The file that an interrupted run has left; read if `place` has none of this run."""
    seconds: float = EVERY_SECONDS
    """Seconds between two checkpoints; 0 writes one after every step."""
    salt: str = ""
    """What else a run depends on, such as the base model's hash; part of the key."""
    _last: float = field(default_factory=time.monotonic)
    _bytes: int = 0

    def due(self) -> bool:
        """Returns whether the next checkpoint is due."""
        wait = self.seconds * max(1.0, self._bytes / LARGE)
        return self.place is not None and time.monotonic() - self._last >= wait

    def write(self, key: str, saved: Checkpoint) -> None:
        """Replaces the file; a failure costs the checkpoint and not the run."""
        if self.place is None:
            return
        try:
            _write(self.place, key, saved)
            self._bytes = self.place.stat().st_size
        except (OSError, RuntimeError) as error:  # the latter is how mlx says that it cannot write
            _log.warning("no checkpoint was written: %s", error)
        self._last = time.monotonic()

    def read(self, key: str) -> Checkpoint | None:
        """Returns the checkpoint of an interrupted run with the same key, else None."""
        for place in (self.place, self.earlier):
            if place is not None and (saved := _read(place, key)):
                return saved
        return None


def key_of(source: Source, valid: Sequence[TokenRow], plan: Plan, salt: str = "") -> str:
    """Returns a SHA-256 (hex) of what a run depends on: rows in their order, plan, and salt."""
    digest = hashlib.sha256(json.dumps([plan.as_dict(), salt], sort_keys=True).encode())
    random = np.random.default_rng(plan.seed)
    rows = [row for number in range(_EPOCHS) for row in source.epoch(number, random)]
    for row in (*rows, *valid):
        digest.update(f"{row.start}:{row.tokens};".encode())
    return digest.hexdigest()


def restore(saved: Checkpoint, model: Any, optimizer: Optimizer) -> None:
    """Restores the weights, the optimiser and the state of mlx's random numbers."""
    model.update(saved.weights)
    optimizer.state = saved.optimizer
    # mlx's random state can only be set by a seed: its two halves are those of a 64-bit seed.
    high, low = (int(half) for half in saved.random)
    mx.random.seed(high << 32 | low)
    mx.eval(model.parameters(), optimizer.state)


class ResumedBatches:
    """The `iterate_batches` of a run that starts at some step, with a callback between steps.

    Args:
        batches: the `iterate_batches` of the whole run.
        start: the number of steps that are done already; their batches are skipped.
        between: called before each further step with the number of steps done.
    """

    def __init__(
        self,
        batches: Callable[..., Iterator[tuple[mx.array, ...]]],
        start: int,
        between: Callable[[int], None],
    ) -> None:
        self._batches = batches
        self._start = start
        self._between = between

    def __call__(self, **arguments: Any) -> Iterator[tuple[mx.array, ...]]:
        """Yields the batches of the steps that are left."""
        made = self._batches(**arguments)
        for done, batch in enumerate(islice(made, self._start, None), self._start):
            self._between(done)
            yield batch


def _write(place: Path, key: str, saved: Checkpoint) -> None:
    trees: dict[str, Any] = {
        "weights": saved.weights,
        "optimizer": saved.optimizer,
        "random": saved.random,
    }
    if saved.best is not None:
        trees["best"] = saved.best
    arrays: Any = dict(tree_flatten(trees))
    notes = {"key": key, "step": str(saved.step), "story": json.dumps(saved.state)}
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".checkpoint-", suffix=".safetensors", dir=place.parent)
    try:
        mx.save_safetensors(name, arrays, metadata=notes)
        os.fsync(handle)
        Path(name).replace(place)
    finally:
        os.close(handle)
        Path(name).unlink(missing_ok=True)


def _read(place: Path, key: str) -> Checkpoint | None:
    if not place.is_file():
        return None
    try:
        arrays, notes = _load(place)
        if notes.get("key") != key:
            _log.info("%s belongs to a run on other lessons or settings: begun anew", place)
            return None
        trees: Any = tree_unflatten(list(arrays.items()))
        saved = Checkpoint(
            step=int(notes["step"]),
            weights=trees["weights"],
            optimizer=trees.get("optimizer", {}),
            random=trees["random"],
            best=trees.get("best"),
            state=json.loads(notes["story"]),
        )
        mx.eval(arrays)
    except (RuntimeError, ValueError, KeyError, OSError):
        _log.warning("%s cannot be read: begun anew", place, exc_info=True)
        return None
    return saved


def _load(place: Path) -> tuple[dict[str, mx.array], dict[str, str]]:
    loaded: Any = mx.load(str(place), return_metadata=True)
    arrays, notes = loaded
    return arrays, notes
