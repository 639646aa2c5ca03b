"""A run lives as long as the lock of its night is held, whatever process has its number."""

import os
import threading
from pathlib import Path

import pytest
from filelock import FileLock

from bot.errors import NightschoolError
from bot.home import Home
from bot.nights import night_lock
from bot.nights.night_lock import NightLock, living_run, mark_crashed_runs
from bot.operations.status import sentences, status
from bot.settings import Settings
from bot.store import Store


@pytest.mark.parametrize(
    "pid", [os.getpid(), os.getppid(), 1, 2**22 - 1], ids=["this", "parent", "first", "none"]
)
def test_a_run_without_its_lock_has_crashed_though_a_process_has_its_id(
    home: Home, store: Store, pid: int
) -> None:
    run = store.runs.start(pid)
    mark_crashed_runs(home, store)
    closed = store.runs.get(run.id)
    assert (closed.status, closed.phase) == ("failed", "done")
    assert "cut off" in (closed.reason or "")


def test_the_status_shows_no_run_that_has_crashed(
    home: Home, store: Store, settings: Settings
) -> None:
    run = store.runs.start(os.getpid())
    now = status(home, settings, store)
    assert now.running is None
    assert now.last_run is not None
    assert (now.last_run.id, now.last_run.status) == (run.id, "failed")
    assert "at school" not in " ".join(sentences(now))


def test_a_run_whose_lock_is_held_lives_whoever_asks(
    home: Home, store: Store, settings: Settings
) -> None:
    lock = NightLock(home, store)
    lock.take()
    run = store.runs.start(2**22 - 1)
    assert living_run(home, store) == run
    now = status(home, settings, store)
    assert now.running == run
    assert any("at school right now" in line for line in sentences(now))
    lock.release()
    assert living_run(home, store) is None


def test_whoever_takes_the_lock_finds_the_folders_to_write_into(
    store: Store, tmp_path: Path
) -> None:
    new = Home(tmp_path / "new")
    lock = NightLock(new, store)
    lock.take()
    assert all(folder.is_dir() for folder in (new.exports, new.runs, new.adapters))
    lock.release()


def test_whoever_takes_the_lock_closes_what_crashed_before(home: Home, store: Store) -> None:
    """Or a training by other means would make an old run look alive."""
    crashed = store.runs.start(os.getpid())
    lock = NightLock(home, store)
    lock.take()
    assert store.runs.get(crashed.id).status == "failed"
    lock.release()


def test_the_lock_is_not_given_twice_not_even_to_its_holder(
    home: Home, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(night_lock, "LOOK_LIMIT", 0.0)
    lock = NightLock(home, store)
    lock.take()
    for other in (lock, NightLock(home, store)):
        with pytest.raises(NightschoolError, match="already running"):
            other.take()
    lock.release()
    lock.take()
    lock.release()


def test_another_thread_may_release_it(home: Home, store: Store) -> None:
    lock = NightLock(home, store)
    lock.take()
    releasing = threading.Thread(target=lock.release)
    releasing.start()
    releasing.join()
    NightLock(home, store).take()


def test_a_store_that_fails_does_not_keep_the_lock(
    home: Home, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise NightschoolError("the disk is full")

    store.runs.start(1)
    with monkeypatch.context() as patched:
        patched.setattr(store.runs, "finish", full)
        with pytest.raises(NightschoolError, match="full"):
            NightLock(home, store).take()
    NightLock(home, store).take()


def test_a_night_waits_for_somebody_who_only_looks_whether_the_lock_is_free(
    home: Home, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(night_lock, "LOOK_LIMIT", 60.0)
    looking = FileLock(home.night_lock, thread_local=False)
    looking.acquire()
    releasing = threading.Timer(0.05, looking.release)
    releasing.start()
    lock = NightLock(home, store)
    lock.take()
    releasing.join()
    lock.release()
