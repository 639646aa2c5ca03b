"""One training from beginning to end: data files in, an adapter folder and its exam out.

Everything that takes memory happens here, in a process of its own (`python -m trainer`). `run` is
the list of the stages; each of them is in `trainer.pipeline.stages`.
"""

import logging
import time
from dataclasses import dataclass, replace
from pathlib import Path

import trainer.hardware.device

# isort: split
from trainer.dataset.reader import read_training_data
from trainer.evaluation.exam import evaluation_of, set_exam, with_own_answers
from trainer.evaluation.runner import sit_together
from trainer.models.loading import load, tokenizer_hash
from trainer.pipeline import broadcast, stages
from trainer.pipeline.stages import Report
from trainer.planning.fit import make_ready
from trainer.planning.settings import TrainingSettings, advice
from trainer.results.progress import Progress
from trainer.results.run import ExamResult, RunResult
from trainer.tuning import lora
from trainer.tuning.checkpoint import Checkpoints
from trainer.tuning.distributed import ProcessGroup

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunContext:
    """What a run meets besides its lessons and settings."""

    checkpoints: Checkpoints | None = None
    lighter: int = 0
    """Things to give up because memory ran out without: see `memory.rungs`."""
    warm_start: Path | None = None
    """An adapter to go on from, instead of the base model."""
    workers: int | None = None
    """Processes that should train together."""
    paraphrases: Path | None = None
    """Folder of the questions that the base model has put in other words."""


def run(
    data: Path,
    out: Path,
    model: str,
    settings: TrainingSettings,
    current: Path | None,
    report: Report,
    around: RunContext | None = None,
) -> RunResult | None:
    """Trains an adapter and examines it.

    Args:
        data: with train.jsonl and valid.jsonl, and maybe preferences.jsonl.
        out: an existing folder; gets the adapter at the very end.
        model: name as for `trainer.models.loading.load`.
        settings: what is not left to the recipe.
        current: the adapter in use, to be compared with.
        report: called with the progress of every stage.
        around: checkpoints, memory, other machines.

    Returns:
        The result; None where another process speaks for all.

    Raises:
        NightschoolError: in its several kinds, with a sentence for people.
    """
    started = time.monotonic()
    around = around or RunContext()
    group = ProcessGroup(around.workers)
    report = report if group.first else _silent
    for sentence in advice(settings):
        _log.warning("%s", sentence)

    report(Progress("load"))
    lessons = stages.read_lessons(group, data)
    ready = broadcast.ready(
        group, lambda: make_ready(model, lessons.train, settings, current, around.lighter)
    )
    report(Progress("check", lighter=ready.lighter, estimated_memory_gb=ready.estimate_gb))
    loaded = load(model)
    group.agree(loaded.revision + loaded.template_hash, "The model")
    plan = stages.decide(group, ready.settings, len(lessons.train), loaded)
    preferences = stages.read_preferences_of(group, data, plan)

    curriculum, valid = stages.augment(group, loaded, lessons, plan, around.paraphrases, report)
    exam = set_exam(lessons.train, lessons.held_out, lessons.system, plan.seed)
    if group.first:
        exam = with_own_answers(exam, loaded)

    lora.add_lora(loaded.model, plan)
    notes = stages.start_warm(group, loaded, around.warm_start, plan.scale)
    checkpoints = replace(
        around.checkpoints or Checkpoints(), salt=f"{loaded.revision} {around.warm_start}"
    )
    trained = stages.tune(group, loaded, curriculum, valid, plan, checkpoints, report)
    if not group.first:
        return None
    # Pairs may be longer than anything that memory was reckoned for: they are cut.
    shorter = replace(plan, max_seq_length=min(plan.max_seq_length, curriculum.longest))
    preferred = stages.learn_preferences(exam, loaded, shorter, preferences, report)
    lora.save(loaded.model, plan, out, model)
    evaluation = stages.examine_all(exam, loaded, out, current, report)

    return RunResult(
        out=str(out),
        evaluation=evaluation,
        losses=replace(trained.losses(), preferences=preferred.scores),
        seconds=round(time.monotonic() - started, 2),
        training_seconds=round(trained.seconds, 2),
        tokens_per_second=round(trained.tokens_per_second, 2),
        peak_memory_gb=round(trainer.hardware.device.peak_memory_gb(), 3),
        settings=plan.as_dict(),
        base_revision=loaded.revision,
        template_hash=loaded.template_hash,
        tokenizer_hash=tokenizer_hash(loaded.path),
        estimated_memory_gb=ready.estimate_gb,
        workers=group.size,
        notes=(*ready.notes, *notes, *stages.resumed_note(trained), *preferred.notes),
    )


def examine(data: Path, model: str, adapter: Path | None, report: Report) -> ExamResult:
    """Asks the base model, and an adapter if one is given, what a data folder teaches.

    Args:
        data: with train.jsonl and valid.jsonl.
        model: name as for `trainer.models.loading.load`.
        adapter: a version's folder.
        report: called with the progress of the exam.

    Raises:
        NightschoolError: in its several kinds, with a sentence for people.
    """
    started = time.monotonic()
    report(Progress("load"))
    lessons = stages.all_taught(read_training_data(data))
    loaded = load(model)
    exam = set_exam(lessons.train, lessons.held_out, lessons.system, seed=0)
    exam = with_own_answers(exam, loaded)
    asked = {"base": None} | ({"candidate": adapter} if adapter else {})
    sheets = sit_together(exam, loaded, asked, stages.counted(report, "evaluate"))
    return ExamResult(evaluation_of(**sheets), round(time.monotonic() - started, 2))


def _silent(_: Progress) -> None:
    """The report of a process for which the first one of its group speaks."""
