"""The bot as it is deployed, in a temporary home: lessons taught, an adapter in use, one engine."""

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.sets import QuestionSet
from bot.answers.assistant import Assistant
from bot.answers.indexing import LessonIndexer
from bot.engine.client import EngineClient
from bot.engine.supervisor import connect
from bot.home import Home
from bot.lessons.curation import Curation
from bot.lessons.importing import import_rows
from bot.settings import Settings, load_settings
from bot.store import Store
from trainer.adapters.registry import CONFIG, WEIGHTS, AdapterCard, Registry, write_card
from trainer.results.mastery import Mastery

AUTHOR = "bench"


@dataclass(frozen=True)
class Options:
    """How the bot is set up."""

    model: str = "starter"
    embedder: str = "bundled"
    untaught: str = "decline"
    max_tokens: int = 96
    """Of an answer."""


@dataclass(frozen=True)
class Bot:
    """A bot that has been taught a set; what was not stored is said on standard error."""

    settings: Settings
    store: Store
    engine: EngineClient
    assistant: Assistant
    card: AdapterCard | None
    """Of the version in use; None where the base model answers."""


@contextmanager
def deployed(asked: QuestionSet, options: Options, adapter: Path | None) -> Iterator[Bot]:
    """Yields a bot that has been taught the lessons of a set, all of them indexed.

    Args:
        asked: its lessons are imported from a file, as an admin would.
        options: how it is set up.
        adapter: a folder of weights that is installed as the current version; its card says which
            lessons it masters. None leaves the base model alone.
    """
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        home.prepare()
        home.config.write_text(
            f"model = {json.dumps(options.model)}\n"
            f"[engine]\nmax_tokens = {options.max_tokens}\n"
            f"[answers]\nembedder = {json.dumps(options.embedder)}\n"
            f"untaught = {json.dumps(options.untaught)}\n",
            encoding="utf-8",
        )
        settings = load_settings(home)
        store = Store(home.database)
        try:
            _teach(asked, store, settings, home.root / "lessons.jsonl")
            registry = Registry(home.adapters)
            card = None
            if adapter is not None:
                card = _install(asked, store, registry, options.model, adapter)
            with connect(home, settings) as engine:
                if options.embedder:
                    LessonIndexer(store, engine).catch_up(_progress)
                assistant = Assistant(store, engine, settings, registry)
                yield Bot(settings, store, engine, assistant, card)
        finally:
            store.close()


def _teach(asked: QuestionSet, store: Store, settings: Settings, file: Path) -> None:
    rows = [{"prompt": one.prompt, "completion": one.completion} for one in asked.lessons]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    imported = import_rows(store, Curation(store, settings), file, AUTHOR)
    if imported.added - imported.replaced != len(rows):
        print(f"of {len(rows)} lessons: {imported}", file=sys.stderr)


def _install(
    asked: QuestionSet, store: Store, registry: Registry, model: str, adapter: Path
) -> AdapterCard:
    """Makes an adapter the current version, as a night does; its lessons are looked at anew."""
    from bench.weights import look  # noqa: PLC0415  imports mlx, which only this needs

    known = look(asked, model, adapter)
    ids = {(one.prompt, one.completion): one.id for one in store.examples.approved()}
    numbers = [ids.get((one.prompt, one.completion)) for one in asked.lessons]
    version = registry.new_version()
    card = AdapterCard(
        version,
        model,
        base_revision=known.base.revision,
        template_hash=known.base.template_hash,
        example_ids=tuple(number for number in numbers if number is not None),
        mastery=Mastery.of(known.mastered, numbers),
        verdict="promoted",
    )
    staging = registry.root / ".bench"
    staging.mkdir(parents=True)
    for name in (WEIGHTS, CONFIG):
        shutil.copy(adapter / name, staging)
    write_card(staging, card)
    registry.add(staging, version)
    registry.promote(version)
    return card


def _progress(done: int, of: int) -> None:
    if done == of or done % 200 == 0:
        print(f"{done} of {of} lessons indexed", file=sys.stderr, flush=True)
