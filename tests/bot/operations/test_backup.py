"""A copy while the bot writes, and the way back."""

import sqlite3
from pathlib import Path

import pytest
from filelock import FileLock

from bot.errors import NightschoolError
from bot.home import Home
from bot.lessons.curation import Curation
from bot.operations.backup import back_up, restore
from bot.store import Store


def questions(path: Path) -> list[str]:
    store = Store(path)
    try:
        return [example.prompt for example in store.examples.approved()]
    finally:
        store.close()


def test_a_backup_has_what_was_taught_and_restoring_brings_it_back(
    home: Home, store: Store, curation: Curation, tmp_path: Path
) -> None:
    curation.teach("one", "1", "U1")
    copy = tmp_path / "backups" / "monday.db"
    assert back_up(home, copy) > 0
    curation.teach("two", "2", "U1")
    store.close()
    assert questions(copy) == ["one"]
    former = restore(home, copy)
    assert questions(home.database) == ["one"]
    assert former is not None
    assert questions(former) == ["one", "two"]


def test_a_backup_overwrites_nothing(home: Home, store: Store, tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_text("precious")
    with pytest.raises(NightschoolError, match="exists"):
        back_up(home, target)
    assert target.read_text() == "precious"
    assert store.examples.counts()["approved"] == 0


def test_a_file_that_is_no_backup_is_refused_and_the_database_stays(
    home: Home, store: Store, curation: Curation, tmp_path: Path
) -> None:
    curation.teach("one", "1", "U1")
    store.close()
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"no database" * 1000)
    with pytest.raises(NightschoolError):
        restore(home, broken)
    assert questions(home.database) == ["one"]


def test_an_empty_file_or_the_database_of_something_else_is_refused(
    home: Home, store: Store, curation: Curation, tmp_path: Path
) -> None:
    curation.teach("one", "1", "U1")
    store.close()
    empty, foreign = tmp_path / "empty.db", tmp_path / "foreign.db"
    empty.touch()
    connection = sqlite3.connect(foreign)
    connection.execute("create table examples (id)")
    connection.commit()
    connection.close()
    for file in (empty, foreign):
        with pytest.raises(NightschoolError, match="not a backup of Nightschool"):
            restore(home, file)
    assert questions(home.database) == ["one"]
    assert home.before_restore == []


def test_a_damaged_backup_is_refused(
    home: Home, store: Store, curation: Curation, tmp_path: Path
) -> None:
    for number in range(200):
        curation.teach(f"question {number}", "answer " * 50, "U1")
    copy = tmp_path / "copy.db"
    back_up(home, copy)
    store.close()
    content = bytearray(copy.read_bytes())
    content[len(content) // 2 :] = b"\xff" * (len(content) - len(content) // 2)
    copy.write_bytes(content)
    with pytest.raises(NightschoolError, match=r"damaged|not a backup"):
        restore(home, copy)
    assert len(questions(home.database)) == 200


def test_restoring_again_keeps_what_the_first_restore_set_aside(
    home: Home, store: Store, curation: Curation, tmp_path: Path
) -> None:
    copy = tmp_path / "empty-school.db"
    back_up(home, copy)
    curation.teach("one", "1", "U1")
    store.close()
    former = [restore(home, copy) for _ in range(3)]
    assert len(set(former)) == 3
    assert former[0] is not None
    assert questions(former[0]) == ["one"]


@pytest.mark.parametrize("who", ["bot", "night"])
def test_nothing_is_restored_under_a_running_bot_or_night(
    home: Home, store: Store, tmp_path: Path, who: str
) -> None:
    copy = tmp_path / "copy.db"
    back_up(home, copy)
    store.close()
    lock = home.serving_lock if who == "bot" else home.night_lock
    with (
        FileLock(lock),
        pytest.raises(NightschoolError, match=f"A {who} is running on this home"),
    ):
        restore(home, copy)
    assert home.before_restore == []
    assert restore(home, copy) is not None
