"""The result of a night in a few lines for people. Plain text: each caller formats it itself."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.errors import AdapterError
from bot.feedback.votes import VoteTally
from bot.store import Run, Store
from bot.store.runs import ChangedExample
from trainer.adapters.registry import Registry
from trainer.planning.hyperparameters import plan
from trainer.planning.settings import TrainingSettings
from trainer.results.evaluation import Evaluation, ExamScores, Marks
from trainer.results.losses import Losses

HEADLINES = {
    "promoted": "School report: I learned something.",
    "rejected": "School report: tonight's lessons did not stick, so I stay as I was.",
    "skipped": "School report: no school tonight.",
    "failed": "School report: the night failed; I stay as I was.",
    "reverted": "School report: I went back to what I was before.",
    "running": "I am at school.",
}


PHASES = {
    "choose": "Choosing the lessons",
    "load": "Loading the model",
    "check": "Seeing whether it fits",
    "lighter": "Making it smaller: memory ran out",
    "sample": "Noting what it knows already",
    "paraphrase": "Putting the questions in other words",
    "train": "Learning the lessons",
    "evaluate": "Sitting the exam",
    "prefer": "Weighing better and worse answers",
    "done": "Putting the books away",
}
"""What a night is doing, by the phase that its trainer tells."""


@dataclass(frozen=True)
class ExamPart:
    """A part of the exam as people read it."""

    name: str
    marks: Callable[[ExamScores], Marks]


@dataclass(frozen=True)
class Measure:
    """A number that the exam takes besides its marks."""

    name: str
    value: Callable[[ExamScores], float | None]
    digits: int
    """Digits after the point that are worth showing."""


EXAM = (
    ExamPart("What was taught", lambda scores: scores.taught),
    ExamPart("What I knew before", lambda scores: scores.general),
)
OTHER_WORDS = ExamPart("The same in other words", lambda scores: scores.reworded)
MEASURES = (
    Measure("Similarity to the taught answers", lambda scores: scores.similarity, 2),
    Measure("Key words of the taught answers", lambda scores: scores.key_recall, 2),
    Measure("Loss on taught answers in other words", lambda scores: scores.loss, 2),
    Measure("Loss on the base model's own answers", lambda scores: scores.canary_loss, 2),
    Measure("Tokens of an answer", lambda scores: scores.mean_length, 1),
    Measure("Answers without an end", lambda scores: scores.unfinished, 0),
    Measure("Refusals", lambda scores: scores.refusals, 0),
)


def headline(run: Run) -> str:
    """One line about how a run ended."""
    return HEADLINES.get(run.status, run.status)


def lines(run: Run) -> list[str]:
    """The facts of a finished run, one a line, most important first."""
    facts = [run.reason or ""]
    if run.version and run.status != "reverted":
        facts.append(f"Adapter {run.version}, trained on {run.examples} examples.")
    facts.extend(before_and_after(run))
    facts.extend(run.notes)
    if run.seconds is not None and run.status in ("promoted", "rejected"):
        facts.append(f"It took {duration(run.seconds)}.")
    return [fact for fact in facts if fact]


def before_and_after(run: Run) -> list[str]:
    """The exam's main figures, base against tuned, as far as the run has them."""
    return exam_lines(run.evaluation)


def exam_lines(exam: Evaluation | None) -> list[str]:
    """The main figures of an exam, base against tuned; none where there is nothing to compare."""
    if exam is None or exam.candidate is None:
        return []
    both = [(part.name, part.marks(exam.base), part.marks(exam.candidate)) for part in EXAM]
    return [
        f"{name}: {before} before, {now} now."
        for name, before, now in both
        if before.asked and now.asked
    ]


LOG = "; the log "
"""What follows it in a failure is the end of a log, and where that is: not for everybody."""


def plain_reason(run: Run) -> str:
    """Why a run ended as it did, for rooms that many people see."""
    return (run.reason or "").split(LOG)[0]


def counted(number: int, noun: str) -> str:
    """`1 lesson`, `2 lessons`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def duration(seconds: float) -> str:
    """Seconds as people say them."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


NAMED = 5
"""Lessons that are named one by one; of the others there is only a number."""
MEANING = {
    "promoted": "From now on I answer with what I learned.",
    "rejected": (
        "I answer as before. Nothing is lost: the lessons stay, and the next night tries again "
        "with whatever is taught until then."
    ),
    "skipped": "I answer as before.",
    "failed": "I answer as before, and the lessons stay; the log of the night says more.",
}


@dataclass(frozen=True)
class NightReport:
    """All that a report tells; at most NAMED of each kind, and how many there are."""

    run: Run
    meaning: str
    learned: tuple[tuple[str, str], ...]
    learned_count: int
    rejected: tuple[ChangedExample, ...]
    rejected_count: int
    withdrawn: tuple[ChangedExample, ...]
    withdrawn_count: int
    waiting: int
    votes: VoteTally
    adapter: str | None
    thumbs: tuple[int, int]
    losses: Losses | None


def gather_report(store: Store, registry: Registry, run: Run) -> NightReport:
    """Gathers what happened in a night and since the one before."""
    since = store.history.last_finish(run.id)
    learned, count = store.history.learned(run.id, NAMED)
    rejected, rejected_count = store.history.changed("rejected", since, NAMED)
    apart, apart_count = store.history.changed("quarantined", since, NAMED)
    withdrawn, withdrawn_count = store.history.changed("withdrawn", since, NAMED)
    adapter = registry.current()
    return NightReport(
        run=run,
        meaning=MEANING.get(run.status, ""),
        learned=tuple(learned),
        learned_count=count,
        rejected=tuple([*rejected, *apart][:NAMED]),
        rejected_count=rejected_count + apart_count,
        withdrawn=tuple(withdrawn),
        withdrawn_count=withdrawn_count,
        waiting=store.examples.counts()["pending"],
        votes=VoteTally(**store.comparisons.votes(adapter)),
        adapter=adapter,
        thumbs=store.ratings.totals(),
        losses=_losses(registry, run),
    )


def _losses(registry: Registry, run: Run) -> Losses | None:
    try:
        trained = run.status in ("promoted", "rejected")
        return registry.card(run.version).losses if run.version and trained else None
    except AdapterError:
        return None


FEW = 50
"""Fewer lessons than this are learned nearly word for word."""
_ENOUGH = 0.5
"""Share of the usual steps below which a run was too short."""


def why_poor(lessons: int, settings: TrainingSettings) -> list[str]:
    """What to change after a night whose adapter was not promoted.

    Args:
        lessons: that were trained.
        settings: that they were trained with.
    """
    found = []
    usual = plan(settings.model_copy(update={"iters": None, "epochs": None}), lessons).iters
    steps = plan(settings, lessons).iters
    if steps < _ENOUGH * usual:
        found.append(
            f"Only {steps} steps were trained, where {usual} are usual for so many lessons: leave "
            "training.iters and training.epochs unset."
        )
    if lessons < FEW:
        found.append(
            f"Fewer than {FEW} lessons ({lessons}) are learned nearly word for word: teach each "
            "question in the words in which people ask it, and the important ones in several."
        )
    return found
