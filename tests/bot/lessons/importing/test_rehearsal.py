"""An import can be tried out: every row has its fate, and nothing of it is kept."""

import subprocess
import sys

import pytest

from bot.home import Home
from bot.lessons.curation import Curation
from bot.lessons.importing import RowFate, import_rows
from bot.lessons.importing.rehearsal import PREFIX, copied
from bot.store import Store
from tests.bot.lessons.importing.read import FILE, found, proposal
from trainer.importing.lines import FoundPair, FoundRow, Rejected


def row(line: int, question: str, answer: str, *notes: str) -> FoundRow:
    return FoundRow(line, {"prompt": question, "completion": answer}, notes=notes)


def test_a_dry_run_tells_the_fate_of_each_row_in_the_order_of_the_file(
    store: Store, curation: Curation, monkeypatch: pytest.MonkeyPatch
) -> None:
    curation.teach("Who bakes?", "Otto.", "U1")
    curation.teach("Who cooks?", "Ada.", "U1")
    curation.teach("Who sweeps?", "Cas.", "U1")
    curation.withdraw(3, "U1")
    found(
        monkeypatch,
        FoundPair(8, "Which tea?", "Assam.", "None."),
        row(2, "Who bakes?", "Noor does."),
        row(3, "Who cooks?", "Ada."),
        row(4, "Which jam?", "Plum.", "its reasoning is left out"),
        row(5, "Which jam?", "Write to ada@lantern.example."),
        row(6, "", "Nothing."),
        row(7, "Who sweeps?", "Cas."),
        Rejected(1, ("not JSON",)),
        proposal(),
    )
    done = import_rows(store, curation, FILE, "U1", dry_run=True)
    lunch = RowFate(1, "proposed", "When is lunch?", "At noon.")
    assert sorted(done.rows, key=lambda fate: (fate.line, fate.fate)) == [
        lunch,
        RowFate(1, "rejected", notes=("not JSON",)),
        RowFate(2, "replaces", "Who bakes?", "Noor does.", (1,)),
        RowFate(3, "duplicate", "Who cooks?", "Ada."),
        RowFate(4, "new", "Which jam?", "Plum.", notes=("its reasoning is left out",)),
        RowFate(
            5,
            "replaces",
            "Which jam?",
            "Write to [e-mail].",
            redacted=("e-mail",),
            notes=("takes the place of line 4",),
        ),
        RowFate(6, "rejected", notes=("empty prompt",)),
        RowFate(
            7,
            "duplicate",
            "Who sweeps?",
            "Cas.",
            notes=("known as example 3, which is withdrawn",),
        ),
        RowFate(8, "pair", "Which tea?", "Assam."),
    ]
    assert [fate.line for fate in done.rows] == sorted(fate.line for fate in done.rows)
    assert (done.added, done.pairs, done.proposed, done.replaced) == (4, 1, 1, 2)


def test_nothing_of_a_dry_run_is_kept_and_the_import_does_what_it_said(
    store: Store, curation: Curation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def everything() -> list[str]:
        return list(store.connections.db.conn.iterdump())

    curation.teach("Who bakes?", "Otto.", "U1")
    found(monkeypatch, row(1, "Who bakes?", "Noor does."), FoundPair(2, "Why?", "Yes.", "No."))
    before = everything()
    tried = import_rows(store, curation, FILE, "U1", dry_run=True)
    assert everything() == before
    assert not list(store.connections.path.parent.glob(f"{PREFIX}*"))
    done = import_rows(store, curation, FILE, "U1")
    assert (done.added, done.replaced, done.pairs) == (tried.added, tried.replaced, tried.pairs)
    assert done.rows == (), "nobody asked for them"


def test_others_write_while_an_import_is_tried_out(store: Store, curation: Curation) -> None:
    with copied(store) as copy:
        with copy.connections.write():
            curation.teach("Who bakes?", "Otto.", "U1")
        assert copy.examples.counts()["approved"] == 0
    assert store.examples.counts()["approved"] == 1


def test_what_a_killed_process_left_is_deleted_by_the_next_one(home: Home, store: Store) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left = home.data / f"{PREFIX}{ended.pid}-abc"
    left.mkdir()
    (left / "nightschool.db").write_text("words of people")
    running = home.data / f"{PREFIX}1-abc"  # of another account, which is there for certain
    running.mkdir()
    with copied(store):
        assert not left.exists()
        assert running.exists()
