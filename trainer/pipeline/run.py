"""One training from beginning to end: data files in, an adapter folder and its exam out.

Everything that takes memory happens here, in a process of its own (`python -m trainer`). `run` is
the list of the stages; each of them is in `trainer.pipeline.stages`.
"""

import logging
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import trainer.hardware.device

# isort: split
from trainer.dataset.reader import read_training_data
from trainer.evaluation.exam import evaluation_of, make_exam, with_own_answers
from trainer.evaluation.runner import run_exams
from trainer.models.loading import load, tokenizer_hash
from trainer.pipeline import broadcast, stages
from trainer.pipeline.deployed_exam import Bot, Notes, answering
from trainer.pipeline.mastery_check import check_mastery
from trainer.pipeline.rounds import TimeLimit, learn, look_again
from trainer.pipeline.stages import Report
from trainer.planning.fit import make_ready
from trainer.planning.settings import TrainingSettings, advice
from trainer.results.long_rows import cut_sentence
from trainer.results.progress import Progress
from trainer.results.run import ExamResult, RunResult
from trainer.tuning import lora
from trainer.tuning.checkpoint import Checkpoints
from trainer.tuning.distributed import ProcessGroup

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunContext:
    """Options of a run besides its lessons and settings."""

    checkpoints: Checkpoints | None = None
    """Where the run writes checkpoints and may resume from; None writes none."""
    lighter: int = 0
    """Number of memory reductions to take at once, as memory ran out without them: see
    `trainer.planning.memory.memory_reductions`."""
    warm_start: Path | None = None
    """Folder of an adapter to continue from, instead of the base model."""
    workers: int | None = None
    """Number of processes that should train together; None accepts any."""
    seconds: float | None = None
    """Time for the whole run, its exam included; None sets no limit."""
    paraphrases: Path | None = None
    """Folder of the paraphrases that the base model has written; None keeps none."""
    notes: Notes = field(default_factory=Notes)
    """How the bot finds its lessons, so that it is examined as deployed too."""


def run(
    data: Path,
    out: Path,
    model: str,
    settings: TrainingSettings,
    current: Path | None,
    report: Report,
    context: RunContext | None = None,
) -> RunResult | None:
    """Trains an adapter and examines it.

    Args:
        data: folder with train.jsonl and valid.jsonl, and maybe preferences.jsonl and
            ratings.jsonl.
        out: an existing folder; the adapter is written into it at the very end.
        model: name as for `trainer.models.loading.load`.
        settings: training settings; what they leave open the plan decides.
        current: folder of the adapter in use, which is examined too; None compares with the base.
        report: called with the progress of every stage.
        context: checkpoints, memory and other machines; None takes the defaults.

    Returns:
        The result; None in every process but the first of its group.

    Raises:
        NightschoolError: one of its subclasses, with a sentence for people.
    """
    started = time.monotonic()
    context = context or RunContext()
    group = ProcessGroup(context.workers)
    report = report if group.first else _silent
    for sentence in advice(settings):
        _log.warning("%s", sentence)

    report(Progress("load"))
    lessons = stages.read_lessons(group, data)
    ready = broadcast.ready(
        group, lambda: make_ready(model, lessons.train, settings, current, context.lighter)
    )
    report(Progress("check", lighter=ready.lighter, estimated_memory_gb=ready.estimate_gb))
    loaded = load(model)
    group.agree(loaded.revision + loaded.template_hash, "The model")
    plan = stages.make_plan(group, ready.settings, len(lessons.train), loaded)
    long_rows = stages.find_cut_rows(loaded, lessons, plan, report)
    opinions = stages.read_opinions(group, data, plan)

    curriculum, valid = stages.augment(group, loaded, lessons, plan, context.paraphrases, report)
    exam = make_exam(lessons.train, lessons.held_out, lessons.system, plan.seed)
    if group.first:
        exam = with_own_answers(exam, loaded)

    lora.add_lora(loaded.model, plan)
    notes = stages.start_warm(group, loaded, context.warm_start, plan.scale)
    checkpoints = replace(
        context.checkpoints or Checkpoints(), salt=f"{loaded.revision} {context.warm_start}"
    )
    learned = learn(
        group,
        loaded,
        curriculum,
        valid,
        plan,
        broadcast.checkpoints(group, checkpoints),
        TimeLimit(context.seconds, started),
        report,
    )
    if not group.first:
        return None
    # Pairs may be longer than the rows that memory was estimated for, so they are cut.
    shorter = replace(plan, max_seq_length=min(plan.max_seq_length, curriculum.longest))
    preferred = stages.learn_preferences(
        exam,
        loaded,
        shorter,
        opinions,
        report,
        lambda: sum(look_again(loaded, curriculum, learned).known),
    )
    lora.save(loaded.model, plan, out, model)
    if preferred.scores and preferred.scores.kept:
        learned = look_again(loaded, curriculum, learned)
    mastery = stages.sum_up_mastery(loaded, curriculum, lessons, learned)
    exam_started, trained = time.monotonic(), learned.training
    sheets = stages.examine_all(exam, loaded, out, current, report)
    tonight = Bot(out, frozenset(mastery.ids), answering(sheets, "candidate", context.notes))
    in_use = current if "current" in sheets else None
    evening = Bot.of(in_use, answering(sheets, "current", context.notes))
    not_examined: list[str] = []
    evaluation = stages.with_deployed(
        evaluation_of(**sheets),
        exam,
        lessons,
        loaded,
        context.notes,
        (tonight, evening),
        not_examined.append,
    )

    return RunResult(
        out=str(out),
        evaluation=evaluation,
        losses=replace(trained.losses(), preferences=preferred.scores),
        seconds=round(time.monotonic() - started, 2),
        training_seconds=round(trained.seconds, 2),
        exam_seconds=round(time.monotonic() - exam_started, 2),
        tokens_per_second=round(trained.tokens_per_second, 2),
        peak_memory_gb=round(trainer.hardware.device.peak_memory_gb(), 3),
        settings=plan.as_dict(),
        base_revision=loaded.revision,
        template_hash=loaded.template_hash,
        tokenizer_hash=tokenizer_hash(loaded.path),
        estimated_memory_gb=ready.estimate_gb,
        mastery=mastery,
        workers=group.size,
        long_rows=long_rows,
        notes=(
            *ready.notes,
            *([cut_sentence(long_rows)] if long_rows else []),
            *notes,
            *stages.resumed_note(trained),
            *learned.notes(),
            *preferred.notes,
            *not_examined,
        ),
    )


def examine(
    data: Path,
    model: str,
    adapter: Path | None,
    report: Report,
    notes: Notes | None = None,
    *,
    look: bool = False,
) -> ExamResult:
    """Examines the base model, and an adapter if one is given, on the lessons of a data folder.

    Args:
        data: folder with train.jsonl and valid.jsonl.
        model: name as for `trainer.models.loading.load`.
        adapter: a version's folder; None examines the base model alone.
        report: called with the progress of the exam.
        notes: how the bot finds its lessons: it is examined as deployed, with the adapter and
            without any; None leaves that out.
        look: whether to look at what the adapter has mastered; else its card says it.

    Raises:
        NightschoolError: one of its subclasses, with a sentence for people.
    """
    started = time.monotonic()
    report(Progress("load"))
    lessons = stages.all_taught(read_training_data(data))
    loaded = load(model)
    exam = make_exam(lessons.train, lessons.held_out, lessons.system, seed=0)
    exam = with_own_answers(exam, loaded)
    asked = {"base": None} | ({"candidate": adapter} if adapter else {})
    sheets = run_exams(exam, loaded, asked, stages.report_answers(report, "evaluate"))
    notes = notes or Notes()
    tuned = Bot.of(adapter, answering(sheets, "candidate", notes)) if adapter else None
    mastery = check_mastery(loaded, adapter, lessons) if adapter and look else None
    if tuned and mastery:
        tuned = replace(tuned, mastered=frozenset(mastery.ids))
    bare = Bot.of(None, sheets["base"])
    evaluation = stages.with_deployed(
        evaluation_of(**sheets), exam, lessons, loaded, notes, (tuned, bare)
    )
    return ExamResult(evaluation, round(time.monotonic() - started, 2), mastery)


def _silent(_: Progress) -> None:
    """Ignores progress: in a group only the first process reports."""
