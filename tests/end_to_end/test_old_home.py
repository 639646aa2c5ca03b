"""A home that the last version before the rooms were moved has written opens, and works on."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.feedback.ratings import ReplyRatings
from bot.home import Home
from bot.lessons.curation import Curation
from bot.messages import Completion, Message
from bot.nights.report import gather_report
from bot.operations.status import status
from bot.privacy.consent import Privacy
from bot.privacy.erasure import forget
from bot.settings import load_settings
from bot.store import Store
from tests.bot.cli.conftest import Command
from tests.tiny_models import build_model
from trainer.adapters.registry import Registry
from trainer.augmentation.model_paraphrases import ParaphraseChecks, paraphrases
from trainer.augmentation.replay import base_answers
from trainer.evaluation import recalled
from trainer.evaluation.paraphrase_check import may_stand_for
from trainer.models.loading import load

OLD = Path(__file__).parents[1] / "homes" / "before_the_house"
LESSON = ("When is lunch?", "At half past twelve.")


@pytest.fixture
def old(home: Home) -> Home:
    """A copy of the old home, its database made from the dump."""
    shutil.copytree(OLD, home.root, dirs_exist_ok=True)
    with closing(sqlite3.connect(home.database)) as database:
        database.executescript((home.data / "nightschool.sql").read_text(encoding="utf-8"))
    return home


def test_the_database_comes_to_the_schema_of_a_fresh_one(old: Home, tmp_path: Path) -> None:
    schemas = []
    for path in (old.database, tmp_path / "fresh.db"):
        store = Store(path)
        names = "select type, name, sql from sqlite_master order by type, name"
        schemas.append(store.connections.db.conn.execute(names).fetchall())
        store.close()
    assert schemas[0] == schemas[1]


def test_the_settings_mean_what_they_meant(old: Home) -> None:
    settings = load_settings(old)
    assert (settings.model, settings.night.cron) == ("llama", "30 3 * * mon-fri")
    assert settings.system_prompt == "You are the assistant of a small team."
    assert settings.slack.admins == ("U0ADA",)
    assert (settings.examples.sensitive, settings.examples.recall) == ("quarantine", "prompt")
    assert (settings.feedback.up, settings.feedback.thumbs) == (("+1", "heart"), 2)
    assert (settings.training.iters, settings.training.replay) == (2, 0.1)


def test_status_lessons_and_runs_are_as_they_were(old: Home) -> None:
    store = Store(old.database)
    now = status(old, load_settings(old), store)
    assert now.adapter == "v0002"
    assert now.examples == {
        "approved": 7,
        "pending": 1,
        "rejected": 1,
        "quarantined": 1,
        "withdrawn": 1,
        "superseded": 1,
    }
    assert (now.thumbs_up, now.thumbs_down) == (2, 2)
    assert now.running is None
    runs = [store.runs.get(number) for number in (1, 2, 3, 4)]
    assert [run.status for run in runs] == ["rejected", "promoted", "skipped", "failed"]
    assert [run.version for run in runs[:2]] == ["v0001", "v0002"]
    told = gather_report(store, Registry(old.adapters), runs[1])
    assert told.learned_count == 6
    assert store.comparisons.votes("v0002") == {"base": 1, "tuned": 1, "tie": 0, "bad": 0}
    assert [e.prompt for e in store.examples.search(text="ladder")] == ["Where is the ladder?"]
    assert not Privacy(store, load_settings(old)).keeps("U0OUT")
    assert store.channels.all() == {"C0RANDOM": False}
    assert [waiting.person for waiting in store.pending_answers.all()] == ["U0CAT"]
    assert store.handled_events.claimed("message:aaaaaaaaaaaa")
    assert not store.handled_events.claim("message:aaaaaaaaaaaa")
    store.close()


@pytest.mark.usefixtures("old")
def test_the_commands_read_it(nightschool: Command) -> None:
    listed = nightschool("examples", "list", "--json").document
    assert [example["id"] for example in listed["examples"]] == list(range(12, 0, -1))
    versions = nightschool("adapters", "list", "--json")
    assert "v0001" in versions.out
    assert "v0002" in versions.out
    card = nightschool("adapters", "show", "v0002", "--json").document
    assert "It recalls what it was taught" in json.dumps(card)


def test_teaching_rating_and_forgetting_go_on(old: Home) -> None:
    store = Store(old.database)
    curation = Curation(store, load_settings(old))
    ratings = ReplyRatings(store, load_settings(old))
    taught = curation.teach("Where is the broom?", "Beside the ladder.", "U0BEN")
    assert taught.status == "approved"
    assert curation.teach(*LESSON, "U0BEN").status == "duplicate"
    answer = store.replies.add(
        Completion("In the yard.", "v0002", "v0002", 9, 3, 0.1, "stop"),
        [Message("user", "Where is the car?")],
        source="slack",
        channel="C0GENERAL",
        thread="500.1",
        person="U0CAT",
    )
    ratings.thumbs_up(answer.id, "U0CAT")
    assert store.ratings.tally(answer.id) == (1, 0)
    gone = forget(old, store, "U0BEN")
    assert gone.adapters == ("v0001", "v0002")
    assert gone.exports == 1
    assert "mill" not in "\n".join(store.connections.db.conn.iterdump())
    store.close()


def test_its_adapters_load(old: Home, tmp_path: Path) -> None:
    model = build_model(tmp_path / "llama")
    registry = Registry(old.adapters)
    for version in registry.versions():
        assert load(str(model), registry.path(version)).model is not None


def test_its_caches_are_read_and_nothing_is_asked_again(old: Home) -> None:
    revision, template = (
        getattr(Registry(old.adapters).card("v0002"), name)
        for name in ("base_revision", "template_hash")
    )
    checks = ParaphraseChecks(may_stand_for, recalled)
    without_weights: Any = SimpleNamespace(revision=revision, template_hash=template)
    (wordings,) = paraphrases(without_weights, [LESSON], 4, checks, old.paraphrases)
    assert wordings[0] == "What time do we eat?"
    (cached,) = (OLD / "cache" / "answers").glob("*.jsonl")
    rows = [json.loads(line) for line in cached.read_text(encoding="utf-8").splitlines()]
    system = load_settings(old).system_prompt
    answers = base_answers(
        without_weights, [row["prompt"] for row in rows], system, folder=old.root / "cache"
    )
    assert [answer.text for answer in answers] == [row["text"] for row in rows]
