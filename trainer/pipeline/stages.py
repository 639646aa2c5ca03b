"""The stages of one training, a function each; `trainer.pipeline.run` calls them in their order.

Where several processes train together, each of them runs all stages. Files, settings and the
adapter in use are on the first one, which sends them to the others.
"""

import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
from trainer.augmentation.mixture import Curriculum, prepare
from trainer.augmentation.model_paraphrases import ParaphraseChecks, paraphrases
from trainer.augmentation.replay import replay_rows
from trainer.dataset.folder import PREFERENCES, RATINGS
from trainer.dataset.long_rows import cut_rows
from trainer.dataset.reader import TrainingData, read_training_data
from trainer.errors import AdapterError
from trainer.evaluation import recalled
from trainer.evaluation.exam import AnswerSheet, Exam
from trainer.evaluation.not_mastered import reasons
from trainer.evaluation.paraphrase_check import may_stand_for
from trainer.evaluation.runner import run_exam, run_exams
from trainer.inference.generation import OnAnswer
from trainer.models.loading import LoadedModel, tokenizer_hash, width
from trainer.models.tokenization import TokenRow
from trainer.pipeline import broadcast
from trainer.pipeline.deployed_exam import Bot, Notes, examine_deployed
from trainer.pipeline.preference_pairs import Preference, read_preferences
from trainer.pipeline.preference_stage import PreferenceResult, second_stage
from trainer.pipeline.rated_answers import RatedAnswer, read_ratings
from trainer.pipeline.rounds import Learned
from trainer.planning.fit import check_warm_start
from trainer.planning.hyperparameters import Plan, plan
from trainer.planning.settings import TrainingSettings
from trainer.results.evaluation import Evaluation, ExamComparison
from trainer.results.long_rows import LongRow, cut_sentence
from trainer.results.mastery import Mastery
from trainer.results.progress import Progress
from trainer.retrieval.deployed import compare_deployed
from trainer.tuning import lora
from trainer.tuning.callback import TrainingResult
from trainer.tuning.distributed import ProcessGroup

Report = Callable[[Progress], None]
"""Callback that the first process of a group calls with the progress of a run."""

_log = logging.getLogger(__name__)


def read_lessons(group: ProcessGroup, data: Path) -> TrainingData:
    """Reads the data folder in the first process and sends it to all; all of it is trained.

    Raises:
        DatasetError: a file is missing or broken, or there is nothing to train.
    """
    shared = group.share(lambda: asdict(all_taught(read_training_data(data))))
    return TrainingData(
        train=tuple(shared["train"]),
        held_out=tuple(shared["held_out"]),
        system=shared["system"],
        train_ids=tuple(shared["train_ids"]),
        held_out_ids=tuple(shared["held_out_ids"]),
        places=tuple((file, line) for file, line in shared["places"]),
    )


def all_taught(lessons: TrainingData) -> TrainingData:
    """Moves what is held out to what is trained, as people expect the bot to know all they taught.

    What is learned here are facts, of which one says nothing about another: whether a lesson was
    understood shows in other wordings of its question, not in a lesson that was never taught.
    """
    return replace(
        lessons,
        train=(*lessons.train, *lessons.held_out),
        held_out=(),
        train_ids=(*lessons.train_ids, *lessons.held_out_ids),
        held_out_ids=(),
    )


def make_plan(
    group: ProcessGroup, settings: TrainingSettings, lessons: int, loaded: LoadedModel
) -> Plan:
    """Returns the plan of a run: the settings, with everything that they leave open decided.

    Args:
        group: the processes; each gets equally many rows of a batch.
        settings: what somebody asked for.
        lessons: how many there are.
        loaded: the base model, whose width decides the learning rate.
    """
    decided = plan(settings, lessons, width(loaded.model))
    return replace(decided, batch_size=group.whole_batch(decided.batch_size))


def find_cut_rows(
    loaded: LoadedModel, lessons: TrainingData, plan: Plan, report: Report
) -> tuple[LongRow, ...]:
    """Finds and reports the rows of which something is cut off, before anything is trained.

    Raises:
        DatasetError: nothing of a row's answer would be left.
    """
    rows = cut_rows(loaded.tokenizer, lessons, plan.max_seq_length)
    if rows:
        report(Progress("load", warnings=(cut_sentence(rows),)))
    return rows


@dataclass(frozen=True)
class Opinions:
    """What people preferred: pairs, and rated answers without a partner; both oldest first."""

    pairs: Sequence[Preference] = ()
    ratings: Sequence[RatedAnswer] = ()


def read_opinions(group: ProcessGroup, data: Path, plan: Plan) -> Opinions:
    """Reads preferences.jsonl and ratings.jsonl in the first process, as far as they are trained.

    This happens before anything is trained, so that a broken file costs no training.

    Raises:
        DatasetError: a file is broken.
    """
    if not group.first or plan.preferences not in ("auto", "kto"):
        return Opinions()
    pairs = read_preferences(data / PREFERENCES)
    return Opinions(pairs, read_ratings(data / RATINGS) if plan.preferences == "kto" else ())


def augment(
    group: ProcessGroup,
    loaded: LoadedModel,
    lessons: TrainingData,
    plan: Plan,
    folder: Path | None,
    report: Report,
) -> tuple[Curriculum, list[TokenRow]]:
    """Makes many wordings of every lesson, and mixes the base model's own answers in.

    Args:
        group: the processes, which all get the same rows.
        loaded: the base model, without any adapter.
        lessons: what was taught.
        plan: the numbers of wordings and of own answers.
        folder: where the paraphrases of the base model are kept; None keeps nothing.
        report: called with the progress of both.

    Returns:
        The curriculum to train, and the validation rows.
    """
    replay = broadcast.rows(group, lambda: _own_answers(loaded, plan, lessons.system, report))
    written = group.share(lambda: _paraphrased(loaded, lessons, plan, folder, report))
    return prepare(loaded.tokenizer, lessons.train, lessons.held_out, replay, plan, written)


def start_warm(
    group: ProcessGroup, loaded: LoadedModel, adapter: Path | None, scale: float
) -> list[str]:
    """Loads an adapter's weights into fresh low-rank layers, if there is one to continue from.

    Args:
        group: the processes, which all get the weights.
        loaded: the model with layers from `lora.add_lora`.
        adapter: a folder in the first process; None leaves the layers as they are.
        scale: the scale of those layers.

    Returns:
        A note for people; none without an adapter.

    Raises:
        AdapterError: the adapter cannot be read, or does not fit the model or the layers.
    """
    if adapter is not None and group.first:
        check_warm_start(
            adapter, loaded.revision, loaded.template_hash, tokenizer_hash(loaded.path)
        )
    if not (weights := broadcast.weights(group, adapter, scale)):
        return []
    lora.load_adapter_weights(loaded.model, weights, adapter)
    return [f"It went on from {adapter.name if adapter else 'another adapter'} (warm start)."]


def resumed_note(trained: TrainingResult) -> list[str]:
    """Returns a note for people if the training resumed an interrupted run."""
    if not trained.resumed_at:
        return []
    return [f"It went on from step {trained.resumed_at} of a run that was cut off."]


def learn_preferences(
    exam: Exam,
    loaded: LoadedModel,
    plan: Plan,
    opinions: Opinions,
    report: Report,
    mastered: Callable[[], int],
) -> PreferenceResult:
    """Trains preferences after the lessons, and keeps those weights only if they are better.

    Args:
        exam: which may not go worse.
        loaded: the model with what was learned so far.
        plan: of the run.
        opinions: what people preferred.
        report: called with the progress.
        mastered: counts the lessons that the present weights have mastered.
    """

    def examine() -> AnswerSheet:
        return run_exam(exam, loaded, on_answer=report_answers(report, "evaluate"))

    def on_step(step: int, steps: int, loss: float) -> None:
        report(Progress("prefer", step=step, steps=steps, loss=loss))

    return second_stage(
        loaded,
        opinions.pairs,
        exam.system,
        plan,
        examine,
        on_step,
        mastered,
        opinions.ratings,
    )


def sum_up_mastery(
    loaded: LoadedModel, curriculum: Curriculum, lessons: TrainingData, learned: Learned
) -> Mastery:
    """Returns which lessons are mastered, and why others may not be.

    Args:
        loaded: the base model, whose tokenizer tells which lessons were cut.
        curriculum: the rows of the lessons.
        lessons: what was taught, in the same order.
        learned: the result of the rounds.
    """
    missing = [place for place, right in enumerate(learned.known) if not right]
    rows = [wordings[0] for wordings in curriculum.lessons]
    why = reasons(lessons.train, rows, missing, loaded.tokenizer)
    return Mastery.of(learned.known, lessons.train_ids, why, learned.rounds)


def examine_all(
    exam: Exam, loaded: LoadedModel, out: Path, current: Path | None, report: Report
) -> dict[str, AnswerSheet]:
    """Examines the base, the candidate in `out` and the adapter in use, `current`.

    An adapter in use that no longer fits the model is left out of the comparison.

    Raises:
        AdapterError: the candidate cannot be read.
    """
    contenders = {"base": None, "candidate": out}
    on_answer = report_answers(report, "evaluate")
    if current is not None:
        try:
            every = contenders | {"current": current}
            return run_exams(exam, loaded, every, on_answer)
        except AdapterError as error:
            _log.warning("the adapter in use is not examined: %s", error)
    return run_exams(exam, loaded, contenders, on_answer)


def with_deployed(
    evaluation: Evaluation,
    exam: Exam,
    lessons: TrainingData,
    loaded: LoadedModel,
    notes: Notes,
    bots: tuple[Bot | None, Bot],
    tell: Callable[[str], None] = lambda _: None,
) -> Evaluation:
    """Returns the evaluation with the bot as deployed, where that can be examined.

    Args:
        evaluation: of the models alone.
        exam: its questions.
        lessons: what was taught.
        loaded: the base model, bare.
        notes: how the bot finds its lessons.
        bots: with the candidate, None where there is none, and as it was before.
        tell: called with a sentence for people where it cannot be examined.
    """
    named = {name: bot for name, bot in zip(("ours", "before"), bots, strict=True) if bot}
    sheets = examine_deployed(exam, lessons, loaded, notes, named, tell)
    if not sheets:
        return evaluation
    ours, before = sheets.get("ours"), sheets["before"]
    return replace(
        evaluation,
        deployed=ours.scores() if ours else None,
        deployed_current=before.scores(),
        against_deployed=compare_deployed(ours, before) if ours else ExamComparison(),
    )


def report_answers(report: Report, phase: str) -> OnAnswer:
    """Returns a callback for generation that reports the number of answers written in a phase."""

    def on_answer(done: int, of: int) -> None:
        report(Progress(phase, step=done, steps=of))

    return on_answer


def _own_answers(loaded: LoadedModel, plan: Plan, system: str, report: Report) -> list[TokenRow]:
    """Returns the base model's answers to general prompts, as many as all epochs replay."""
    if not plan.replay:
        return []
    report(Progress("sample"))
    needed = math.ceil(plan.iters * plan.batch_size * plan.replay)
    return replay_rows(loaded, needed, system, report_answers(report, "sample"))


def _paraphrased(
    loaded: LoadedModel, lessons: TrainingData, plan: Plan, folder: Path | None, report: Report
) -> list[list[str]]:
    """Returns paraphrases of each lesson's question that the base model wrote."""
    if not plan.paraphrases:
        return []
    report(Progress("paraphrase"))
    pairs = [(m[-2]["content"], m[-1]["content"]) for m in lessons.train]
    checks = ParaphraseChecks(may_stand_for, recalled)
    on_answer = report_answers(report, "paraphrase")
    return paraphrases(loaded, pairs, plan.paraphrases, checks, folder, plan.seed, on_answer)
