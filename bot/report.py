"""What a night came to, in a few lines for people. Plain text; each room dresses it itself."""

from collections.abc import Mapping
from typing import Any

from bot.store import Run

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
EXAM = (
    ("What was taught", "recalled", "asked"),
    ("What I knew before", "canaries_right", "canaries_asked"),
)
MEASURES = (
    ("Similarity to the taught answers", "similarity", 2),
    ("Key words of the taught answers", "key_recall", 2),
    ("Loss on taught answers in other words", "loss", 2),
    ("Loss on the base model's own answers", "canary_loss", 2),
    ("Tokens of an answer", "mean_length", 1),
    ("Answers without an end", "unfinished", 0),
    ("Refusals", "refusals", 0),
)
"""Name, key in the exam's scores, and digits worth showing."""
OTHER_WORDS = ("The same in other words", "reworded_recalled", "reworded_asked")


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
    return exam_lines(run.evaluation or {})


def exam_lines(exam: Mapping[str, Any]) -> list[str]:
    """The same out of an evaluation, whatever it has."""
    base, tuned = exam.get("base") or {}, exam.get("candidate") or {}
    return [
        f"{name}: {base[right]} of {base[asked]} before, {tuned[right]} of {tuned[asked]} now."
        for name, right, asked in EXAM
        if right in base and right in tuned and base.get(asked)
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
