"""The result of a night in a few lines for people, as plain text that each caller formats."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.errors import AdapterError
from bot.feedback.votes import VoteTally
from bot.nights.not_mastered import NotMastered, mastery_of, not_mastered
from bot.store import Run, Store
from bot.store.database.clock import today
from bot.store.runs import ChangedExample
from trainer.adapters.registry import Registry
from trainer.planning.hyperparameters import plan
from trainer.planning.settings import TrainingSettings
from trainer.results.deployed import DeployedMarks, DeployedScores
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
    "master": "Looking at every lesson",
    "evaluate": "Sitting the exam",
    "prefer": "Weighing better and worse answers",
    "done": "Putting the books away",
}
"""What a night is doing, for people, by the phase that its trainer reports."""


@dataclass(frozen=True)
class ExamPart:
    """A part of the exam: its name for people, and how its marks are read from the scores."""

    name: str
    marks: Callable[[ExamScores], Marks]


@dataclass(frozen=True)
class Measure:
    """A figure of the exam besides its marks; `value` is None where it was not measured."""

    name: str
    value: Callable[[ExamScores], float | None]
    digits: int
    """How many digits after the point are shown."""


@dataclass(frozen=True)
class DeployedPart:
    """A figure of the bot as deployed: its name for people, and how it reads."""

    name: str
    value: Callable[[DeployedScores], str]


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
    Measure("KL divergence from the base model", lambda scores: scores.kl, 3),
    Measure("Tokens of an answer", lambda scores: scores.mean_length, 1),
    Measure("Answers without an end", lambda scores: scores.unfinished, 0),
    Measure("Refusals", lambda scores: scores.refusals, 0),
)


def headline(run: Run) -> str:
    """Returns one line about how a run ended; its bare status where that has no sentence."""
    return HEADLINES.get(run.status, run.status)


def lines(run: Run) -> list[str]:
    """Returns the facts of a finished run, one a line, most important first."""
    facts = [run.reason or ""]
    if run.version and run.status != "reverted":
        facts.append(f"Adapter {run.version}, trained on {run.examples} examples.")
    facts.extend(before_and_after(run))
    facts.extend(run.notes)
    if run.seconds is not None and run.status in ("promoted", "rejected"):
        facts.append(f"It took {duration(run.seconds)}.")
    return [fact for fact in facts if fact]


def before_and_after(run: Run) -> list[str]:
    """Returns the main figures of a run's exam, before and now; none where it had no exam."""
    return exam_lines(run.evaluation)


def exam_lines(exam: Evaluation | None) -> list[str]:
    """Returns the main figures of an exam, base model against adapter, one a line.

    There are none where an adapter was not examined; a part without questions is left out.
    """
    if exam is None or exam.candidate is None:
        return []
    both = [(part.name, part.marks(exam.base), part.marks(exam.candidate)) for part in EXAM]
    lines = [
        f"{name}: {before} before, {now} now."
        for name, before, now in both
        if before.asked and now.asked
    ]
    return [*lines, *further_lines(exam)]


def further_lines(exam: Evaluation | None) -> list[str]:
    """Returns how far an adapter is from its base, and how the bot as deployed answers with it.

    There is none of what was not measured.
    """
    if exam is None:
        return []
    lines = []
    if exam.candidate is not None and exam.candidate.kl is not None:
        lines.append(f"KL divergence from the base model: {exam.candidate.kl:.3f} nats a token.")
    if exam.deployed is not None and exam.deployed_current is not None:
        now, before = exam.deployed, exam.deployed_current
        lines.append(
            f"As deployed: {_right(now.taught)} taught, {_right(now.reworded)} in other words "
            f"(this evening {before.taught.right} and {before.reworded.right}), surely wrong "
            f"{now.surely_wrong} ({before.surely_wrong})."
        )
    return lines


def _right(marks: DeployedMarks) -> str:
    return f"{marks.right} of {marks.asked}"


def _told(bot: DeployedScores) -> str:
    return f"{bot.taught.told + bot.reworded.told} of {bot.taught.asked + bot.reworded.asked}"


DEPLOYED = (
    DeployedPart("As deployed: what was taught", lambda bot: _right(bot.taught)),
    DeployedPart("As deployed: in other words", lambda bot: _right(bot.reworded)),
    DeployedPart("As deployed: surely wrong", lambda bot: str(bot.surely_wrong)),
    DeployedPart("As deployed: told by the adapter", _told),
)
"""The figures of the bot as deployed, as `evaluate` shows them."""
LOG = "; the log "
"""Separates the reason of a failure from the path and the end of a log, which few may see."""


def plain_reason(run: Run) -> str:
    """Returns why a run ended as it did, without the log; for channels that many people read."""
    return (run.reason or "").split(LOG)[0]


def counted(number: int, noun: str) -> str:
    """Returns a number with its noun: `1 lesson`, `2 lessons`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def duration(seconds: float) -> str:
    """Returns a duration in seconds for people: `45 s`, `2 min 5 s`."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


NAMED = 5
"""How many lessons of a kind are listed at most; the others are only counted."""
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
    """The content of a report: at most NAMED examples of each kind, and how many there are.

    Attributes:
        run: the finished run.
        meaning: what its end means for those who ask, in a sentence; may be empty.
        learned: questions and answers that were trained for the first time.
        learned_count: the number of them.
        rejected: examples that were rejected or quarantined since the run before.
        rejected_count: the number of them.
        withdrawn: examples that were withdrawn since the run before.
        withdrawn_count: the number of them.
        waiting: the number of examples that wait for a decision.
        votes: votes on comparisons with the adapter in use.
        adapter: the version in use; None for the base model.
        thumbs: the numbers of thumbs up and down over all replies.
        losses: of the adapter that the run trained, where it trained one.
        missing: lessons that this adapter has not mastered.
        missing_count: the number of them.
        private_count: the number of approved lessons for one channel or one person, which no night
            trains: see `private_lines`.
        expired_count: the number of approved lessons that nobody confirmed for too long, which no
            night trains: see `expired_lines`.
    """

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
    missing: tuple[NotMastered, ...] = ()
    missing_count: int = 0
    private_count: int = 0
    expired_count: int = 0


def gather_report(store: Store, registry: Registry, run: Run) -> NightReport:
    """Reads what happened in a night and since the run before it."""
    since = store.history.last_finish(run.id)
    learned, count = store.history.learned(run.id, NAMED)
    rejected, rejected_count = store.history.changed("rejected", since, NAMED)
    apart, apart_count = store.history.changed("quarantined", since, NAMED)
    withdrawn, withdrawn_count = store.history.changed("withdrawn", since, NAMED)
    adapter = registry.current()
    mastery = mastery_of(registry, _trained_version(run))
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
        missing=not_mastered(store, mastery),
        missing_count=mastery.asked - mastery.mastered if mastery else 0,
        private_count=store.examples.private_count(),
        expired_count=store.freshness.expired_count(today()),
    )


def private_lines(count: int) -> list[str]:
    """Returns what becomes of lessons that are not for everyone, in a sentence; none without any.

    Args:
        count: `NightReport.private_count`.
    """
    if not count:
        return []
    lessons = "1 lesson is" if count == 1 else f"{count} lessons are"
    return [f"{lessons} for one channel or one person: told only there, and not trained."]


def expired_lines(count: int) -> list[str]:
    """Returns what becomes of lessons that nobody confirmed, in a sentence; none without any.

    Args:
        count: `NightReport.expired_count`.
    """
    if not count:
        return []
    lessons = "1 lesson was" if count == 1 else f"{count} lessons were"
    return [f"{lessons} not confirmed for two intervals: told with a mark, and not trained."]


def _trained_version(run: Run) -> str | None:
    return run.version if run.status in ("promoted", "rejected") else None


def _losses(registry: Registry, run: Run) -> Losses | None:
    try:
        version = _trained_version(run)
        return registry.card(version).losses if version else None
    except AdapterError:
        return None


FEW = 50
"""Fewer lessons than this are learned nearly word for word, not in other wordings."""
_ENOUGH = 0.5
"""Share of the usual steps below which a run was too short."""


def why_poor(lessons: int, settings: TrainingSettings) -> list[str]:
    """Returns what to change after a night whose adapter was not promoted.

    Args:
        lessons: the number of examples that were trained.
        settings: the training settings of the night.

    Returns:
        Hints for people, a sentence each; none where steps and lessons were enough.
    """
    hints = []
    usual = plan(settings.model_copy(update={"iters": None, "epochs": None}), lessons).iters
    steps = plan(settings, lessons).iters
    if steps < _ENOUGH * usual:
        hints.append(
            f"Only {steps} steps were trained, where {usual} are usual for so many lessons: leave "
            "training.iters and training.epochs unset."
        )
    if lessons < FEW:
        hints.append(
            f"Fewer than {FEW} lessons ({lessons}) are learned nearly word for word: teach each "
            "question in the words in which people ask it, and the important ones in several."
        )
    return hints
