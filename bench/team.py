"""How fast the lists of a large team are, and whether they fit Slack's limits.

    python -m bench.team                      # 10,000 lessons, 200 people, 100,000 answers
    python -m bench.team --lessons 1000 --answers 5000 --json
    python -m bench.team --growth             # bytes a lesson, an answer and an old answer take

A home with a year of answers in 50 channels and in direct messages, ratings and gaps is made in a
temporary folder. Each view is asked for through the bot itself, without sockets; the median of
some calls is told in milliseconds, and how many blocks and characters Slack would get. Last come
what is done without anybody asking: a round, and what a night reads of rated answers.
"""

import argparse
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from bench.store import texts
from bot.answers.assistant import Assistant
from bot.console import create_app
from bot.home import Home
from bot.lessons.rated_answers import MAX_RATINGS
from bot.nights.runner import NightRunner
from bot.operations.page_access import PageAccess
from bot.settings import load_settings
from bot.store import Store
from bot.store.database.retention import Retention
from bot.store.examples.rows import NewExample
from tests.bot.slack.direct import Direct
from tests.slack_server.workspace import ANNA, GENERAL, TEAM, Person
from trainer.adapters.registry import Registry

PEOPLE, CHANNELS, CALLS, BATCH = 200, 50, 5, 5000
BASES = ("taught", "taught", "taught", "near", "none", "model")
"""Where answers come from; each is as likely."""
REVIEW_DAYS = 180
GAP_SHARE = 5
"""Questions of one gap, on the average."""
ADDRESS = "http://127.0.0.1:3018"
MESSAGE_BLOCKS, HOME_BLOCKS = 50, 100
VIEWS = ("lessons", "gaps", "report", "status", "experts", "channels", "people")
"""Subcommands of /nightschool."""
REPLY = (
    "insert into replies (source, channel, thread, person, question_ts, messages, text, model,"
    " prompt_tokens, completion_tokens, seconds, created_at, basis, confidence, with_context)"
    " values ('slack', ?, ?, ?, ?, ?, ?, 'base', 40, 60, 1.5, ?, ?, 0.9, 0)"
)


@dataclass(frozen=True)
class View:
    """How long one view takes, in milliseconds, and what Slack gets of it.

    `processor` is the median of what this process worked: on a machine that others share, waiting
    is most of the time.
    """

    name: str
    milliseconds: float
    slowest: float
    processor: float
    blocks: int = 0
    characters: int = 0


@dataclass(frozen=True)
class Growth:
    """Bytes of the database file for one lesson and one answer, with its gap and thumbs."""

    lesson: float
    answer: float
    old_answer: float


def fill(store: Store, lessons: int, answers: int, seed: int = 0) -> None:
    """Fills a store with lessons, answers of a year, thumbs and gaps."""
    teach(store, lessons, seed)
    answer(store, answers, seed)


def teach(store: Store, lessons: int, seed: int) -> None:
    """Adds lessons of many people."""
    rows = texts(lessons, seed)
    for start in range(0, len(rows), BATCH):
        with store.connections.write():
            for number, (prompt, completion) in enumerate(rows[start : start + BATCH]):
                author = f"U{number % PEOPLE:06d}"
                store.examples.add(NewExample(prompt, completion, "teach", author))


def answer(store: Store, answers: int, seed: int) -> None:
    """Adds answers, a thumb on every tenth, and gaps of those that nobody has taught."""
    dice = random.Random(seed + 1)  # noqa: S311  not for secrets
    now = datetime.now(UTC)
    rows = texts(1000, seed + 1)
    for number in range(CHANNELS):
        store.places.learn(f"C{number:06d}", "private" if number % 5 == 0 else "public")
    with store.connections.write() as db:
        for number in range(answers):
            at = now - timedelta(days=365 * (answers - number) / answers)
            person = f"U{dice.randrange(PEOPLE):06d}"
            direct = dice.random() < 0.2
            channel = f"D{person[1:]}" if direct else f"C{dice.randrange(CHANNELS):06d}"
            prompt, completion = rows[dice.randrange(len(rows))]
            messages = json.dumps([{"role": "user", "content": prompt}])
            ts, when = f"{at.timestamp():.6f}", at.isoformat(timespec="milliseconds")
            basis = dice.choice(BASES)
            values = [channel, ts, person, ts, messages, completion, when, basis]
            reply = db.conn.execute(REPLY, values).lastrowid
            db.conn.execute("insert into posts values (?, ?, ?)", [channel, f"{ts}1", reply])
            if number % 10 == 0:
                value = dice.choice([1, 1, 1, -1])
                db.conn.execute(
                    "insert into feedback values (?, ?, ?, ?)", [reply, person, value, when]
                )
            if basis != "taught":
                _gap(store, dice, answers, [reply, prompt, channel, person, when])
        for name in ("replies", "feedback", "lessons"):
            db.conn.execute(
                "insert or replace into gap_progress (name, number, at) values (?, ?, ?)",
                [name, 10**9, now.isoformat()],
            )


def _gap(store: Store, dice: random.Random, answers: int, row: list[Any]) -> None:
    """Adds a question to one of the gaps."""
    db = store.connections.db.conn
    reply, prompt, channel, person, when = row
    gap = 1 + dice.randrange(max(1, answers // (2 * GAP_SHARE)))
    db.execute(
        "insert or ignore into gaps (id, status, created_at, number) values (?, 'open', ?, ?)",
        [gap, when, gap],
    )
    db.execute(
        "insert into gap_questions (reply_id, gap_id, text, key, source, channel, person, asked_at,"
        " untaught, unread, unchecked, vector) values (?, ?, ?, ?, 'slack', ?, ?, ?, 1, 0, 0, ?)",
        [reply, gap, prompt, prompt[:40], channel, person, when, dice.randbytes(1536)],
    )


def measured(name: str, view: Callable[[], list[dict[str, Any]]]) -> View:
    """Measures a view, which returns the blocks that Slack gets."""
    took, worked, blocks = [], [], []
    for _ in range(CALLS):
        started, began = time.perf_counter(), time.process_time()
        blocks = view()
        took.append(1000 * (time.perf_counter() - started))
        worked.append(1000 * (time.process_time() - began))
    size = len(json.dumps(blocks))
    middle = statistics.median
    return View(name, middle(took), max(took), middle(worked), len(blocks), size)


def views(bot: Direct) -> list[View]:
    """Measures App Home and the lists of /nightschool, as an admin sees them."""
    bot.workspace.people[ANNA] = Person(ANNA, "anna", team=TEAM)
    bot.store.people.make(ANNA, "admin", ANNA)
    told = {"type": "app_home_opened", "user": ANNA, "channel": "D0ANNA", "tab": "home"}

    def home() -> list[dict[str, Any]]:
        bot.dispatch(bot.body(told))
        return list(bot.workspace.homes[ANNA]["blocks"])

    def command(words: str) -> Callable[[], list[dict[str, Any]]]:
        return lambda: list(bot.command(words, channel=GENERAL).blocks)

    return [measured("App Home", home), *(measured(words, command(words)) for words in VIEWS)]


def work(bot: Direct) -> list[View]:
    """Measures a round, which comes every few seconds, and what a night reads of ratings."""
    on = datetime.now(UTC).date().isoformat()

    def nothing(task: Callable[[], object]) -> Callable[[], list[dict[str, Any]]]:
        def done() -> list[dict[str, Any]]:
            task()
            return []

        return done

    return [
        measured("a round", nothing(bot.parts.rounds.once)),
        measured("due lessons", nothing(lambda: bot.store.freshness.look(on, REVIEW_DAYS))),
        measured("rated", nothing(lambda: bot.store.ratings.rated(MAX_RATINGS))),
    ]


def page(folder: Path, bot: Direct) -> View:
    """Measures the page's first view."""
    home, registry = Home(folder), Registry(folder / "adapters")
    settings = load_settings(home)
    assistant = Assistant(bot.store, bot.engine, settings, registry)
    nights = NightRunner(home, settings, bot.store, registry)
    app = create_app(home, settings, bot.store, assistant, nights)
    access: PageAccess = app.state.access
    client = TestClient(app, base_url=ADDRESS, cookies={access.cookie: access.token})
    size: list[int] = []

    def first() -> list[dict[str, Any]]:
        answer = client.get("/")
        if answer.status_code != HTTPStatus.OK:
            raise SystemExit(f"the page answers with {answer.status_code}")
        size.append(len(answer.text))
        return []

    view = measured("the page", first)
    return replace(view, characters=size[-1])


def growth(folder: Path) -> Growth:
    """Measures what a lesson and an answer add to the file, and what an old answer leaves there."""
    lessons, answers = 2000, 5000
    store = Store(folder / "growth.db")
    sizes = [_size(store)]
    teach(store, lessons, 0)
    sizes.append(_size(store))
    answer(store, answers, 0)
    sizes.append(_size(store))
    with store.connections.write() as db:
        db.conn.execute("update gap_questions set answered_by = 1")
    Retention(store.connections).forget_older(0, datetime.now(UTC) + timedelta(days=1))
    sizes.append(_size(store))
    store.close()
    return Growth(
        (sizes[1] - sizes[0]) / lessons,
        (sizes[2] - sizes[1]) / answers,
        (sizes[3] - sizes[1]) / answers,
    )


def _size(store: Store) -> int:
    store.connections.compact()
    return store.connections.path.stat().st_size


def main() -> None:
    """Prints a line for each view, or one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lessons", type=int, default=10_000)
    parser.add_argument("--answers", type=int, default=100_000)
    parser.add_argument("--growth", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.growth:
            grown = asdict(growth(folder))
            print(json.dumps(grown) if options.json else grown)
            return
        bot = Direct(folder, load_settings(Home(folder)))
        fill(bot.store, options.lessons, options.answers)
        found = [*views(bot), page(folder, bot), *work(bot)]
        bot.close()
    if options.json:
        print(json.dumps({"views": [asdict(view) for view in found]}))
        return
    for view in found:
        limit = HOME_BLOCKS if view.name == "App Home" else MESSAGE_BLOCKS
        print(
            f"{view.name:12} processor {view.processor:8.1f} ms "
            f"(took {view.milliseconds:.1f}, at most {view.slowest:.1f}), "
            f"{view.blocks} of {limit} blocks, {view.characters} characters"
        )


if __name__ == "__main__":
    main()
