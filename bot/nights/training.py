"""Runs one training as a child process, and a smaller one where it does not fit into memory.

Each attempt is a process of its own: one that ran out of memory gives all of it back.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic

from bot.errors import MemoryShortError
from bot.nights.launch import Workers
from bot.nights.trainer_process import TrainerProcess
from bot.settings import Settings
from bot.store import Store
from trainer.errors import ModelError
from trainer.models.encoders import locate_encoder
from trainer.models.loading import fingerprint
from trainer.planning.settings import TrainingSettings
from trainer.results.progress import Progress
from trainer.results.run import RunResult
from trainer.retrieval.decision import Untaught

LOG = "trainer.log"
"""The name of the log in a training's folder."""
CALIBRATION = "calibration.json"
"""The name of the calibration in it, of an encoder that none comes with."""


@dataclass(frozen=True)
class Notes:
    """How the bot finds its lessons: what the trainer needs to examine it as deployed."""

    embedder: str
    untaught: Untaught
    calibration: Path | None = None
    """A file, for an encoder that no calibration comes with."""

    def options(self) -> dict[str, object]:
        """Returns the options of the trainer's commands."""
        return {
            "--embedder": self.embedder,
            "--untaught": self.untaught,
            "--calibration": self.calibration,
        }


def notes_of(settings: Settings, store: Store, folder: Path) -> Notes | None:
    """Returns how the bot finds its lessons; None where it quotes none, or has no encoder here.

    Args:
        settings: with the encoder's name.
        store: which keeps the calibrations that were made on this machine.
        folder: of the run; a calibration is written into it.
    """
    embedder = settings.answers.embedder
    if not embedder or settings.examples.recall != "quote":
        return None
    try:
        place = locate_encoder(embedder)
        calibration = store.calibrations.get(fingerprint(place)) if place else None
    except (ModelError, OSError):
        return None
    notes = Notes(embedder, settings.answers.untaught)
    if calibration is None:
        return notes
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / CALIBRATION
    file.write_text(json.dumps(calibration.to_json()), encoding="utf-8")
    return replace(notes, calibration=file)


@dataclass(frozen=True)
class Training:
    """What a training process is given: data, model, settings and paths."""

    data: Path
    """The folder of train.jsonl and valid.jsonl."""
    out: Path
    """The folder of the new adapter."""
    model: str
    settings: TrainingSettings
    folder: Path
    """The folder of the settings, the log and whatever else the run writes."""
    lock: Path
    """The lock file that the child holds, so that only one trains at a time."""
    current: Path | None = None
    """The adapter in use, with which the new one is compared."""
    checkpoint: Path | None = None
    """The file that checkpoints are written to; None for no checkpoints."""
    checkpoint_seconds: float | None = None
    """The least time between two checkpoints, in seconds."""
    resume: Path | None = None
    """The checkpoint of a run that was cut off, from which this one goes on."""
    paraphrases: Path | None = None
    """The folder of the paraphrases that the base model has made of the questions."""
    warm_start: Path | None = None
    """The adapter whose weights the training begins with; None for new ones."""
    seconds: float | None = None
    """The time for the training and its exam, all its attempts together; None for no limit."""
    notes: Notes | None = None
    """How the bot finds its lessons; None examines the models alone."""
    workers: Workers | None = None
    log: Path | None = None
    """The log file; None for LOG in the folder."""

    def arguments(self, lighter: int = 0) -> list[str]:
        """Writes the settings to their file and returns the arguments of `python -m trainer`.

        Args:
            lighter: how many reductions to make because memory ran out without them.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        settings = self.folder / "settings.json"
        settings.write_text(self.settings.model_dump_json(exclude_none=True), encoding="utf-8")
        given = {
            "--data": self.data,
            "--out": self.out,
            "--model": self.model,
            "--settings": settings,
            "--lock": self.lock,
            "--parent": os.getpid(),
            "--current": self.current,
            "--checkpoint": self.checkpoint,
            "--checkpoint-seconds": self.checkpoint_seconds,
            "--resume": self.resume,
            "--paraphrases": self.paraphrases,
            "--warm-start": self.warm_start,
            "--seconds": self.seconds,
            "--workers": self.workers.count if self.workers else None,
            **(self.notes.options() if self.notes else {}),
            "--lighter": lighter or None,
        }
        pairs = [[name, str(value)] for name, value in given.items() if value is not None]
        return ["night", *(word for pair in pairs for word in pair)]


def train(
    training: Training,
    on_progress: Callable[[Progress], None],
    on_child: Callable[[TrainerProcess], None] = lambda _: None,
) -> RunResult:
    """Runs a training to its end, with more reductions as long as memory runs out.

    Args:
        training: data, model, settings and paths.
        on_progress: called with every line of progress, in this thread.
        on_child: called with each child before it starts, so that it can be stopped.

    Raises:
        MemoryShortError: the training does not fit into memory with all reductions.
        TrainingError: the training failed otherwise, or was stopped.
    """
    lighter, applied = 0, -1
    log = training.log or training.folder / LOG
    started = monotonic()
    while True:
        left = training
        if training.seconds is not None and lighter:
            left = replace(training, seconds=max(training.seconds - (monotonic() - started), 0.0))
        child = TrainerProcess(left.arguments(lighter), log, training.workers)
        on_child(child)

        def forward(progress: Progress) -> None:
            nonlocal applied
            if progress.lighter is not None:
                applied = progress.lighter
            on_progress(progress)

        try:
            return child.run(RunResult.from_json, forward)
        except MemoryShortError:
            # The child reports how many reductions it made; it reports fewer than it was asked for
            # where there are no more.
            if applied < lighter:
                raise
            lighter = applied + 1
            on_progress(Progress("lighter", step=lighter))
