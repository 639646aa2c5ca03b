"""Holds the exam of a given adapter, on all that is approved now, without any training."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.home import Home
from bot.lessons.exporting import export_approved
from bot.nights.trainer_process import TrainerProcess
from bot.nights.training import notes_of
from bot.settings import Settings
from bot.store import Store
from trainer.results.progress import Progress
from trainer.results.run import ExamResult

LOG = "evaluate.log"


def hold_exam(
    home: Home,
    settings: Settings,
    store: Store,
    adapter: Path | None,
    on_progress: Callable[[Progress], None] = lambda _: None,
    *,
    look: bool = False,
) -> ExamResult:
    """Examines the base model, and an adapter beside it, in a process of their own.

    Args:
        home: the lessons lie in it as long as the exam takes.
        settings: with the model, and how the bot finds its lessons.
        store: with the lessons.
        adapter: a folder of mlx-lm's layout; None examines the base alone.
        on_progress: called with every line of progress.
        look: whether to look at what the adapter has mastered; else its card says it.

    Raises:
        DatasetError: nothing is taught for everyone, so that nothing can be asked.
        AdapterError: the adapter does not fit the model.
        TrainingError: the exam failed.
    """
    arguments = ["evaluate", "--model", settings.model]
    if adapter is not None:
        arguments += ["--adapter", str(adapter)]
    if look:
        arguments.append("--mastery")
    with _folder(home) as folder:
        data = folder / "data"
        export_approved(store, settings, data)
        arguments += ["--data", str(data)]
        if notes := notes_of(settings, store, folder):
            given = notes.options().items()
            arguments += [str(word) for pair in given if pair[1] is not None for word in pair]
        return TrainerProcess(arguments, home.runs / LOG).run(ExamResult.from_json, on_progress)


@contextmanager
def _folder(home: Home) -> Iterator[Path]:
    """Makes a folder of this process for the block: all lessons will be in it.

    It lies in the home, where a later start sweeps it if this process is killed.
    """
    folder = home.evaluations / str(os.getpid())
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
