"""One training run as a child process, made smaller as long as it does not fit into memory.

Each attempt is a process of its own: what ran out of memory gives all of it back.
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


@dataclass(frozen=True)
class Training:
    """What a training process is given: data, model, settings and places."""

    data: Path
    """With train.jsonl and valid.jsonl."""
    out: Path
    model: str
    settings: TrainingSettings
    folder: Path
    """For settings, log and whatever the run leaves on its way."""
    lock: Path
    """Held by the child: never two train."""
    current: Path | None = None
    """The adapter in use, to be compared with."""
    checkpoint: Path | None = None
    checkpoint_seconds: float | None = None
    resume: Path | None = None
    """A checkpoint of a run that was cut off."""
    paraphrases: Path | None = None
    """Folder of the questions that the base model has put in other words."""
    warm_start: Path | None = None
    workers: Workers | None = None
    log: Path | None = None
    """None is one in the folder."""

    def arguments(self, lighter: int = 0) -> list[str]:
        """For `python -m trainer`; writes the settings into their file.

        Args:
            lighter: things to give up because memory ran out without.
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
    """Runs a training to its end.

    Args:
        training: what and where.
        on_progress: called with every line of progress, in this thread.
        on_child: gets each child before it starts, to be able to stop it.

    Raises:
        MemoryShortError: it does not fit into memory, whatever is given up.
        TrainingError: it failed otherwise, or was stopped.
    """
    lighter, given_up = 0, -1
    while True:
        log = training.log or training.folder / LOG
        child = TrainerProcess(training.arguments(lighter), log, training.workers)
        on_child(child)

        def heard(progress: Progress) -> None:
            nonlocal given_up
            if progress.lighter is not None:
                given_up = progress.lighter
            on_progress(progress)

        try:
            return child.run(RunResult.from_json, heard)
        except MemoryShortError:
            # The child says how much it had given up already; if it did not even come to that,
            # nothing more can be given up.
            if given_up < lighter:
                raise
            lighter = given_up + 1
            on_progress(Progress("lighter", step=lighter))
