"""`nightschool serve`: Slack, the scheduler and the console in one process, without mlx.

This process starts and supervises the engine; a night starts the trainer.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import structlog
from filelock import FileLock, Timeout

from bot.answers.assistant import Assistant
from bot.answers.indexing import LessonIndexer
from bot.console.server import Console
from bot.engine.supervisor import EngineSupervisor, external_client
from bot.errors import SettingsError
from bot.feedback.gaps.finder import GapFinder
from bot.home import Home
from bot.nights.auto_rollback import AutoRollback
from bot.nights.runner import NightRunner
from bot.nights.scheduler import Scheduler
from bot.operations.startup import settle, settle_store
from bot.privacy.erasure import Finished
from bot.settings import Settings
from bot.slack.service import SlackService
from bot.store import Store
from trainer.adapters.registry import Registry

STOP_SECONDS = 5.0
"""Seconds that a thread is given to stop."""
ERASURE_SECONDS = 60.0
"""Seconds between two looks at erasures that are not finished."""
MOST_ERASURE_SECONDS = 3600.0
"""The same at most, where looks had no success: each searches the whole home."""
log = structlog.get_logger(__name__)


def serve(
    home: Home,
    settings: Settings,
    *,
    with_slack: bool = True,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Runs the bot until SIGINT or SIGTERM.

    Args:
        home: the folder with the database, the adapters and the settings.
        settings: validated settings.
        with_slack: whether to connect to Slack; the demo does not.
        on_ready: called with the address that opens the console once everything runs, if it is
            enabled; the address holds a token and belongs in no log.

    Raises:
        SettingsError: tokens are missing or refused, a port is taken, or another bot is running on
            this home.
    """
    slack = settings.slack
    if with_slack and not (slack.bot_token and slack.app_token):
        raise SettingsError(
            "Slack needs two tokens: set SLACK_BOT_TOKEN (xoxb-...) and SLACK_APP_TOKEN "
            "(xapp-...); docs/slack.md shows where they come from. Without Slack: nightschool demo."
        )
    home.prepare()
    stopped = threading.Event()
    with ExitStack() as stack:
        stack.enter_context(_stop_signals(stopped))
        stack.enter_context(_only_bot(home))
        settle(home)
        store = Store(home.database)
        stack.callback(store.close)
        registry = Registry(home.adapters)
        nights = NightRunner(home, settings, store, registry)
        supervisor = None
        if settings.engine.url:
            engine = external_client(home, settings, settings.engine.url)
        else:
            supervisor = EngineSupervisor(home, settings)
            engine = supervisor.client()
        stack.callback(engine.close)
        assistant = Assistant(store, engine, settings, registry)
        console = None
        if settings.console.enabled:
            console = Console(home, settings, store, assistant, nights)
            stack.callback(console.stop)
        if supervisor:
            supervisor.start()
            stack.callback(supervisor.stop)
        if console:
            console.start()
            log.info("the console is ready", url=console.url)
        stack.enter_context(_indexing(LessonIndexer(store, engine)))
        stack.enter_context(
            _looking_for_gaps(GapFinder(store, engine, settings, assistant.retrieval))
        )
        if with_slack:
            service = SlackService(home, settings, store, assistant, nights)
            service.start()
            stack.callback(service.stop)
            log.info("connected to Slack")
        auto_rollback = AutoRollback(store, registry, nights.announce)
        scheduler = Scheduler(home, settings, store, nights, auto_rollback)
        scheduler.start()
        stack.enter_context(_finishing_erasures(home, store))
        stack.callback(nights.stop)
        stack.callback(scheduler.stop)
        if on_ready and console:
            on_ready(console.address)
        stopped.wait()
        log.info("stopping")


@contextmanager
def _indexing(indexer: LessonIndexer) -> Iterator[None]:
    """Keeps the vectors of the lessons up to date inside the block."""
    stopped = threading.Event()
    thread = threading.Thread(target=indexer.run, args=(stopped,), name="index", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        # It may wait for an engine that is away; what it did so far is stored.
        thread.join(STOP_SECONDS)


@contextmanager
def _looking_for_gaps(finder: GapFinder) -> Iterator[None]:
    """Looks inside the block for questions that nobody has taught an answer to."""
    stopped = threading.Event()
    thread = threading.Thread(target=finder.run, args=(stopped,), name="gaps", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        # It may wait for an engine that is away; what it did so far is stored.
        thread.join(STOP_SECONDS)


@contextmanager
def _finishing_erasures(home: Home, store: Store) -> Iterator[None]:
    """Finishes inside the block what erasures had to put off, such as until a night's end."""
    stopped = threading.Event()

    def look() -> None:
        wait = ERASURE_SECONDS
        settle_store(home, store)
        while not stopped.wait(wait):
            wait = _pause(wait, settle_store(home, store, beside_training=False))

    thread = threading.Thread(target=look, name="erasures", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        # A search reads the whole home; what it did not come to is done by the next start.
        thread.join(STOP_SECONDS)


def _pause(last: float, done: list[Finished]) -> float:
    """Returns the seconds until the next look at erasures, after one that has `done` something."""
    in_vain = any(one.later for one in done)
    return min(2 * last, MOST_ERASURE_SECONDS) if in_vain else ERASURE_SECONDS


@contextmanager
def _only_bot(home: Home) -> Iterator[None]:
    """Keeps other bots off this home inside the block, and restores of a backup too.

    Raises:
        SettingsError: another bot, or a restore, is at work.
    """
    try:
        lock = FileLock(home.serving_lock).acquire(timeout=0)
    except Timeout as error:
        raise SettingsError("A bot is running on this home already: stop it first.") from error
    with lock:
        yield


@contextmanager
def _stop_signals(stopped: threading.Event) -> Iterator[None]:
    """Lets SIGINT and SIGTERM set `stopped` inside the block; the old handlers return after it."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda *_: stopped.set()) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
