"""The stages of one training, each a function: `trainer.pipeline.run` puts them in their order.

Where several processes train together, all of them go through the stages; what only the first one
has (files, settings, an adapter in use) the others get from it.
"""

import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, astuple, replace
from pathlib import Path

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
from trainer.augmentation.mixture import Curriculum, prepare
from trainer.augmentation.model_paraphrases import ParaphraseChecks, paraphrases
from trainer.augmentation.replay import replay_rows
from trainer.dataset.reader import TrainingData, read_training_data
from trainer.errors import AdapterError
from trainer.evaluation import recalled
from trainer.evaluation.exam import AnswerSheet, Exam, evaluation_of
from trainer.evaluation.paraphrase_check import may_stand_for
from trainer.evaluation.runner import sit, sit_together
from trainer.inference.generation import OnAnswer
from trainer.models.loading import LoadedModel, tokenizer_hash, width
from trainer.models.tokenization import TokenRow
from trainer.pipeline import broadcast
from trainer.pipeline.preference_pairs import Preference, read_preferences
from trainer.pipeline.preference_stage import PreferenceResult, second_stage
from trainer.planning.fit import check_warm_start
from trainer.planning.hyperparameters import Plan, plan
from trainer.planning.settings import TrainingSettings
from trainer.results.evaluation import Evaluation
from trainer.results.progress import Progress
from trainer.tuning import lora
from trainer.tuning.callback import TrainingResult
from trainer.tuning.checkpoint import Checkpoints
from trainer.tuning.distributed import ProcessGroup

Report = Callable[[Progress], None]
"""Called with the progress of a run, from the process that speaks for all."""

_log = logging.getLogger(__name__)


def read_lessons(group: ProcessGroup, data: Path) -> TrainingData:
    """Reads the data folder of the first process, for all; everything in it is trained.

    Raises:
        DatasetError: a file is missing or broken, or there is nothing to train.
    """
    train, held_out, system = group.share(lambda: astuple(all_taught(read_training_data(data))))
    return TrainingData(tuple(train), tuple(held_out), system)


def all_taught(lessons: TrainingData) -> TrainingData:
    """Lessons with what is held out among them: people expect that all they taught is known.

    What is learned here are facts, of which one says nothing about another: whether a lesson was
    understood shows in other wordings of its question, not in a lesson that was never taught.
    """
    return TrainingData((*lessons.train, *lessons.held_out), (), lessons.system)


def decide(
    group: ProcessGroup, settings: TrainingSettings, lessons: int, loaded: LoadedModel
) -> Plan:
    """Decides what the settings leave open; every process gets equally many rows of a batch."""
    decided = plan(settings, lessons, width(loaded.model))
    return replace(decided, batch_size=group.whole_batch(decided.batch_size))


def read_preferences_of(group: ProcessGroup, data: Path, plan: Plan) -> list[Preference]:
    """Reads preferences.jsonl where they are wanted, before anything is trained.

    Raises:
        DatasetError: the file is broken.
    """
    wanted = group.first and plan.preferences == "auto"
    return read_preferences(data / "preferences.jsonl") if wanted else []


def augment(
    group: ProcessGroup,
    loaded: LoadedModel,
    lessons: TrainingData,
    plan: Plan,
    folder: Path | None,
    report: Report,
) -> tuple[Curriculum, list[TokenRow]]:
    """Puts every lesson in many wordings, with the base model's own answers in between.

    Args:
        group: who gets the same rows.
        loaded: the base model, without any adapter.
        lessons: what was taught.
        plan: how many wordings and own answers.
        folder: keeps the paraphrases that the base model writes; None keeps nothing.
        report: called with the progress of both.

    Returns:
        What is trained, and the rows that decide which weights are kept.
    """
    replay = broadcast.rows(group, lambda: _own_answers(loaded, plan, lessons.system, report))
    written = group.share(lambda: _paraphrased(loaded, lessons, plan, folder, report))
    return prepare(loaded.tokenizer, lessons.train, lessons.held_out, replay, plan, written)


def start_warm(
    group: ProcessGroup, loaded: LoadedModel, adapter: Path | None, scale: float
) -> list[str]:
    """Fills fresh low-rank layers with an adapter's weights, if there is one to go on from.

    Returns:
        The note that says so; none without an adapter.

    Raises:
        AdapterError: it cannot be read, or does not fit the model or the layers.
    """
    if adapter is not None and group.first:
        check_warm_start(
            adapter, loaded.revision, loaded.template_hash, tokenizer_hash(loaded.path)
        )
    if not (weights := broadcast.weights(group, adapter, scale)):
        return []
    lora.put(loaded.model, weights, adapter)
    return [f"It went on from {adapter.name if adapter else 'another adapter'} (warm start)."]


def tune(
    group: ProcessGroup,
    loaded: LoadedModel,
    curriculum: Curriculum,
    valid: Sequence[TokenRow],
    plan: Plan,
    checkpoints: Checkpoints,
    report: Report,
) -> TrainingResult:
    """Trains the low-rank layers; the model holds the weights that were kept.

    Raises:
        TrainingError: the loss is no longer a number.
    """
    return lora.train(
        loaded.model,
        curriculum,
        valid,
        plan,
        lambda step: report(Progress("train", **asdict(step))),
        broadcast.checkpoints(group, checkpoints),
        group,
    )


def resumed_note(trained: TrainingResult) -> list[str]:
    """The note of a training that went on where another one was cut off; else none."""
    if not trained.resumed_at:
        return []
    return [f"It went on from step {trained.resumed_at} of a run that was cut off."]


def learn_preferences(
    exam: Exam,
    loaded: LoadedModel,
    plan: Plan,
    preferences: Sequence[Preference],
    report: Report,
) -> PreferenceResult:
    """Trains preferences after the lessons, and keeps that only where it helps."""

    def sat() -> AnswerSheet:
        return sit(exam, loaded, on_answer=counted(report, "evaluate"))

    def stepped(step: int, steps: int, loss: float) -> None:
        report(Progress("prefer", step=step, steps=steps, loss=loss))

    return second_stage(loaded, preferences, exam.system, plan, sat, stepped)


def examine_all(
    exam: Exam, loaded: LoadedModel, out: Path, current: Path | None, report: Report
) -> Evaluation:
    """Examines the base, the candidate in `out` and the adapter in use.

    An adapter in use that no longer fits the model is no measure any more: it is left out.
    """
    contenders = {"base": None, "candidate": out}
    on_answer = counted(report, "evaluate")
    if current is not None:
        try:
            every = contenders | {"current": current}
            return evaluation_of(**sit_together(exam, loaded, every, on_answer))
        except AdapterError as error:
            _log.warning("the adapter in use is not examined: %s", error)
    return evaluation_of(**sit_together(exam, loaded, contenders, on_answer))


def counted(report: Report, phase: str) -> OnAnswer:
    """A callback for generation that reports how many answers of a phase are written."""

    def written(done: int, of: int) -> None:
        report(Progress(phase, step=done, steps=of))

    return written


def _own_answers(loaded: LoadedModel, plan: Plan, system: str, report: Report) -> list[TokenRow]:
    """The base model's answers to general prompts, as many as are replayed in all epochs."""
    if not plan.replay:
        return []
    report(Progress("sample"))
    needed = math.ceil(plan.iters * plan.batch_size * plan.replay)
    return replay_rows(loaded, needed, system, counted(report, "sample"))


def _paraphrased(
    loaded: LoadedModel, lessons: TrainingData, plan: Plan, folder: Path | None, report: Report
) -> list[list[str]]:
    """Other wordings of each lesson's question that the base model writes itself."""
    if not plan.paraphrases:
        return []
    report(Progress("paraphrase"))
    pairs = [(m[-2]["content"], m[-1]["content"]) for m in lessons.train]
    checks = ParaphraseChecks(may_stand_for, recalled)
    on_answer = counted(report, "paraphrase")
    return paraphrases(loaded, pairs, plan.paraphrases, checks, folder, plan.seed, on_answer)
