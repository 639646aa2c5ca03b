"""The bot as deployed, on the sets of `bench.sets`: what it says, as what, and how soon.

    python -m bench.deployed --sets facts situations --json deployed.json
    python -m bench.deployed --half report --sets facts services:500 --adapter DIR
    python -m bench.deployed --sets clinc --clinc data_full.json --encoder-alone 0.5

Prints tables in Markdown. With --adapter, DIR is an adapter's folder, or has one for each set
(`DIR/services-500`, `DIR/facts`). Every set has a home and an engine of its own. `--encoder-alone`
answers with the first hit of the vectors instead, wherever its cosine reaches the threshold.
"""

import argparse
import json
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

from bench.sets import NAMES, Asked, Half, QuestionSet, Taught, question_set
from bench.temporary_bot import AUTHOR, Bot, Options, deployed
from bot.answers.questions import QUOTED, Question
from bot.answers.vector_index import VectorIndex
from bot.messages import Message
from trainer.adapters.registry import WEIGHTS
from trainer.canaries import canaries, general_prompts
from trainer.retrieval.decision import SOURCES, Untaught

PARTS = ("taught", "other", "untaught", "general")
SPEAKERS = ("adapter", "quote", "base", "declined")
TIMED = 20
"""Answers that are timed one after another, of each set."""


@dataclass(frozen=True)
class Said:
    """An answer."""

    text: str
    """What the bot says itself; of the nearest lesson only its answer."""
    source: str
    speaker: str
    """One of SPEAKERS."""
    confidence: float


@dataclass(frozen=True)
class Item:
    """A question of one part of a set; `lesson` and `pattern` say what answers it, if anything."""

    part: str
    question: str
    pattern: str | None = None
    before: str | None = None
    """What was asked before it in the same thread."""


@dataclass(frozen=True)
class Row:
    """A question with its answer."""

    part: str
    question: str
    right: bool | None
    """None where there is no right answer."""
    said: Said


@dataclass(frozen=True)
class Report:
    """All answers to a set, and what they cost."""

    name: str
    lessons: int
    rows: tuple[Row, ...]
    seconds: dict[str, float | None]
    """Medians of an answer by its speaker, of all, and of a model alone (`plain`)."""

    def count(self, part: str, source: str | None = None, *, right: bool | None = None) -> int:
        """Returns how many answers of a part have a source, and are right or wrong."""
        return sum(
            row.part == part
            and (source is None or row.said.source == source)
            and (right is None or row.right is right)
            for row in self.rows
        )

    def spoken(self, *parts: str) -> Counter[str]:
        """Returns how many answers each speaker gave."""
        return Counter(row.said.speaker for row in self.rows if row.part in parts)


Answerer = Callable[[Item, str], Said]
"""Answers a question in a thread of its own, whose name is given."""


def items_of(asked: QuestionSet, parts: Sequence[str], most: int | None = None) -> list[Item]:
    """Returns the questions of a set; of each part at most so many, from all over it."""

    def of(lesson: Taught, one: Asked) -> Item:
        before = None if one.after is None else asked.lessons[one.after].prompt
        return Item("other", one.question, lesson.key, before)

    every = [Item("taught", lesson.prompt, lesson.key) for lesson in asked.lessons]
    every += [of(asked.lessons[one.lesson], one) for one in asked.other]
    every += [Item("untaught", question) for question in asked.untaught]
    every += [Item("general", canary.prompt, canary.pattern) for canary in canaries()]
    every += [Item("general", prompt) for prompt in general_prompts()]
    chosen = []
    for part in parts:
        some = [item for item in every if item.part == part]
        count = len(some) if most is None else min(most, len(some))
        chosen += [some[number * len(some) // count] for number in range(count)]
    return chosen


def as_deployed(bot: Bot) -> Answerer:
    """Returns what asks the bot as its console does."""

    def ask(item: Item, thread: str) -> Said:
        if item.before is not None:
            bot.assistant.ask(Question(item.before, AUTHOR, "bench", thread, source="cli"))
        reply = bot.assistant.ask(Question(item.question, AUTHOR, "bench", thread, source="cli"))
        text = reply.lessons[0].completion if reply.source == "near" else reply.text
        speaker = "declined" if reply.source == "none" else "base"
        if reply.model == QUOTED:
            speaker = "quote"
        elif reply.adapter is not None:
            speaker = "adapter"
        return Said(text, reply.source, speaker, reply.confidence)

    return ask


def encoder_alone(bot: Bot, threshold: float) -> Answerer:
    """Returns what quotes the lesson with the nearest vector, from a cosine on."""
    index = VectorIndex(bot.store)

    def ask(item: Item, _thread: str) -> Said:
        vectors = bot.engine.embed([item.question])
        number, cosine = next(index.cosines(vectors.rows[0], vectors.revision).in_order())
        if cosine < threshold:
            return Said("", "none", "declined", 1 - cosine)
        return Said(bot.store.examples.get(number).completion, "taught", "quote", cosine)

    return ask


def answer_all(items: Sequence[Item], ask: Answerer, at_once: int) -> list[Row]:
    """Asks everything, several at the same time."""

    def answered(numbered: tuple[int, Item]) -> Row:
        number, item = numbered
        said = ask(item, f"thread {number}")
        right = None
        if item.pattern is not None:
            right = re.search(item.pattern, said.text, re.IGNORECASE) is not None
        if number % 100 == 99:
            print(f"{number + 1} of {len(items)} asked", file=sys.stderr, flush=True)
        return Row(item.part, item.question, right, said)

    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(answered, enumerate(items)))


def timed(bot: Bot, items: Sequence[Item], ask: Answerer) -> dict[str, float | None]:
    """Returns median seconds of answers that are given one after another.

    `plain` is the same by the newest adapter, else the base model, which is told of no lesson.
    """
    some = [item for item in items if item.part in ("taught", "other")]
    some = some[:: max(1, len(some) // TIMED)][:TIMED]
    took: dict[str, list[float]] = {"all": [], "plain": []}
    for number, item in enumerate(some):
        started = time.perf_counter()
        bot.engine.complete([Message("user", item.question)])
        took["plain"].append(time.perf_counter() - started)
        started = time.perf_counter()
        said = ask(item, f"timed {number}")
        took["all"].append(time.perf_counter() - started)
        took.setdefault(said.speaker, []).append(took["all"][-1])
    return {
        name: round(statistics.median(took[name]), 4) if took.get(name) else None
        for name in ("plain", "all", *SPEAKERS)
    }


def adapter_for(folder: Path | None, asked: QuestionSet) -> Path | None:
    """Returns the adapter of a set in a folder that is one, or that has one for each set."""
    if folder is None or (folder / WEIGHTS).is_file():
        return folder
    for name in (f"{asked.name}-{len(asked.lessons)}", asked.name):
        if (folder / name / WEIGHTS).is_file():
            return folder / name
    raise FileNotFoundError(f"{folder} has no adapter for {asked.name}")


def measure(asked: QuestionSet, options: argparse.Namespace) -> Report:
    """Sets a bot up, asks it everything and gives it up."""
    adapter = None
    if options.encoder_alone is None:
        adapter = adapter_for(options.adapter, asked)
    setup = Options(options.model, options.embedder, options.untaught, options.max_tokens)
    items = items_of(asked, options.parts, options.most)
    with deployed(asked, setup, adapter) as bot:
        if options.encoder_alone is None:
            ask = as_deployed(bot)
        else:
            ask = encoder_alone(bot, options.encoder_alone)
        rows = answer_all(items, ask, options.at_once)
        seconds = timed(bot, items, ask) if options.timed else {}
    return Report(asked.name, len(asked.lessons), tuple(rows), seconds)


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Returns a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines) + "\n"


def show(reports: Sequence[Report]) -> None:
    """Prints the tables."""
    print(
        table(
            ["set", "lessons", "taught", "as taught, right", "other words", "right",
             "right as taught", "right as near", "wrong as taught", "wrong as near", "model",
             "none", *SPEAKERS],
            [
                [r.name, r.lessons, r.count("taught"), r.count("taught", "taught", right=True),
                 r.count("other"), r.count("other", right=True),
                 r.count("other", "taught", right=True), r.count("other", "near", right=True),
                 r.count("other", "taught", right=False), r.count("other", "near", right=False),
                 r.count("other", "model"), r.count("other", "none"),
                 *(r.spoken("taught", "other")[speaker] for speaker in SPEAKERS)]
                for r in reports
            ],
        )
    )  # fmt: skip
    print(
        table(
            ["set", "untaught", *(f"as {source}" for source in SOURCES), "said as known",
             "canaries right", "general", "with a lesson", "declined"],
            [
                [r.name, r.count("untaught"), *(r.count("untaught", s) for s in SOURCES),
                 r.count("untaught", "taught") + r.count("untaught", "model"),
                 r.count("general", right=True), r.count("general"),
                 r.count("general", "taught") + r.count("general", "near"),
                 r.count("general", "none")]
                for r in reports
            ],
        )
    )  # fmt: skip
    names = ("plain", "all", *SPEAKERS)
    print(
        table(
            ["set", *(f"s, {name}" for name in names)],
            [[r.name, *(r.seconds.get(name) for name in names)] for r in reports],
        )
    )


def as_json(report: Report, half: Half) -> dict[str, Any]:
    """Returns a report as JSON, without the questions that nobody who tunes may see."""
    rows = [
        asdict(row) | ({"question": ""} if half == "report" and row.part == "untaught" else {})
        for row in report.rows
    ]
    counts = {
        part: {
            source: {
                "right": report.count(part, source, right=True),
                "wrong": report.count(part, source, right=False),
                "all": report.count(part, source),
            }
            for source in SOURCES
        }
        for part in PARTS
    }
    spoken = {part: dict(report.spoken(part)) for part in PARTS}
    return asdict(report) | {"counts": counts, "spoken": spoken, "rows": rows}


def main() -> None:
    """Prints the tables, and writes every answer into the file of --json."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--sets", nargs="+", default=["facts", "situations"], metavar="NAME[:SIZE]",
        help=", ".join(NAMES),
    )  # fmt: skip
    parser.add_argument("--half", choices=get_args(Half), default="tune")
    parser.add_argument("--clinc", type=Path, help="data_full.json of CLINC150")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--adapter", type=Path, help="an adapter, or a folder with one for each")
    parser.add_argument("--model", default="starter", help="starter, a folder or a hub name")
    parser.add_argument("--embedder", default="bundled", help="bundled, a folder, a hub name")
    parser.add_argument("--untaught", choices=get_args(Untaught), default="decline")
    parser.add_argument("--encoder-alone", type=float, metavar="COSINE")
    parser.add_argument("--max-tokens", type=int, default=Options.max_tokens)
    parser.add_argument("--most", type=int, help="questions of each part at most")
    parser.add_argument("--at-once", type=int, default=8, help="questions at the same time")
    parser.add_argument("--timed", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--json", type=Path, help="the file of every answer")
    options = parser.parse_args()
    reports = []
    for named in options.sets:
        name, _, size = named.partition(":")
        asked = question_set(name, options.half, int(size) if size else None, options.clinc)
        reports.append(measure(asked, options))
        if options.json:
            document = {
                "options": {name: str(value) for name, value in vars(options).items()},
                "sets": [as_json(report, options.half) for report in reports],
            }
            options.json.write_text(json.dumps(document, indent=1), encoding="utf-8")
    show(reports)


if __name__ == "__main__":
    main()
