"""Many writers at once: nobody sees "database is locked", nothing is lost."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bot.errors import NightschoolError
from bot.store import Store
from bot.store.examples.rows import NewExample

WRITER = """
import sys
from pathlib import Path
from bot.store import Store
from bot.store.examples.rows import NewExample

store = Store(Path(sys.argv[1]))
for number in range(60):
    with store.connections.write():
        store.examples.search(limit=5)
        store.examples.add(NewExample(f"{sys.argv[2]} {number}", "answer", "teach", "somebody"))
store.close()
"""


def test_two_processes_write_at_once(store: Store) -> None:
    path = str(store.connections.path)
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, path, name], stderr=subprocess.PIPE)
        for name in ("first", "second")
    ]
    errors = [writer.communicate()[1].decode() for writer in writers]
    assert errors == ["", ""]
    assert store.examples.counts()["approved"] == 120


def test_threads_share_a_store(store: Store) -> None:
    def write(name: int) -> None:
        for number in range(20):
            store.examples.add(NewExample(f"{name} {number}", "answer", "teach", "somebody"))

    threads = [threading.Thread(target=write, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.examples.counts()["approved"] == 80


def test_a_failed_transaction_leaves_nothing(store: Store) -> None:
    def write() -> None:
        with store.connections.write():
            store.examples.add(NewExample("question", "answer", "teach", "somebody"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write()
    assert store.examples.counts()["approved"] == 0


def test_a_file_that_is_no_database_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "broken.db"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(NightschoolError, match="cannot be opened"):
        Store(path)


def test_threads_that_have_ended_leave_no_connection_open(store: Store) -> None:
    for _ in range(5):
        thread = threading.Thread(target=store.examples.counts)
        thread.start()
        thread.join()
    store.examples.counts()
    assert len(store.connections._all) <= 2


def test_deleted_words_are_neither_in_the_compacted_file_nor_in_its_log(store: Store) -> None:
    words = "the safe opens with 4711"
    added = store.examples.add(NewExample("How?", words, "teach", "somebody"))
    path = store.connections.path
    log = path.with_name(f"{path.name}-wal")
    assert words.encode() in log.read_bytes()
    with store.connections.write() as db:
        db.conn.execute("delete from changes where example_id = ?", [added.id])
        db.conn.execute("delete from examples where id = ?", [added.id])
    store.connections.compact()
    assert words.encode() not in path.read_bytes() + log.read_bytes()


def test_a_file_whose_pages_are_broken_is_named(store: Store) -> None:
    path, db = store.connections.path, store.connections.db
    query = "select rootpage from sqlite_master where name = '_sqlite_migrations'"
    (page,) = db.conn.execute(query).fetchone()
    (size,) = db.conn.execute("pragma page_size").fetchone()
    db.conn.execute("pragma wal_checkpoint(truncate)")
    store.close()
    content = bytearray(path.read_bytes())
    content[(page - 1) * size : page * size] = b"\xaa" * size
    path.write_bytes(content)
    with pytest.raises(NightschoolError, match="cannot be read"):
        Store(path)


def test_an_acknowledged_lesson_outlasts_a_power_cut_and_deleted_words_are_overwritten(
    store: Store,
) -> None:
    """In every thread's connection; 2 stands for FULL."""
    seen: list[tuple[int, ...]] = []

    def look() -> None:
        ask = store.connections.db.conn.execute
        seen.append(
            tuple(
                ask(f"pragma {name}").fetchone()[0]
                for name in ("synchronous", "secure_delete", "foreign_keys")
            )
        )

    other = threading.Thread(target=look)
    other.start()
    other.join()
    look()
    assert seen == [(2, 1, 1), (2, 1, 1)]
