"""A person who is forgotten is nowhere to be found."""

import json
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from bot.errors import InputError
from bot.feedback.ratings import ReplyRatings
from bot.home import CHECKPOINT, Home
from bot.lessons.curation import Curation
from bot.lessons.exporting import export_approved
from bot.messages import Completion, Message
from bot.operations.backup import back_up, restore
from bot.privacy.erasure import TRAINING, UNREAD, finish_erasures, forget
from bot.privacy.search import Found
from bot.settings import Settings
from bot.store import Store
from bot.store.examples.rows import NewExample
from bot.store.people import forgotten_key
from tests.bot.store.rows import reply

LONG = (
    "Beside the quokka, behind the second blue door on the left of the old depot, where nobody "
    "but the deputy has ever been, and only on a Sunday."
)
WORDS = (b"zanzibar", b"quokka", b"marmalade", b"periwinkle", b"U0GONE")


def everything(home: Home) -> bytes:
    return b"".join(path.read_bytes() for path in home.root.rglob("*") if path.is_file())


def fill(store: Store, curation: Curation, ratings: ReplyRatings) -> None:
    curation.teach("Where is zanzibar?", "Beside the quokka.", "U0GONE", permalink="https://x/1")
    curation.teach("Who stays?", "I do.", "U0STAYS")
    asked = store.replies.add(
        Completion("marmalade", "base", None, 1, 1, 0.1, "stop"),
        [Message("user", "periwinkle?")],
        source="slack",
        channel="C1",
        thread="1.0",
        person="U0GONE",
    )
    ratings.thumbs_up(asked.id, "U0STAYS")
    ratings.correct(asked.id, "U0GONE", "Better marmalade.")


def test_no_word_of_a_forgotten_person_is_left_in_any_file(
    home: Home, store: Store, curation: Curation, ratings: ReplyRatings, settings: Settings
) -> None:
    fill(store, curation, ratings)
    export_approved(store, settings, home.exports / "0001")
    before = everything(home)
    assert all(word in before for word in WORDS)
    gone = forget(home, store, "U0GONE")
    assert (gone.examples, gone.replies, gone.exports) == (3, 1, 1)
    after = everything(home)
    assert [word for word in WORDS if word in after] == []
    assert b"I do." in after


def test_a_sweep_and_an_export_that_were_cut_off_keep_nothing_either(
    home: Home, store: Store, curation: Curation, ratings: ReplyRatings, settings: Settings
) -> None:
    fill(store, curation, ratings)
    export_approved(store, settings, home.sweep / "data")
    for name in ("0001", "0002"):
        export_approved(store, settings, home.exports / name)
    (home.exports / "0001" / "manifest.json").unlink()
    (home.exports / "0002" / "manifest.json").write_text("{")
    assert forget(home, store, "U0GONE").exports == 2
    assert [word for word in WORDS if word in everything(home)] == []


def test_what_others_taught_stays_and_is_all_of_tonights_set(
    store: Store,
    curation: Curation,
    ratings: ReplyRatings,
    home: Home,
    settings: Settings,
    tmp_path: Path,
) -> None:
    fill(store, curation, ratings)
    forget(home, store, "U0GONE")
    assert [e.prompt for e in store.examples.approved()] == ["Who stays?"]
    done = export_approved(store, settings, tmp_path / "out")
    assert len(done.train) == 1


def test_the_adapters_that_still_contain_something_are_named(
    store: Store, curation: Curation, ratings: ReplyRatings, home: Home
) -> None:
    fill(store, curation, ratings)
    run = store.runs.start(1)
    store.runs.trained_on(run.id, [1, 2])
    store.runs.finish(run.id, "promoted", "", seconds=1.0, version="v0001")
    assert forget(home, store, "U0GONE").adapters == ("v0001",)
    assert [r.version for r in store.runs.of_example(1)] == ["v0001"]
    assert store.examples.history(1)[-1].why == "its author asked to be forgotten"


def test_forgetting_somebody_unknown_changes_nothing(
    store: Store, curation: Curation, ratings: ReplyRatings, home: Home
) -> None:
    fill(store, curation, ratings)
    counts = store.examples.counts()
    gone = forget(home, store, "U0NOBODY")
    assert (gone.examples, gone.replies, gone.opinions, gone.adapters) == (0, 0, 0, ())
    assert store.examples.counts() == counts


def test_a_database_that_a_restore_set_aside_goes_with_everything_in_it(
    store: Store, curation: Curation, ratings: ReplyRatings, home: Home, tmp_path: Path
) -> None:
    copy = tmp_path / "before.db"
    back_up(home, copy)
    fill(store, curation, ratings)
    store.close()
    restore(home, copy)
    assert b"zanzibar" in everything(home)
    again = Store(home.database)
    assert forget(home, again, "U0GONE").databases == 1
    again.close()
    assert b"zanzibar" not in everything(home)


def test_what_the_house_keeps_beside_the_database_goes_too(
    store: Store, curation: Curation, home: Home, settings: Settings
) -> None:
    """Wordings and checkpoints are of everybody; an export may have only a pair of theirs."""
    curation.teach("Who stays?", "I do.", "U0STAYS")
    store.places.learn("C1", "public")
    asked = reply(store, person="U0STAYS")
    store.ratings.prefer("Why?", "Because.", "So.", "vote", "U0GONE", asked)
    exported = export_approved(store, settings, home.exports / "0001")
    assert exported.manifest["preferences"] == [1]
    home.paraphrases.mkdir(parents=True)
    (home.runs / "0001").mkdir(parents=True)
    checkpoint = home.runs / "0001" / CHECKPOINT
    checkpoint.write_bytes(b"weights")
    assert forget(home, store, "U0GONE").exports == 1
    assert not home.paraphrases.exists()
    assert not checkpoint.exists()
    assert not exported.folder.exists()


def test_what_is_being_answered_just_now_hears_of_it(home: Home, store: Store) -> None:
    forget(home, store, "U0GONE")
    assert store.handled_events.claimed(forgotten_key("U0GONE"))


def test_direct_channels_and_lessons_out_of_later_turns_go_too(home: Home, store: Store) -> None:
    asked = reply(store, "Marmalade?", person="U0GONE", channel="D0GONE")
    store.replies.posted(reply(store), "D0GONE", "1.5")
    own = reply(store, "Quokka?", person="U0GONE")
    talk = [Message("user", "Quokka?"), Message("assistant", "Hm."), Message("user", "And?")]
    later = store.replies.add(
        Completion("So.", "base", None, 1, 1, 0.1, "stop"),
        talk,
        source="slack",
        channel="C1",
        thread="1.0",
        person="U0STAYS",
    )
    new = NewExample("And?", "So.", "reaction", "U0STAYS", messages=tuple(talk), reply_id=later.id)
    made = store.examples.add(new).id
    assert (asked, own) == (1, 3)
    assert forget(home, store, "U0GONE").examples == 1
    assert store.examples.forgotten([made]) == (made,)
    assert "D0GONE" not in "\n".join(store.connections.db.conn.iterdump())


def export_of(folder: Path, **manifest: object) -> Path:
    """An export by hand, with what its manifest says."""
    folder.mkdir(parents=True)
    (folder / "train.jsonl").write_text('{"prompt": "Who stays?", "completion": "I do."}\n')
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def test_it_ends_with_a_search_that_finds_nothing(
    home: Home, store: Store, curation: Curation
) -> None:
    curation.teach("Where is zanzibar?", LONG, "U0GONE")
    steps: list[tuple[int, int]] = []
    gone = forget(home, store, "U0GONE", lambda done, of: steps.append((done, of)))
    assert gone.found == ()
    assert gone.searched is not None
    assert gone.searched.windows > 0
    assert gone.searched.words > 0
    assert gone.searched.files == len(steps) > 0
    assert set(gone.searched.to_json()) == {"files", "bytes", "windows", "words", "unread"}
    assert store.erasures.open() == []


def test_a_copy_that_somebody_made_in_the_home_is_found_and_left_to_them(
    home: Home, store: Store, curation: Curation
) -> None:
    curation.teach("Where is zanzibar?", LONG, "U0GONE")
    back_up(home, home.root / "mine.db")
    gone = forget(home, store, "U0GONE")
    assert Found("mine.db", "words in a row") in gone.found
    assert (home.root / "mine.db").exists()


def test_while_a_file_cannot_be_read_the_erasure_stays_on_the_list(
    home: Home, store: Store, curation: Curation, monkeypatch: pytest.MonkeyPatch
) -> None:
    curation.teach("Where is zanzibar?", LONG, "U0GONE")
    (home.root / "closed").write_text(LONG)
    real = Path.open

    def opened(path: Path, *arguments: Any) -> Any:
        if path.name == "closed":
            raise PermissionError
        return real(path, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", opened)
        gone = forget(home, store, "U0GONE")
    assert (gone.found, gone.later) == ((), UNREAD)
    (finished,) = finish_erasures(home, store)
    assert finished.searched is not None
    assert Found("closed", "words in a row") in finished.searched.found
    assert store.erasures.open() == []


def test_wordings_on_another_disk_go_too(home: Home, store: Store, curation: Curation) -> None:
    curation.teach("Where is zanzibar?", LONG, "U0GONE")
    disk = home.root.parent / "disk"
    disk.mkdir()
    (disk / "wordings.jsonl").write_text(LONG)
    home.paraphrases.symlink_to(disk)
    assert forget(home, store, "U0GONE").found == ()
    assert list(disk.iterdir()) == []


def test_what_somebody_else_taught_in_the_same_words_is_no_trace(
    home: Home, store: Store, curation: Curation
) -> None:
    curation.teach("Where is zanzibar?", LONG, "U0GONE")
    curation.teach("And where is the depot?", LONG, "U0STAYS")
    assert forget(home, store, "U0GONE").found == ()
    assert [one.prompt for one in store.examples.approved()] == ["And where is the depot?"]


def test_words_in_an_answer_to_somebody_else_are_a_trace(
    home: Home, store: Store, curation: Curation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the lineage misses, the search does not."""
    curation.teach("Where is zanzibar?", LONG, "U0GONE")
    later = [Message("user", LONG), Message("assistant", "So."), Message("user", "And?")]
    store.replies.add(
        Completion("So.", "base", None, 1, 1, 0.1, "stop"),
        later,
        source="slack",
        channel="C1",
        thread="1.0",
        person="U0STAYS",
    )
    monkeypatch.setattr("bot.privacy.erasure.traces", lambda *_: [])
    found = forget(home, store, "U0GONE").found
    assert Found("data/nightschool.db", "words in a row") in found


def test_exports_that_left_a_lesson_out_and_typed_reasons_go_too(
    home: Home, store: Store, curation: Curation
) -> None:
    """Earlier versions wrote what people had typed into the manifest of every export."""
    taught = curation.teach("Where is zanzibar?", "Beside the quokka.", "U0GONE").id
    why = {"id": 99, "reasons": ["rejected: because marmalade"]}
    gone = [
        export_of(home.exports / "0001", left_out=[{"id": taught, "reasons": ["pending"]}]),
        export_of(home.exports / "0002", left_out=[why]),
        export_of(home.exports / "0003", left_out=["broken"]),
    ]
    reasons = ["for one channel alone: it is not trained", "ended on 2026-01-01", "pending"]
    kept = export_of(home.exports / "0004", left_out=[{"id": 98, "reasons": reasons}], train=[97])
    assert forget(home, store, "U0GONE").exports == len(gone)
    assert [folder for folder in gone if folder.exists()] == []
    assert kept.exists()


def test_while_a_training_runs_the_erasure_stays_on_the_list(
    home: Home, store: Store, curation: Curation
) -> None:
    """Its trainer may write a checkpoint or wordings once more."""
    curation.teach("Where is zanzibar?", LONG, "U0GONE")
    staging = home.adapters / ".staging-1"
    with FileLock(home.training_lock):
        staging.mkdir(parents=True)
        assert forget(home, store, "U0GONE").later == TRAINING
        assert staging.exists()
        home.paraphrases.mkdir(exist_ok=True)
        (home.paraphrases / "wordings.jsonl").write_text(LONG)
        assert len(finish_erasures(home, store)) == len(store.erasures.open()) == 1
    (home.paraphrases).mkdir(exist_ok=True)
    (home.paraphrases / "wordings.jsonl").write_text(LONG)
    (finished,) = finish_erasures(home, store)
    assert finished.later == ""
    assert finished.searched is not None
    assert finished.searched.found == ()
    assert not staging.exists()
    assert b"zanzibar" not in everything(home)
    assert store.erasures.open() == []
    assert finish_erasures(home, store) == []


def test_nothing_is_erased_beside_a_restore(
    home: Home, store: Store, curation: Curation, monkeypatch: pytest.MonkeyPatch
) -> None:
    curation.teach("Where is zanzibar?", LONG, "U0GONE")
    monkeypatch.setattr("bot.privacy.erasure.RESTORING_SECONDS", 0.0)
    with FileLock(home.restore_lock), pytest.raises(InputError, match="under way"):
        forget(home, store, "U0GONE")
    home.restore_marker.write_text("{}")
    with pytest.raises(InputError, match="was cut off"):
        forget(home, store, "U0GONE")
    assert len(store.examples.approved()) == 1


def test_fingerprints_and_ids_are_all_that_the_list_holds(
    home: Home, store: Store, curation: Curation, monkeypatch: pytest.MonkeyPatch
) -> None:
    taught = curation.teach("Where is zanzibar?", LONG, "U0GONE").id
    monkeypatch.setattr("bot.privacy.erasure._finish", lambda *_, **__: [])
    forget(home, store, "U0GONE")
    (task,) = store.erasures.open()
    assert task.examples == (taught,)
    assert task.fingerprints is not None
    assert "zanzibar" not in repr(task)
    assert "U0GONE" not in repr(task)
