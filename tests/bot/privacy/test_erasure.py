"""A person who is forgotten is nowhere to be found."""

from pathlib import Path

from bot.feedback.ratings import ReplyRatings
from bot.home import CHECKPOINT, Home
from bot.lessons.curation import Curation
from bot.lessons.exporting import export_approved
from bot.messages import Completion, Message
from bot.operations.backup import back_up, restore
from bot.privacy.erasure import forget
from bot.settings import Settings
from bot.store import Store
from bot.store.examples.rows import NewExample
from bot.store.people import forgotten_key
from tests.bot.store.rows import reply

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
