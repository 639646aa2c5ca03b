"""How soon people hear something in Slack, when many ask at once and Slack's limits hold.

    python -m bench.slack_pace [--json]     # 1, 5, 20, 60 at once, everywhere; under six minutes
    python -m bench.slack_pace --at-once 20 --places channels --kinds taught --busy

The real bot against the test's Slack, which enforces the tiers in real time, over real sockets. A
scripted model says a word every `--word-seconds`, eight questions at a time. Printed are seconds
after the question: the first sign (a status or a message), the first word of the answer, the whole
answer; the longest time between two words (`gap`), the longest in which nothing new was seen from
the first sign on (`silence`: an answer that comes all at once has no gap, and a long silence), and
how many calls Slack refused.
"""

import argparse
import contextlib
import json
import logging
import math
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import structlog
from pydantic import SecretStr

from bot.answers.assistant import Assistant
from bot.engine.client import EngineClient
from bot.home import Home
from bot.lessons.curation import Curation
from bot.nights.runner import NightRunner
from bot.settings import load_settings
from bot.slack.manifest import manifest
from bot.slack.service import SlackService
from bot.store import Store
from tests.bot.slack.engine import ScriptedEngine
from tests.slack_server import BOT, Channel, Message, Person, SlackServer
from trainer.adapters.registry import Registry

PLACES = ("channels", "channel", "direct")
KINDS = ("mixed", "taught", "model")
PATIENCE = 90.0
"""Seconds that one measurement takes at most."""
LONGEST = 340.0
"""Seconds that all measurements take at most."""
BUSY_AT_ONCE = 20
COLUMNS = (
    "where",
    "at once",
    "first sign",
    "taught, whole",
    "model, first word",
    "model, whole",
    "model, gap",
    "model, silence",
    "refused",
    "answered once",
)
NAMES = [f"{a}{b}{c}" for a in "bdfgklmn" for b in "aeiou" for c in ("rt", "nk", "sp", "lm")]
TAUGHT = "Where is the {0} of {0}?"
BUSY = "Tell me all about the sea, person {}, at length"
BUSY_PEOPLE = 8


@dataclass(frozen=True)
class Scenario:
    """How many ask at once, where, and what; and whether the model is busy with others."""

    at_once: int
    place: str
    kind: str
    busy: bool

    @property
    def least(self) -> float:
        """The least seconds that it takes: a channel takes a message a second."""
        return 10.0 + (self.at_once if self.place == "channel" else 0.0)


@dataclass
class Asked:
    """One question, and when its answer was seen."""

    message: Message
    taught: bool
    at: float
    sign: float = math.nan
    words: list[float] = field(default_factory=list)
    whole: float = math.nan
    answers: int = 0

    @property
    def gap(self) -> float:
        """The longest time between two words that were seen."""
        return _longest(self.words)

    @property
    def silence(self) -> float:
        """The longest time, from the first sign to the whole answer, in which nothing was new."""
        return _longest([self.sign, *self.words, self.whole])


def _longest(times: list[float]) -> float:
    return max((b - a for a, b in pairwise(times)), default=0.0)


class Watch:
    """Looks at the workspace every few milliseconds, and notes when something was first seen."""

    def __init__(self, slack: SlackServer) -> None:
        self._slack = slack
        self.asked: list[Asked] = []
        self._seen: dict[str, int] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(0.01):
            with self._slack.changed:
                now = time.monotonic()
                workspace = self._slack.workspace
                statuses = {thread for _, thread in workspace.statuses}
                shown: dict[str, list[Message]] = {}
                for message in workspace.messages:
                    if message.user == BOT and message.thread_ts and not message.deleted:
                        shown.setdefault(message.thread_ts, []).append(message)
                for one in self.asked:
                    self._look(one, shown.get(one.message.ts, []), statuses, now)

    def _look(self, one: Asked, messages: list[Message], statuses: set[str], now: float) -> None:
        ts = one.message.ts
        if math.isnan(one.sign) and (messages or ts in statuses):
            one.sign = now - one.at
        length = sum(len(m.text) for m in messages if "Thinking" not in m.text)
        if length > self._seen.get(ts, 0):
            self._seen[ts] = length
            one.words.append(now - one.at)
        one.answers = sum(
            any(block["type"] == "context_actions" for block in m.blocks) for m in messages
        )
        if math.isnan(one.whole) and one.answers:
            one.whole = now - one.at


@contextlib.contextmanager
def school(lessons: int, words: int, word_seconds: float) -> Iterator[SlackServer]:
    """Yields a Slack with the bot in it, which was taught some lessons."""
    with (
        tempfile.TemporaryDirectory() as folder,
        SlackServer(manifest()) as slack,
        ScriptedEngine() as engine,
    ):
        engine.script = _slowly(words, word_seconds)
        home = Home(Path(folder))
        home.prepare()
        settings = load_settings(home)
        tokens = {
            "bot_token": SecretStr(slack.bot_token),
            "app_token": SecretStr(slack.app_token),
            "api_url": slack.api_url,
        }
        slack_settings = settings.slack.model_copy(update=tokens)
        settings = settings.model_copy(update={"slack": slack_settings})
        store = Store(home.database)
        curation = Curation(store, settings)
        for number in range(lessons):
            question, told = TAUGHT.format(NAMES[number]), f"Behind door {1000 + number}."
            curation.teach(question, told, "U0BENCH", on_conflict="keep")
        client = EngineClient(engine.url, None)
        registry = Registry(home.adapters)
        assistant = Assistant(store, client, settings, registry)
        nights = NightRunner(home, settings, store, registry)
        service = SlackService(home, settings, store, assistant, nights)
        service.start()
        try:
            slack.wait_connected()
            yield slack
        finally:
            service.stop()
            nights.stop()
            client.close()
            store.close()


class _Slow(list[str]):
    """Words that come one after the other, at the pace of a model."""

    seconds = 0.0

    def __iter__(self) -> Iterator[str]:
        for word in super().__iter__():
            time.sleep(self.seconds)
            yield word


def _slowly(words: int, seconds: float) -> Callable[[str, str], list[str]]:
    def script(question: str, _: str) -> list[str]:
        long = 12 if question.startswith("Tell me all") else 1
        said = _Slow(f"word{number} " for number in range(words * long))
        said.seconds = seconds
        return said

    return script


def _people(slack: SlackServer, count: int, place: str) -> list[tuple[str, str]]:
    """Adds people, and the channels where they ask."""
    pairs = []
    with slack.changed:
        for number in range(count):
            person = Person(f"U0BENCH{number:03d}", f"person{number}")
            slack.workspace.people[person.id] = person
            if place == "direct":
                channel = slack.workspace.direct(person.id)
            else:
                name = "one" if place == "channel" else f"room{number % 20}"
                channel = slack.workspace.channels.setdefault(
                    f"C0BENCH{name.upper()}", Channel(f"C0BENCH{name.upper()}", name, {BOT})
                )
                channel.members.add(person.id)
            pairs.append((person.id, channel.id))
    return pairs


def measure(scenario: Scenario, options: argparse.Namespace, patience: float) -> dict[str, Any]:
    """Asks some questions at once, and returns the figures."""
    at_once, place, kind = scenario.at_once, scenario.place, scenario.kind
    with school(at_once, options.words, options.word_seconds) as slack, Watch(slack) as watch:
        if scenario.busy:
            for person, channel in _people(slack, BUSY_PEOPLE, "direct"):
                slack.send_message(BUSY.format(person), user=person, channel=channel)
            slack.wait_until(lambda: len(slack.calls_of("chat.startStream")) > 3, "not busy")
        people = _people(slack, at_once + BUSY_PEOPLE, place)[BUSY_PEOPLE:]
        began = len(slack.calls)
        for number, (person, channel) in enumerate(people):
            taught = kind == "taught" or (kind == "mixed" and number % 2 == 0)
            text = TAUGHT.format(NAMES[number]) if taught else f"Please write to {NAMES[number]}"
            at = time.monotonic()
            mention = "" if place == "direct" else f"<@{BOT}> "
            asked = slack.send_message(mention + text, user=person, channel=channel)
            with slack.changed:
                watch.asked.append(Asked(asked, taught, at))
        with contextlib.suppress(AssertionError):
            everybody = lambda: all(one.answers for one in watch.asked)  # noqa: E731
            slack.wait_until(everybody, "not everybody was answered", patience)
        refused = sum(call.error == "ratelimited" for call in slack.calls[began:])
        return {
            "kind": kind,
            "at_once": at_once,
            "place": place,
            "busy": scenario.busy,
            "refused": refused,
            "answered_once": sum(one.answers == 1 for one in watch.asked),
            "all": _figures(watch.asked),
            "taught": _figures([one for one in watch.asked if one.taught]),
            "model": _figures([one for one in watch.asked if not one.taught]),
        }


def _figures(asked: list[Asked]) -> dict[str, list[float]]:
    """The median and the 95th percentile of each time, in seconds."""
    times = {
        "sign": [one.sign for one in asked],
        "word": [one.words[0] if one.words else math.nan for one in asked],
        "whole": [one.whole for one in asked],
        "gap": [one.gap for one in asked],
        "silence": [one.silence for one in asked],
    }
    figures = {}
    for name, values in times.items():
        known = sorted(value for value in values if not math.isnan(value))
        if known:
            last = known[min(len(known) - 1, math.ceil(0.95 * len(known)) - 1)]
            figures[name] = [round(statistics.median(known), 2), round(last, 2)]
    return figures


def scenarios(options: argparse.Namespace) -> list[Scenario]:
    """Returns what is measured: every number in every place, and taught questions while busy."""
    found = [
        Scenario(at_once, place, kind, options.busy)
        for kind in options.kinds
        for place in options.places
        for at_once in options.at_once
    ]
    if not options.busy and BUSY_AT_ONCE in options.at_once:
        places = [place for place in options.places if place != "channel"]
        found += [Scenario(BUSY_AT_ONCE, place, "taught", True) for place in places]
    return found


def table(rows: list[dict[str, Any]]) -> str:
    """Returns the figures as a table in Markdown: the median and the 95th percentile of each."""

    def cell(row: dict[str, Any], kind: str, name: str) -> str:
        told = row[kind].get(name)
        return f"{told[0]:.2f} / {told[1]:.2f}" if told else ""

    lines = ["| " + " | ".join(COLUMNS) + " |", "|---" * len(COLUMNS) + "|"]
    for row in rows:
        cells = [
            row["place"] + (", model busy" if row["busy"] else ""),
            str(row["at_once"]),
            cell(row, "all", "sign"),
            cell(row, "taught", "whole"),
            *(cell(row, "model", name) for name in ("word", "whole", "gap", "silence")),
            str(row["refused"]),
            str(row["answered_once"]),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Prints a table, or JSON with `--json`; each measurement is told on standard error too."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--at-once", type=int, nargs="+", default=[1, 5, 20, 60])
    parser.add_argument("--places", nargs="+", choices=PLACES, default=list(PLACES))
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=["mixed"])
    parser.add_argument("--words", type=int, default=60)
    parser.add_argument("--word-seconds", type=float, default=0.05)
    parser.add_argument("--busy", action="store_true", help="eight long answers are under way")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    began, rows = time.monotonic(), []
    for scenario in scenarios(options):
        left = LONGEST - (time.monotonic() - began)
        if left < scenario.least:
            print(f"{scenario}: no time left for it", file=sys.stderr, flush=True)
            continue
        rows.append(measure(scenario, options, min(PATIENCE, left)))
        print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    print(json.dumps(rows, indent=1) if options.json else table(rows))


if __name__ == "__main__":
    main()
