"""Every start finishes what a kill has cut off."""

import json
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from filelock import FileLock

from bot.home import Home
from bot.lessons.curation import Curation
from bot.operations.startup import settle, settle_store
from bot.privacy.erasure import forget
from bot.privacy.search import Searched
from bot.settings import Settings
from bot.store import Store
from tests.bot.operations.killing import WORDS, everything, fill

STEPS_AT_LEAST = {"forget": 40, "restore": 10}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("what", ["forget", "restore"])
def test_a_kill_at_any_step_is_mended_by_the_next_start(what: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.bot.operations.killing", what, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= STEPS_AT_LEAST[what]


KILLED_AT_THE_FIRST_FILE = """
import os, signal, sys
from pathlib import Path
from bot.home import Home
from bot.privacy.erasure import forget
from bot.store import Store
home = Home(Path(sys.argv[1]))
store = Store(home.database)
os.rmdir = os.unlink = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
forget(home, store, "U0GONE")
"""


def test_a_real_kill_between_the_database_and_the_files_leaves_no_word(home: Home) -> None:
    fill(home)
    command = [sys.executable, "-c", KILLED_AT_THE_FIRST_FILE, str(home.root)]
    killed = subprocess.run(command, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert b"zanzibar" in everything(home)
    settle(home)
    with closing(Store(home.database)) as store:
        settle_store(home, store)
        assert store.erasures.open() == []
    assert [word for word in WORDS if word in everything(home)] == []


def test_during_a_night_a_start_deletes_files_and_does_not_search(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each command of a night would rewrite the database and read the whole home otherwise."""
    fill(home)
    wordings = home.paraphrases / "wordings.jsonl"
    searches: list[Home] = []

    def searched(home: Home, *_: object) -> Searched:
        searches.append(home)
        return Searched(0, 0, 0, 0)

    with closing(Store(home.database)) as store:
        with FileLock(home.night_lock):
            forget(home, store, "U0GONE")
            wordings.parent.mkdir(exist_ok=True)
            wordings.write_text("zanzibar")
            monkeypatch.setattr("bot.privacy.erasure.search", searched)
            monkeypatch.setattr(store.connections, "compact", pytest.fail)
            settle_store(home, store, beside_training=False)
            assert wordings.exists()
            settle_store(home, store)
            assert not wordings.exists()
            assert len(store.erasures.open()) == 1
        monkeypatch.setattr(store.connections, "compact", lambda: None)
        (finished,) = settle_store(home, store)
        assert finished.searched == Searched(0, 0, 0, 0)
        assert store.erasures.open() == []
    assert searches == [home]


def test_a_start_waits_for_no_erasure_that_is_at_work(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(home)
    with closing(Store(home.database)) as store:
        store.erasures.add([1], [], None, "2026-01-01T00:00:00+00:00")
        waited: list[float] = []
        acquire = FileLock.acquire

        def noted(lock: FileLock, timeout: float | None = None) -> object:
            waited.append(timeout or 0.0)
            return acquire(lock, timeout=0)

        monkeypatch.setattr(FileLock, "acquire", noted)
        with FileLock(home.restore_lock):
            settle_store(home, store)
        assert max(waited) == 0.0
        assert len(store.erasures.open()) == 1


def test_a_restore_that_an_earlier_version_left_half_done_brings_the_school_back(
    home: Home,
) -> None:
    """It had no marker: the database was set aside, and nothing had taken its name yet."""
    fill(home)
    set_aside = home.data / "nightschool.before-restore-20260102T000000Z.db"
    home.incoming.rename(home.data / ".nightschool.db.incoming")
    home.database.rename(set_aside)
    settle(home)
    assert not set_aside.exists()
    with closing(Store(home.database)) as store:
        assert len(store.examples.approved()) == 2
        assert forget(home, store, "U0GONE").examples == 1
        assert [one.prompt for one in store.examples.approved()] == ["Who stays?"]


def test_a_database_that_was_made_in_between_is_set_aside_and_not_lost(home: Home) -> None:
    """Of a killed restore only the last move is left, and somebody opened the store before."""
    home.prepare()
    with closing(Store(home.database)) as store:
        Curation(store, Settings()).teach("old", "old", "U1")
    former = home.data / "nightschool.before-restore-20260102T000000Z.db"
    home.database.rename(former)
    for file, prompt in ((home.database, "between"), (home.incoming, "new")):
        with closing(Store(file)) as store:
            Curation(store, Settings()).teach(prompt, prompt, "U1")
    home.restore_marker.write_text(json.dumps({"former": former.name}))
    settle(home)
    prompts = []
    for file in (home.database, *home.before_restore):
        with closing(Store(file)) as store:
            prompts += [one.prompt for one in store.examples.approved()]
    assert sorted(prompts) == ["between", "new", "old"]
    assert not home.restore_marker.exists()


def test_a_marker_cannot_lead_out_of_the_home(home: Home) -> None:
    home.prepare()
    for file in (home.database, home.incoming):
        Store(file).close()
    home.restore_marker.write_text(json.dumps({"former": "../../elsewhere.db"}))
    settle(home)
    assert not (home.root.parent / "elsewhere.db").exists()
    assert len(home.before_restore) == 1
