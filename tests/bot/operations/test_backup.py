"""A copy while the bot writes, and the way back."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from filelock import FileLock
from sqlite_utils import Database, Migrations

from bot.errors import NightschoolError
from bot.home import Home
from bot.lessons.curation import Curation
from bot.operations.backup import back_up, restore
from bot.store import Store
from bot.store.database.migrations import migrations

PAGE = 4096
"""Bytes of a page of the database, SQLite's default."""


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


def test_a_restore_finishes_an_erasure_that_was_cut_off(
    home: Home, store: Store, curation: Curation, tmp_path: Path
) -> None:
    """The list would leave with the database that is set aside."""
    home.prepare()
    curation.teach("one", "1", "U1")
    back_up(home, tmp_path / "monday.db")
    store.erasures.add([1], [], None, "2026-01-01T00:00:00+00:00")
    store.close()
    former = restore(home, tmp_path / "monday.db")
    assert former is not None
    with closing(Store(former)) as set_aside:
        assert set_aside.erasures.open() == []


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
    assert not list(home.data.glob(".*incoming*"))


def test_a_damaged_backup_is_refused(
    home: Home, store: Store, curation: Curation, tmp_path: Path
) -> None:
    """A page of lessons is enough, which nothing reads while the backup is restored."""
    for number in range(200):
        curation.teach(f"question {number}", "answer " * 50, "U1")
    copy = tmp_path / "copy.db"
    back_up(home, copy)
    store.close()
    whole = copy.read_bytes()
    page = whole.index(b"question 150") // PAGE * PAGE
    for begin, end, said in (
        (page, page + PAGE, "damaged: take an earlier backup"),
        (len(whole) // 2, len(whole), "damaged|not a backup"),
    ):
        copy.write_bytes(whole[:begin] + b"\xff" * (end - begin) + whole[end:])
        with pytest.raises(NightschoolError, match=said):
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


def test_a_home_without_a_database_has_nothing_to_back_up(home: Home, tmp_path: Path) -> None:
    with pytest.raises(NightschoolError, match="no database"):
        back_up(home, tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()
    assert not home.database.exists()


def test_a_backup_is_one_file_without_a_log_beside_it(
    home: Home, curation: Curation, tmp_path: Path
) -> None:
    curation.teach("one", "1", "U1")
    folder = tmp_path / "backups"
    back_up(home, folder / "monday.db")
    with closing(sqlite3.connect(folder / "monday.db")) as copy:
        assert copy.execute("pragma journal_mode").fetchone() == ("delete",)
    assert [file.name for file in folder.iterdir()] == ["monday.db"]


def test_a_backup_that_is_not_there_is_refused_and_not_made(
    home: Home, store: Store, tmp_path: Path
) -> None:
    store.close()
    with pytest.raises(NightschoolError, match="unable to open"):
        restore(home, tmp_path / "nowhere.db")
    assert not (tmp_path / "nowhere.db").exists()
    assert not list(home.data.glob(".*incoming*"))


def test_a_backup_of_an_earlier_version_has_the_tables_of_today(home: Home, tmp_path: Path) -> None:
    old = Database(tmp_path / "old.db")
    migrations.apply(old, stop_before="m003_runs")
    old.close()
    assert restore(home, tmp_path / "old.db") is None
    with closing(sqlite3.connect(home.database)) as restored:
        assert restored.execute("select count(*) from channels").fetchone() == (0,)


def test_the_tables_of_another_program_are_none_of_ours(home: Home, tmp_path: Path) -> None:
    """It may use the same library for its migrations."""
    foreign = Database(tmp_path / "foreign.db")
    other = Migrations("another program")
    other()(lambda db: db.table("examples").create({"id": int}))
    other.apply(foreign)
    foreign.close()
    with pytest.raises(NightschoolError, match="not a backup of Nightschool"):
        restore(home, tmp_path / "foreign.db")


def test_a_database_that_somebody_reads_is_set_aside_with_its_log(
    home: Home, store: Store, curation: Curation, tmp_path: Path
) -> None:
    """The log cannot be written into the file then."""
    copy = tmp_path / "copy.db"
    back_up(home, copy)
    with closing(sqlite3.connect(home.database, isolation_level=None)) as reader:
        reader.execute("begin")
        reader.execute("select count(*) from examples").fetchone()
        curation.teach("one", "1", "U1")
        store.close()
        former = restore(home, copy)
    assert former is not None
    assert (questions(former), questions(home.database)) == (["one"], [])


def test_what_an_interrupted_copy_left_is_no_obstacle(
    home: Home, store: Store, curation: Curation, tmp_path: Path
) -> None:
    curation.teach("one", "1", "U1")
    copy = tmp_path / "copy.db"
    (tmp_path / f".{copy.name}.partial").write_bytes(b"half of a file" * 100)
    back_up(home, copy)
    store.close()
    (home.data / f".{home.database.name}.incoming").write_bytes(b"half of a file" * 100)
    restore(home, copy)
    assert questions(home.database) == ["one"]
    assert not [file for folder in (tmp_path, home.data) for file in folder.glob(".*.db.*")]


def test_a_damaged_database_is_not_copied_but_a_backup_takes_its_place(
    home: Home, store: Store, curation: Curation, tmp_path: Path
) -> None:
    curation.teach("one", "1", "U1")
    copy = tmp_path / "copy.db"
    back_up(home, copy)
    store.close()
    home.database.write_bytes(b"no database" * 1000)
    with pytest.raises(NightschoolError, match="cannot be written"):
        back_up(home, tmp_path / "another.db")
    assert [file.name for file in tmp_path.glob("*another*")] == []
    former = restore(home, copy)
    assert former is not None
    assert former.read_bytes() == b"no database" * 1000
    assert questions(home.database) == ["one"]


def test_a_database_after_a_crash_is_set_aside_as_one_file(
    home: Home, store: Store, curation: Curation, tmp_path: Path
) -> None:
    """What stands in its log only is written into it."""
    copy = tmp_path / "copy.db"
    back_up(home, copy)
    curation.teach("one", "1", "U1")
    crashed = Home(tmp_path / "crashed")
    shutil.copytree(home.data, crashed.data)
    assert crashed.database.with_name(f"{crashed.database.name}-wal").stat().st_size > 0
    store.close()
    former = restore(crashed, copy)
    assert former is not None
    assert crashed.before_restore == [former]
    assert (questions(former), questions(crashed.database)) == (["one"], [])
