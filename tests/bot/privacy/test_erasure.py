"""A person who is forgotten is nowhere to be found."""

from pathlib import Path

from bot.feedback.ratings import ReplyRatings
from bot.home import Home
from bot.lessons.curation import Curation
from bot.lessons.exporting import export_approved
from bot.messages import Completion, Message
from bot.operations.backup import back_up, restore
from bot.privacy.erasure import forget
from bot.settings import Settings
from bot.store import Store

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
