"""A training that ends at once, for tests of what a night does around it."""

import shutil
from collections.abc import Callable
from pathlib import Path

from bot.nights.trainer_process import TrainerProcess
from bot.nights.training import Training
from trainer.adapters.registry import CONFIG, WEIGHTS
from trainer.models.loading import STARTER, fingerprint, locate
from trainer.results.evaluation import Evaluation, ExamScores
from trainer.results.losses import Losses
from trainer.results.mastery import Mastery
from trainer.results.progress import Progress
from trainer.results.run import RunResult

EXAM = Evaluation(ExamScores(asked=1), ExamScores(asked=1, recalled=1))


class InstantTraining:
    """Stands in for `bot.nights.training.train`: leaves an adapter and lists what it was given.

    It reports one line of progress, `train`, and leaves its files after that.
    """

    def __init__(self, adapter: Path | None = None) -> None:
        """Prepares the trainings.

        Args:
            adapter: the folder that each of them leaves a copy of; None for one that cannot be
                loaded.
        """
        self.given: list[Training] = []
        self.seconds = 1.0
        self.adapter = adapter
        self.evaluation = EXAM
        self.mastery: Mastery | None = None
        self.notes: tuple[str, ...] = ()

    def __call__(
        self,
        training: Training,
        on_progress: Callable[[Progress], None],
        _: Callable[[TrainerProcess], None] = lambda _: None,
    ) -> RunResult:
        self.given.append(training)
        for folder in (training.folder, training.out):
            folder.mkdir(parents=True, exist_ok=True)
        on_progress(Progress("train", step=1, steps=1))
        for name in (WEIGHTS, CONFIG):
            if self.adapter:
                shutil.copy(self.adapter / name, training.out)
            else:
                (training.out / name).write_bytes(b"{}")
        if training.checkpoint:
            training.checkpoint.write_bytes(b"weights")
        place = locate(training.model) if training.model != STARTER else None
        return RunResult(
            str(training.out), self.evaluation, Losses(), self.seconds, 1.0, 9.0, 0.5,
            base_revision=fingerprint(place) if place else "", mastery=self.mastery,
            notes=self.notes,
        )  # fmt: skip
