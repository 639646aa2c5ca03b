"""Runs one training as a child process, and a smaller one where it does not fit into memory.

Each attempt is a process of its own: one that ran out of memory gives all of it back.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bot.errors import MemoryShortError
from bot.nights.launch import Workers
from bot.nights.trainer_process import TrainerProcess
from trainer.planning.settings import TrainingSettings
from trainer.results.progress import Progress
from trainer.results.run import RunResult

LOG = "trainer.log"
"""The name of the log in a training's folder."""


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
    """The time for the training and its exam; None for no limit."""
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
    while True:
        log = training.log or training.folder / LOG
        child = TrainerProcess(training.arguments(lighter), log, training.workers)
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
