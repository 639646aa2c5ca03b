"""A whole night's heavy part: data files in, an adapter folder and its exam out.

Everything that takes memory happens here, in a process of its own (`python -m trainer`).
"""

import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, replace
from pathlib import Path
from typing import Any

import trainer.hardware.device

# isort: split
from pydantic import ValidationError

from trainer.augmentation.mixture import prepare
from trainer.augmentation.model_paraphrases import paraphrases
from trainer.augmentation.replay import replay_rows
from trainer.dataset.reader import TrainingData, read_training_data
from trainer.errors import AdapterError, TrainingError
from trainer.evaluation.exam import AnswerSheet, Exam, result, set_exam, with_own_answers
from trainer.evaluation.runner import sit, sit_together
from trainer.inference.generation import OnAnswer
from trainer.models.loading import LoadedModel, load, tokenizer_hash, width
from trainer.models.tokenization import TokenRow
from trainer.pipeline import broadcast
from trainer.pipeline.preference_stage import PreferenceResult, second_stage
from trainer.planning.fit import check_warm_start, make_ready
from trainer.planning.hyperparameters import Plan, plan
from trainer.planning.settings import TrainingSettings, advice
from trainer.tuning import lora
from trainer.tuning.checkpoint import Checkpoints
from trainer.tuning.distributed import ProcessGroup
from trainer.tuning.dpo import Preference, read_preferences

Report = Callable[[Mapping[str, Any]], None]
"""Hears of progress: `phase` (load, sample, train, evaluate, prefer, done) and what belongs
to it."""

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
) -> dict[str, Any]:
    """Trains an adapter and examines it.

    Args:
        data: with train.jsonl and valid.jsonl, and maybe preferences.jsonl.
        out: made if missing; gets the adapter at the very end.
        model: name as for `models.load`.
        settings: what is not left to the recipe.
        current: the adapter in use, to be compared with.
        report: hears of progress; the last one has the phase `done`.
        around: checkpoints, memory, other machines.

    Returns:
        the last report; nothing where another process speaks for all.

    Raises:
        NightschoolError: in its several kinds, with a sentence for people.
    """
    started = time.monotonic()
    around = around or RunContext()
    team = ProcessGroup(around.workers)
    report = report if team.first else _silent
    for sentence in advice(settings):
        _log.warning("%s", sentence)
    report({"phase": "load"})
    train, held_out, system = team.share(lambda: astuple(_all_taught(read_training_data(data))))
    lessons = TrainingData(tuple(train), tuple(held_out), system)
    ready = broadcast.ready(
        team, lambda: make_ready(model, lessons.train, settings, current, around.lighter)
    )
    report({"phase": "check", "lighter": ready.lighter, "estimated_memory_gb": ready.estimate_gb})
    loaded = load(model)
    plans = plan(ready.settings, len(lessons.train), width(loaded.model))
    plans = replace(plans, batch_size=team.whole_batch(plans.batch_size))
    team.agree(loaded.revision + loaded.template_hash, "The model")
    exam = set_exam(lessons.train, lessons.held_out, lessons.system, plans.seed)
    wanted = team.first and plans.preferences == "auto"
    preferences = read_preferences(data / "preferences.jsonl") if wanted else []

    replay = broadcast.rows(team, lambda: _sampled(loaded, plans, lessons.system, report))
    if team.first:
        exam = with_own_answers(exam, loaded)
    written = team.share(lambda: _paraphrased(loaded, lessons, plans, around.paraphrases, report))
    curriculum, valid = prepare(
        loaded.tokenizer, lessons.train, lessons.held_out, replay, plans, written
    )
    lora.add_lora(loaded.model, plans)
    notes = [*ready.notes, *_warmed(team, loaded, around.warm_start, plans.scale)]
    checkpoints = around.checkpoints or Checkpoints()
    checkpoints.salt = f"{loaded.revision} {around.warm_start}"
    checkpoints = broadcast.checkpoints(team, checkpoints)
    trained = lora.train(
        loaded.model,
        curriculum,
        valid,
        plans,
        lambda step: report({"phase": "train"} | asdict(step)),
        checkpoints,
        team,
    )
    if not team.first:
        return {}
    if trained.resumed_at:
        notes.append(f"It went on from step {trained.resumed_at} of a run that was cut off.")
    # Pairs may be longer than anything that memory was reckoned for: they are cut.
    shorter = replace(plans, max_seq_length=min(plans.max_seq_length, curriculum.longest))
    decision = _preferred(exam, loaded, shorter, preferences, report)
    notes += decision.notes
    lora.save(loaded.model, plans, out, model)
    sheets = _sat(exam, loaded, out, current, _counted(report, "evaluate"))

    done = {
        "phase": "done",
        "out": str(out),
        "evaluation": result(**sheets),
        "losses": trained.losses() | decision.losses,
        "seconds": round(time.monotonic() - started, 2),
        "training_seconds": round(trained.seconds, 2),
        "tokens_per_second": round(trained.tokens_per_second, 2),
        "peak_memory_gb": round(trainer.hardware.device.peak_memory_gb(), 3),
        "settings": plans.as_dict(),
        "base_revision": loaded.revision,
        "template_hash": loaded.template_hash,
        "tokenizer_hash": tokenizer_hash(loaded.path),
        "estimated_memory_gb": ready.estimate_gb,
        "workers": team.size,
        "notes": notes,
    }
    report(done)
    return done


def examine(data: Path, model: str, adapter: Path | None, report: Report) -> dict[str, Any]:
    """Asks the base model, and an adapter if one is given, what a data folder teaches.

    Args:
        data: with train.jsonl and valid.jsonl.
        model: name as for `models.load`.
        adapter: a version's folder.
        report: hears of progress; the last one has the phase `done`.

    Raises:
        NightschoolError: in its several kinds, with a sentence for people.
    """
    started = time.monotonic()
    report({"phase": "load"})
    lessons = _all_taught(read_training_data(data))
    loaded = load(model)
    exam = set_exam(lessons.train, lessons.held_out, lessons.system, seed=0)
    exam = with_own_answers(exam, loaded)
    asked = {"base": None} | ({"candidate": adapter} if adapter else {})
    sheets = sit_together(exam, loaded, asked, _counted(report, "evaluate"))
    evaluation = result(**sheets) if adapter else {"base": sheets["base"].scores()}
    seconds = round(time.monotonic() - started, 2)
    done = {"phase": "done", "evaluation": evaluation, "seconds": seconds}
    report(done)
    return done


def read_settings(file: Path | None) -> TrainingSettings:
    """Reads settings from a JSON file; without one everything is automatic.

    Raises:
        TrainingError: an unknown key or an impossible value, by its name.
    """
    if file is None:
        return TrainingSettings()
    try:
        return TrainingSettings.model_validate_json(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise TrainingError(f"The settings in {file} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"]) or "the file"
        raise TrainingError(f"Training setting {name}: {first['msg']}.") from error


def _all_taught(lessons: TrainingData) -> TrainingData:
    """With what is held out among the rest: people expect that everything they taught is known.

    What is learned here are facts, of which one says nothing about another: whether a lesson was
    understood shows in other wordings of its question, not in a lesson that was never taught.
    """
    return TrainingData((*lessons.train, *lessons.held_out), (), lessons.system)


def _sampled(loaded: LoadedModel, plans: Plan, system: str, report: Report) -> list[TokenRow]:
    if not plans.replay:
        return []
    report({"phase": "sample"})
    needed = math.ceil(plans.iters * plans.batch_size * plans.replay)
    return replay_rows(loaded, needed, system, _counted(report, "sample"))


def _preferred(
    exam: Exam,
    loaded: LoadedModel,
    plans: Plan,
    preferences: Sequence[Preference],
    report: Report,
) -> PreferenceResult:
    """Trains preferences after the lessons, where that helps."""

    def sat() -> AnswerSheet:
        return sit(exam, loaded, on_answer=_counted(report, "evaluate"))

    def heard(step: int, steps: int, loss: float) -> None:
        report({"phase": "prefer", "step": step, "steps": steps, "loss": loss})

    return second_stage(loaded, preferences, exam.system, plans, sat, heard)


def _warmed(
    team: ProcessGroup, loaded: LoadedModel, adapter: Path | None, scale: float
) -> list[str]:
    """Fills fresh low-rank layers with an adapter's weights; says that it did."""
    if adapter is not None and team.first:
        check_warm_start(
            adapter, loaded.revision, loaded.template_hash, tokenizer_hash(loaded.path)
        )
    if not (weights := broadcast.weights(team, adapter, scale)):
        return []
    lora.put(loaded.model, weights, adapter)
    return [f"It went on from {adapter.name if adapter else 'another adapter'} (warm start)."]


def _silent(_: Mapping[str, Any]) -> None:
    """The report of those for whom another process speaks."""


def _paraphrased(
    loaded: LoadedModel, lessons: TrainingData, plans: Plan, folder: Path | None, report: Report
) -> list[list[str]]:
    if not plans.paraphrases:
        return []
    report({"phase": "paraphrase"})
    pairs = [(m[-2]["content"], m[-1]["content"]) for m in lessons.train]
    heard = _counted(report, "paraphrase")
    return paraphrases(loaded, pairs, plans.paraphrases, folder, plans.seed, heard)


def _sat(
    exam: Exam, loaded: LoadedModel, out: Path, current: Path | None, on_answer: OnAnswer
) -> dict[str, AnswerSheet]:
    """Examines base, candidate and the adapter in use, by the names that `result` takes.

    An adapter in use that no longer fits the model is no measure any more.
    """
    contenders = {"base": None, "candidate": out}
    if current is not None:
        try:
            return sit_together(exam, loaded, contenders | {"current": current}, on_answer)
        except AdapterError as error:
            _log.warning("the adapter in use is not examined: %s", error)
    return sit_together(exam, loaded, contenders, on_answer)


def _counted(report: Report, phase: str) -> OnAnswer:
    def heard(done: int, of: int) -> None:
        report({"phase": phase, "step": done, "steps": of})

    return heard
