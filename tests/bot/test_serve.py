"""The bot as one process: alone on its home, up as a whole, and down without a trace."""

import gc
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from threading import Semaphore

import httpx
import psutil
import pytest
from filelock import FileLock
from pydantic import SecretStr

from bot.engine.address import read_address
from bot.errors import SettingsError
from bot.home import Home
from bot.nights.auto_rollback import AutoRollback
from bot.nights.runner import NightRunner
from bot.nights.scheduler import Scheduler
from bot.privacy.erasure import TRAINING, Finished
from bot.serve import _finishing_erasures, _pause, serve
from bot.settings import ConsoleSettings, EngineSettings, Settings, SlackSettings
from bot.slack.manifest import manifest
from bot.store import Store
from tests.bot.engine.tiny_model_home import make_home, wait_until
from tests.slack_server import SlackServer

ON_A_FREE_PORT = ConsoleSettings(port=0)
NO_ENGINE = EngineSettings(url="http://127.0.0.1:9")


def stop() -> None:
    """Does what a person or the system does to end the bot."""
    os.kill(os.getpid(), signal.SIGTERM)


def test_a_second_bot_on_a_home_is_refused_in_one_sentence(home: Home, settings: Settings) -> None:
    """It is the same lock that a restore takes."""
    home.prepare()
    with FileLock(home.serving_lock), pytest.raises(SettingsError, match="running on this home"):
        serve(home, settings, with_slack=False)


@pytest.mark.parametrize("missing", ["bot_token", "app_token"])
def test_without_both_tokens_slack_is_refused_and_the_way_out_is_said(
    home: Home, missing: str
) -> None:
    tokens = {"bot_token": "xoxb-1", "app_token": "xapp-1"}
    del tokens[missing]
    settings = Settings.model_validate({"slack": tokens})
    with pytest.raises(SettingsError, match=r"SLACK_BOT_TOKEN .* nightschool demo"):
        serve(home, settings)


def test_the_page_answers_while_it_runs_and_everything_is_free_afterwards(home: Home) -> None:
    settings = Settings(console=ON_A_FREE_PORT, engine=NO_ENGINE)
    handler = signal.getsignal(signal.SIGTERM)
    before = set(threading.enumerate())
    urls = []

    def ready(url: str) -> None:
        urls.append(url)
        page = httpx.get(url, timeout=30.0, trust_env=False, follow_redirects=True)
        assert "Nightschool" in page.text
        with pytest.raises(SettingsError, match="running on this home"):
            serve(home, settings, with_slack=False)
        stop()

    serve(home, settings, with_slack=False, on_ready=ready)
    assert signal.getsignal(signal.SIGTERM) is handler
    with FileLock(home.serving_lock, timeout=0):
        pass
    assert not [file for file in psutil.Process().open_files() if str(home.root) in file.path]
    ours = set(threading.enumerate()) - before
    assert not [one for one in ours if one.name == "APScheduler"]
    with pytest.raises(httpx.ConnectError):
        httpx.get(urls[0], trust_env=False)


def test_a_console_that_is_switched_off_is_not_there(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(console=ConsoleSettings(enabled=False), engine=NO_ENGINE)
    monkeypatch.setattr("bot.serve.Scheduler.start", lambda _: stop())
    serve(home, settings, with_slack=False, on_ready=lambda _: pytest.fail("there is no page"))


def test_a_night_is_stopped_with_the_bot_and_votes_are_looked_at_meanwhile(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(console=ON_A_FREE_PORT, engine=NO_ENGINE)
    guards: list[object] = []
    stopped: list[NightRunner] = []

    def start(scheduler: Scheduler) -> None:
        guards.append(scheduler._guard)

    def end(nights: NightRunner) -> None:
        stopped.append(nights)

    monkeypatch.setattr(Scheduler, "start", start)
    monkeypatch.setattr(NightRunner, "stop", end)
    serve(home, settings, with_slack=False, on_ready=lambda _: stop())
    (guard,) = guards
    assert isinstance(guard, AutoRollback)
    # What it decides is told like the end of a night.
    assert guard._announce == stopped[0].announce
    assert len(stopped) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_slack_is_connected_until_a_signal_ends_the_bot(home: Home, number: signal.Signals) -> None:
    with SlackServer(manifest()) as slack:
        tokens = SlackSettings(
            bot_token=SecretStr(slack.bot_token),
            app_token=SecretStr(slack.app_token),
            api_url=slack.api_url,
        )
        settings = Settings(console=ON_A_FREE_PORT, engine=NO_ENGINE, slack=tokens)

        def ready(_: str) -> None:
            slack.wait_connected()
            os.kill(os.getpid(), number)

        serve(home, settings, on_ready=ready)
        slack.wait_until(lambda: slack.connections == 0, "the bot stayed connected")


def test_the_engine_is_started_and_ends_with_the_bot(tmp_path: Path) -> None:
    tiny = make_home(Home(tmp_path / "tiny"))
    settings = tiny.settings.with_changes(console=ON_A_FREE_PORT)
    engines = []

    def ready(_: str) -> None:
        wait_until(lambda: read_address(tiny.home.engine_file) is not None)
        address = read_address(tiny.home.engine_file)
        assert address is not None
        engines.append(address.pid)
        stop()

    serve(tiny.home, settings, with_slack=False, on_ready=ready)
    assert not psutil.pid_exists(engines[0])
    assert read_address(tiny.home.engine_file) is None
    gc.collect()  # a connection that was left open would be told here


def test_the_bots_process_imports_no_mlx() -> None:
    """It stays light, and no failure of the model can touch it."""
    program = (
        "import sys, bot.serve\n"
        "sys.exit(any(name.split('.')[0].startswith('mlx') for name in sys.modules))\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_an_erasure_that_had_to_wait_is_finished_while_the_bot_runs(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A training that was running then may have written something once more."""
    settings = Settings(console=ON_A_FREE_PORT, engine=NO_ENGINE)
    monkeypatch.setattr("bot.serve.ERASURE_SECONDS", 0.01)
    looked = threading.Event()
    seen: list[tuple[int, bool]] = []

    def look(_: Home, store: Store, *, beside_training: bool = True) -> list[Finished]:
        seen.append((len(store.erasures.open()), beside_training))
        looked.set()
        if seen[-1][0]:
            stop()
        return []

    def ready(_: str) -> None:
        assert looked.wait(10.0)
        with closing(Store(home.database)) as store:
            store.erasures.add([1], [], None, "2026-01-01T00:00:00+00:00")

    monkeypatch.setattr("bot.serve.settle_store", look)
    serve(home, settings, with_slack=False, on_ready=ready)
    # At its start it deletes even beside a training; later it waits until that has ended.
    assert (seen[0], seen[-1]) == ((0, True), (1, False))


def test_a_database_that_is_locked_for_once_does_not_end_the_looks(
    home: Home, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list is read in each of them, and a failure to read it is one of a look."""
    monkeypatch.setattr("bot.serve.ERASURE_SECONDS", 0.01)
    looks = Semaphore(0)

    def locked() -> list[object]:
        looks.release()
        raise sqlite3.OperationalError("database is locked")

    monkeypatch.setattr(store.erasures, "open", locked)
    with _finishing_erasures(home, store):
        assert all(looks.acquire(timeout=10.0) for _ in range(3))


def test_the_end_does_not_wait_for_a_search(
    home: Home, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.serve.STOP_SECONDS", 0.01)
    searching, over = threading.Event(), threading.Event()

    def search(*_: object) -> list[Finished]:
        searching.set()
        over.wait(10.0)
        return []

    monkeypatch.setattr("bot.serve.settle_store", search)
    with _finishing_erasures(home, store):
        assert searching.wait(10.0)
    (thread,) = [one for one in threading.enumerate() if one.name == "erasures"]
    over.set()
    thread.join(10.0)


def test_looks_without_success_become_rare() -> None:
    """A file that nobody can read would have the whole home searched every minute."""
    in_vain = [Finished(1, 0, 0, None, TRAINING)]
    assert _pause(60.0, in_vain) == 120.0
    assert _pause(3000.0, in_vain) == 3600.0
    assert _pause(3600.0, [Finished(1, 0, 0, None)]) == _pause(3600.0, []) == 60.0
