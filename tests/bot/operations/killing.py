"""Kills an erasure or a restore at every step that changes something, one copy of a home each.

`python -m tests.bot.operations.killing forget|restore FOLDER` does it in a process of its own,
which has one thread and may therefore fork; it prints at how many steps it was killed.
"""

import json
import os
import shutil
import sqlite3
import sys
import traceback
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from bot.home import CHECKPOINT, Home
from bot.lessons.curation import Curation
from bot.operations.backup import back_up, restore
from bot.operations.startup import settle, settle_store
from bot.privacy.erasure import forget
from bot.privacy.search import fingerprints
from bot.settings import Settings
from bot.store import Store
from bot.store.people import forgotten_key

KILLED = 9
PERSON = "U0GONE"
WORDS = (b"zanzibar", b"quokka", PERSON.encode())
QUESTION, ANSWER = "Where is zanzibar?", "Beside the quokka, behind the second door on the left."
_FILE_STEPS = ("unlink", "rmdir", "replace", "rename")
_SQL_STEPS = ("BEGIN", "COMMIT", "VACUUM", "PRAGMA WAL_CHECKPOINT")


class Steps:
    """Counts the steps of this process, and ends it at one of them as `kill -9` does."""

    def __init__(self, last: int) -> None:
        self._left = last

    def take(self) -> None:
        """Takes one step."""
        self._left -= 1
        if self._left < 0:
            os._exit(KILLED)

    def arm(self) -> None:
        """Makes every change to a file or a database a step, once before and once after it."""
        for name in _FILE_STEPS:
            setattr(os, name, self._counted(getattr(os, name)))
        steps = self

        class Connection(sqlite3.Connection):
            def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
                if not sql.upper().startswith(_SQL_STEPS):
                    return super().execute(sql, *values)
                steps.take()
                cursor = super().execute(sql, *values)
                steps.take()
                return cursor

        connect = sqlite3.connect
        setattr(sqlite3, "connect", lambda *a, **k: connect(*a, **k, factory=Connection))  # noqa: B010

    def _counted(self, change: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **options: Any) -> Any:
            self.take()
            result = change(*arguments, **options)
            self.take()
            return result

        return counted


def in_a_child(act: Callable[[], None]) -> int:
    """Runs something in a forked process and returns its exit code."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            act()
            code = 0
        except BaseException:  # noqa: BLE001  a fork must never come back
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def kill_everywhere(
    template: Path, act: Callable[[Home], None], check: Callable[[Home], None]
) -> int:
    """Kills `act` at each of its steps on a copy of a home, settles it, and checks what is left.

    Returns:
        At how many steps it was killed until it came to its end.
    """
    steps = 0
    while True:
        home = Home(template.with_name("copy"))
        shutil.rmtree(home.root, ignore_errors=True)
        shutil.copytree(template, home.root)

        def killed(home: Home = home, last: int = steps) -> None:
            Steps(last).arm()
            act(home)

        code = in_a_child(killed)
        if code not in (0, KILLED):
            sys.exit(f"at step {steps} it failed")

        def looked_at(home: Home = home) -> None:
            settle(home)
            check(home)

        if in_a_child(looked_at) != 0:
            sys.exit(f"killed at step {steps}, something is left or lost")
        if code == 0:
            return steps
        steps += 1


def everything(home: Home) -> bytes:
    """All bytes of all files of a home."""
    return b"".join(path.read_bytes() for path in home.root.rglob("*") if path.is_file())


def fill(home: Home) -> None:
    """Fills a home with words of a person in everything that may hold them."""
    home.prepare()
    with closing(Store(home.database)) as store:
        curation = Curation(store, Settings())
        taught = curation.teach(QUESTION, ANSWER, PERSON)
        curation.teach("Who stays?", "I do.", "U0STAYS")
        run = store.runs.start(1)
        store.runs.finish(run.id, "failed", "", seconds=1.0)
    if taught.id is None:
        raise ValueError("the lesson was not taken")
    for folder in (home.exports / "0001", home.sweep / "data"):
        _export(folder, taught.id)
    for name in (CHECKPOINT, ".checkpoint-x.safetensors"):
        _write(home.runs / "0001" / name)
    _write(home.exports / ".0002.999999999.partial" / "train.jsonl")
    _write(home.adapters / ".staging-1" / "notes.json")
    _write(home.paraphrases / "wordings.jsonl")
    _write(home.evaluations / "999999999" / "train.jsonl")
    _write(home.incoming)
    _write(home.data / "nightschool.before-restore-20260101T000000Z.db")


def _export(folder: Path, example: int) -> None:
    folder.mkdir(parents=True)
    row = {"prompt": QUESTION, "completion": ANSWER}
    (folder / "train.jsonl").write_text(json.dumps(row), encoding="utf-8")
    manifest = {"train": [example], "held_out": [], "preferences": [], "left_out": []}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def _write(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{QUESTION} {ANSWER} {PERSON}", encoding="utf-8")


def erase(home: Home) -> None:
    """The erasure that is killed."""
    with closing(Store(home.database)) as store:
        forget(home, store, PERSON)


def check_erased(home: Home) -> None:
    """After a start either all of the person is there or nothing of them is, in any byte."""
    with closing(Store(home.database)) as store:
        settle_store(home, store)
        erased = store.handled_events.claimed(forgotten_key(PERSON))
        assert store.erasures.open() == []
        assert "I do." in [one.completion for one in store.examples.approved()]
    left = [word for word in WORDS if word in everything(home)]
    assert left == ([] if erased else list(WORDS)), left


def questions(home: Home) -> list[str]:
    """The approved questions of a home, whose database must be whole."""
    with closing(Store(home.database)) as store:
        (whole,) = store.connections.db.conn.execute("pragma integrity_check").fetchone()
        assert whole == "ok"
        return [one.prompt for one in store.examples.approved()]


def check_restored(home: Home) -> None:
    """After a start it is the old school or the new one, and nothing lies beside it."""
    now = questions(home)
    assert now in (["old one", "old two"], ["new"]), now
    assert not home.restore_marker.exists()
    assert not list(home.data.glob(f"{home.incoming.name}*"))
    kept = [file for file in home.before_restore if file.suffix == ".db"]
    assert len(kept) == (now == ["new"])


def main() -> None:
    """Does what the command line says."""
    what, folder = sys.argv[1], Path(sys.argv[2])
    template = folder / "template"
    home = Home(template)
    if what == "forget":
        fill(home)
        fingerprints([ANSWER])  # reads the program's own words once for all children
        sys.stdout.write(str(kill_everywhere(template, erase, check_erased)))
        return
    backup = folder / "backup.db"
    other = Home(folder / "other")
    for some, prompts in ((other, ["new"]), (home, ["old one", "old two"])):
        some.prepare()
        with closing(Store(some.database)) as store:
            for prompt in prompts:
                Curation(store, Settings()).teach(prompt, prompt, "U1")
    back_up(other, backup)

    def bring_back(home: Home) -> None:
        restore(home, backup)

    sys.stdout.write(str(kill_everywhere(template, bring_back, check_restored)))


if __name__ == "__main__":
    main()
