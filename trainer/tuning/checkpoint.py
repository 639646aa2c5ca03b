"""A run that was cut off goes on where it was: everything that it depends on, in one file.

The file is replaced whole, so whoever was killed while writing has left the one before. It is no
adapter and lies where nobody takes it for one. What it belongs to (rows, plan, base) is part of
it: a run that differs in any of them begins anew.
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
"""Seconds of a run that may be lost."""
LARGE = 100e6
"""Bytes; larger checkpoints are written more rarely, to spare the disk."""
_EPOCHS = 2
"""The number of epochs that tell one curriculum from another."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Checkpoint:
    """The state of a run after `step` steps."""

    step: int
    weights: Any
    optimizer: Any
    random: mx.array
    """(2,) uint32: the state of mlx's random numbers."""
    best: Any
    """The weights to keep so far, None before the first validation."""
    story: dict[str, Any]
    """The state of the run besides arrays, as JSON."""


@dataclass
class Checkpoints:
    """Where a run leaves its checkpoints, and which one it may go on from."""

    place: Path | None = None
    """The file that is written; None writes none."""
    earlier: Path | None = None
    """A file that a run left behind which was cut off."""
    seconds: float = EVERY_SECONDS
    """Time between two of them; 0 writes one after every step."""
    salt: str = ""
    """A text for what else a run depends on, such as the base model's fingerprint."""
    _last: float = field(default_factory=time.monotonic)
    _bytes: int = 0

    def due(self) -> bool:
        """Whether it is time for the next one."""
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
        """Returns the checkpoint that an earlier run left, if that was the same run."""
        for place in (self.place, self.earlier):
            if place is not None and (saved := _read(place, key)):
                return saved
        return None


def key_of(source: Source, valid: Sequence[TokenRow], plan: Plan, salt: str = "") -> str:
    """Hashes what tells one run from another: its rows in their order, its plan, its base."""
    digest = hashlib.sha256(json.dumps([plan.as_dict(), salt], sort_keys=True).encode())
    random = np.random.default_rng(plan.seed)
    rows = [row for number in range(_EPOCHS) for row in source.epoch(number, random)]
    for row in (*rows, *valid):
        digest.update(f"{row.start}:{row.tokens};".encode())
    return digest.hexdigest()


def restore(saved: Checkpoint, model: Any, optimizer: Optimizer) -> None:
    """Puts a model, its optimiser and mlx's random numbers back to where they were."""
    model.update(saved.weights)
    optimizer.state = saved.optimizer
    # mlx's state can only be set as a seed, whose two halves it is.
    high, low = (int(half) for half in saved.random)
    mx.random.seed(high << 32 | low)
    mx.eval(model.parameters(), optimizer.state)


class ResumedBatches:
    """The `iterate_batches` of a run that begins at some step, with a moment between two steps.

    Args:
        batches: as mlx-lm's loop calls them.
        start: steps that are done already.
        between: called with the number of steps done, before each further one.
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
    notes = {"key": key, "step": str(saved.step), "story": json.dumps(saved.story)}
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
            optimizer=trees["optimizer"],
            random=trees["random"],
            best=trees.get("best"),
            story=json.loads(notes["story"]),
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
