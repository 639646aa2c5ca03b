"""Sets of lessons, with the questions that measure how well they are answered.

A set is named on the command line of the scripts that measure: see `NAMES`. Each has a half to
tune on and a half to report, which share no question.
"""

import json
import re
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

HERE = Path(__file__).parent
Half = Literal["tune", "report"]
NAMES = ("facts", "situations", "office", "german", "follow_ups", "clinc", "clinc3", "services")
SIZED = {"services": 100}
"""Lessons of a set that can have any number of them, where the command line names none."""


@dataclass(frozen=True)
class Fact:
    """One lesson, its paraphrases, and the pattern of a right answer (any case)."""

    prompt: str
    completion: str
    paraphrases: tuple[str, str]
    key: str


@dataclass(frozen=True)
class Taught:
    """One lesson, and the pattern of a right answer (any case)."""

    prompt: str
    completion: str
    key: str

    def answered_by(self, text: str) -> bool:
        """Returns whether a text holds the right answer."""
        return re.search(self.key, text, re.IGNORECASE) is not None


@dataclass(frozen=True)
class Asked:
    """A question in other words than the taught ones."""

    question: str
    lesson: int
    """The place of the lesson that answers it."""
    after: int | None = None
    """The place of the lesson that was asked for before it in the same talk, if any was."""


@dataclass(frozen=True)
class QuestionSet:
    """Lessons, the same asked in other words, and what none of them answers."""

    name: str
    lessons: tuple[Taught, ...]
    other: tuple[Asked, ...]
    untaught: tuple[str, ...] = ()

    def first(self, count: int | None) -> "QuestionSet":
        """Returns the set with only so many of its lessons."""
        if count is None or count >= len(self.lessons):
            return self
        other = tuple(one for one in self.other if one.lesson < count and (one.after or 0) < count)
        return replace(self, lessons=self.lessons[:count], other=other)


def facts(half: str, file: Path = HERE / "facts.jsonl") -> list[Fact]:
    """Returns the half to tune on (`tune`), to report on (`report`), or `all`."""
    every = [
        Fact(r["prompt"], r["completion"], tuple(r["paraphrases"]), r["key"]) for r in rows(file)
    ]
    middle = len(every) // 2
    return {"tune": every[:middle], "report": every[middle:], "all": every}[half]


def of_facts(name: str, some: Sequence[Fact], untaught: Sequence[str] = ()) -> QuestionSet:
    """Returns facts as a set."""
    return QuestionSet(
        name,
        tuple(Taught(fact.prompt, fact.completion, fact.key) for fact in some),
        tuple(Asked(words, place) for place, fact in enumerate(some) for words in fact.paraphrases),
        tuple(untaught),
    )


def question_set(
    name: str, half: Half, size: int | None = None, clinc: Path | None = None
) -> QuestionSet:
    """Returns a set by its name.

    Args:
        name: one of NAMES.
        half: the half to tune on, or the one to report.
        size: only so many lessons; of services, so many are made.
        clinc: data_full.json of CLINC150, which is not part of this repository.

    Raises:
        ValueError: there is no such set, or it needs the file of CLINC150.
    """
    if name == "services":
        from bench.services import services  # noqa: PLC0415  it builds upon this module

        return services(size or SIZED[name], half)
    if name in ("clinc", "clinc3"):
        from bench.clinc import intents  # noqa: PLC0415  as above

        if clinc is None:
            raise ValueError(f"the set {name} needs --clinc data_full.json")
        return intents(clinc, half, 3 if name == "clinc3" else 1, size)
    if name == "german":
        return of_facts(name, facts("all", HERE / "german.jsonl")).first(size)
    if name == "follow_ups":
        return _follow_ups(half).first(size)
    untaught = [row["prompt"] for row in rows(HERE / f"untaught_{half}.jsonl")]
    if name in ("facts", "situations"):
        return of_facts(name, facts(half, HERE / f"{name}.jsonl"), untaught).first(size)
    if name == "office":
        return _office(half, untaught).first(size)
    raise ValueError(f"there is no set {name}: it is one of {', '.join(NAMES)}")


def rows(file: Path) -> list[dict[str, Any]]:
    """Returns the rows of a JSONL file."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def code(value: str) -> str:
    """Returns the pattern of a value that stands by itself: a name, a number, a path."""
    return rf"(?<!\w){re.escape(value)}(?!\w)"


def add_options(parser: ArgumentParser) -> None:
    """Adds the options that say which half is asked, and where CLINC150 lies."""
    parser.add_argument("--half", choices=["tune", "report"], default="tune")
    parser.add_argument("--size", type=int, help="only so many lessons; of services, so many")
    parser.add_argument("--clinc", type=Path, help="data_full.json of CLINC150")


def chosen(name: str, options: Namespace) -> QuestionSet:
    """Returns the set that the options of `add_options` describe."""
    return question_set(name, options.half, options.size, options.clinc)


def _office(half: Half, untaught: Sequence[str]) -> QuestionSet:
    """Returns all facts and situations as the lessons of one office; one half of them is asked."""
    every = [*facts("all"), *facts("all", HERE / "situations.jsonl")]
    asked = {*facts(half), *facts(half, HERE / "situations.jsonl")}
    whole = of_facts("office", every, untaught)
    other = tuple(one for one in whole.other if every[one.lesson] in asked)
    return replace(whole, other=other)


def _follow_ups(half: Half) -> QuestionSet:
    lessons: list[Taught] = []
    other: list[Asked] = []
    for row in rows(HERE / "follow_ups.jsonl"):
        if row["half"] != half:
            continue
        place = len(lessons)
        for prompt, completion, rival in (
            (row["first"], row["lesson"], row["completion"]),
            (row["prompt"], row["completion"], row["lesson"]),
        ):
            lessons.append(Taught(prompt, completion, own_words(completion, f"{prompt} {rival}")))
        other.append(Asked(row["then"], place + 1, after=place))
    return QuestionSet("follow_ups", tuple(lessons), tuple(other))


def own_words(answer: str, elsewhere: str) -> str:
    """Returns a pattern: the names and numbers of an answer that stand nowhere else.

    Where it has none it is all words that stand nowhere else, or all there are.
    """
    known = {word.strip(".,;?").casefold() for word in elsewhere.split()}
    words = [(place, word.strip(".,;")) for place, word in enumerate(answer.split())]
    own = [(place, word) for place, word in words if word.casefold() not in known]
    telling = [
        (place, word)
        for place, word in own
        if any(letter.isdigit() for letter in word) or (place and word[:1].isupper())
    ]
    return ".*".join(code(word) for _, word in telling or own) or re.escape(answer.rstrip("."))
