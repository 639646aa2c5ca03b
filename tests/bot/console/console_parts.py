"""What the console calls, in a temporary folder; all of it is real but the model."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from starlette.applications import Starlette

from bot.answers.assistant import Assistant
from bot.console import Console, create_app
from bot.engine.client import EngineClient
from bot.feedback.message_changes import MessageChanges
from bot.home import Home
from bot.lessons.curation import Curation
from bot.nights.night_lock import NightLock
from bot.nights.runner import NightRunner
from bot.settings import Settings, load_settings
from bot.store import Run, Store
from tests.bot.scripted_engine import ScriptedEngine, serve
from trainer.adapters.registry import CONFIG, WEIGHTS, AdapterCard, Registry, write_card
from trainer.results.deployed import DeployedMarks, DeployedScores
from trainer.results.evaluation import Evaluation, ExamScores
from trainer.results.mastery import Mastery


@dataclass(frozen=True)
class ConsoleParts:
    """What a console is made of, and the scripted engine behind it."""

    home: Home
    settings: Settings
    store: Store
    registry: Registry
    engine: ScriptedEngine
    assistant: Assistant
    nights: NightRunner
    night_lock: NightLock

    @cached_property
    def curation(self) -> Curation:
        """What looks after its lessons."""
        return Curation(self.store, self.settings)

    @cached_property
    def message_changes(self) -> MessageChanges:
        """What takes edits and deletions of messages."""
        return MessageChanges(self.store, self.curation)

    def app(self) -> Starlette:
        """The console as an application."""
        return create_app(self.home, self.settings, self.store, self.assistant, self.nights)

    def console(self) -> Console:
        """The console with its port, not yet started."""
        return Console(self.home, self.settings, self.store, self.assistant, self.nights)

    def begin_night(self) -> Run:
        """A night as another process would begin it; see `finish_night`."""
        self.night_lock.take()
        return self.store.runs.start(pid=1)

    def finish_night(self, run: Run, *, mastered: bool = True) -> str:
        """Ends it as the night's process would: an adapter that knows all lessons, promoted."""
        self.night_lock.release()
        version = self.registry.new_version()
        lessons = self.store.examples.approved()
        self.engine.knows = {lesson.prompt: lesson.completion for lesson in lessons}
        staging = self.home.adapters / ".staging"
        staging.mkdir(parents=True)
        for name in (WEIGHTS, CONFIG):
            (staging / name).write_bytes(b"{}")
        ids = tuple(lesson.id for lesson in lessons)
        known = ids if mastered else ids[1:]
        mastery = Mastery(len(ids), len(known), known, missing=ids[: len(ids) - len(known)])
        write_card(staging, AdapterCard(version, "starter", example_ids=ids, mastery=mastery))
        self.registry.add(staging, version)
        self.registry.promote(version)
        total = len(lessons)
        self.store.runs.finish(
            run.id,
            "promoted",
            f"It recalls {total} of {total} lessons and forgot nothing.",
            seconds=75.0,
            version=version,
            examples=total,
            evaluation=Evaluation(
                base=ExamScores(asked=total, canaries_asked=10, canaries_right=7),
                candidate=ExamScores(
                    asked=total, recalled=total, canaries_asked=10, canaries_right=6, kl=0.05
                ),
                deployed=DeployedScores(DeployedMarks(total), DeployedMarks(total)),
                deployed_current=DeployedScores(DeployedMarks(total), DeployedMarks(0, total)),
            ),
        )
        return version


@contextmanager
def console_parts(root: Path) -> Iterator[ConsoleParts]:
    """Opens the parts; their console takes a free port."""
    home = Home(root)
    home.prepare()
    home.config.write_text("[console]\nport = 0\n", encoding="utf-8")
    settings = load_settings(home)
    registry = Registry(home.adapters)
    store = Store(home.database)
    with serve(ScriptedEngine(registry.current)) as engine:
        client = EngineClient(engine.url, None)
        nights = NightRunner(home, settings, store, registry)
        try:
            yield ConsoleParts(
                home,
                settings,
                store,
                registry,
                engine,
                Assistant(store, client, settings, registry),
                nights,
                NightLock(home, store),
            )
        finally:
            nights.stop()
            client.close()
            store.close()
