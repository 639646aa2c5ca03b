"""A training that ends at once, for tests of what a night does around it."""

from collections.abc import Callable

from bot.nights.trainer_process import TrainerProcess
from bot.nights.training import Training
from trainer.adapters.registry import CONFIG, WEIGHTS
from trainer.results.evaluation import Evaluation, ExamScores
from trainer.results.losses import Losses
from trainer.results.progress import Progress
from trainer.results.run import RunResult

EXAM = Evaluation(ExamScores(asked=1), ExamScores(asked=1, recalled=1))


class InstantTraining:
    """Stands in for `bot.nights.training.train`: leaves an adapter and lists what it was given."""

    def __init__(self) -> None:
        self.given: list[Training] = []
        self.seconds = 1.0
        self.evaluation = EXAM

    def __call__(
        self,
        training: Training,
        _: Callable[[Progress], None],
        __: Callable[[TrainerProcess], None] = lambda _: None,
    ) -> RunResult:
        self.given.append(training)
        for folder in (training.folder, training.out):
            folder.mkdir(parents=True, exist_ok=True)
        for name in (WEIGHTS, CONFIG):
            (training.out / name).write_bytes(b"{}")
        if training.checkpoint:
            training.checkpoint.write_bytes(b"weights")
        return RunResult(str(training.out), self.evaluation, Losses(), self.seconds, 1.0, 9.0, 0.5)
