"""Old answers lose words and places, and nothing that is still needed or counted."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from bot.feedback.gaps.finder import GapFinder
from bot.messages import Message
from bot.settings import Settings
from bot.store import Store
from bot.store.database import retention
from bot.store.database.retention import Retention
from bot.store.examples.rows import NewExample
from tests.bot.feedback.gaps.home import asked, taught
from tests.bot.store.rows import reply

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def aged(store: Store, identifier: int, days: float) -> int:
    """Makes a reply so many days old."""
    at = (NOW - timedelta(days=days)).isoformat(timespec="milliseconds")
    with store.connections.write() as db:
        db.conn.execute("update replies set created_at = ? where id = ?", [at, identifier])
    return identifier


def lesson(store: Store, reply_id: int, status: str) -> None:
    store.examples.add(NewExample(f"Why {status}?", "So.", "reaction", "U0BEN", status,
                                  reply_id=reply_id))  # fmt: skip


def test_an_old_answer_loses_words_and_place_and_is_still_counted(store: Store) -> None:
    old, young = aged(store, reply(store, ts="1.1"), 31), aged(store, reply(store, ts="2.1"), 29)
    for number in (old, young):
        store.replies.posted(number, "C1", f"9.{number}")
        store.ratings.set(number, "U0ANNA", 1)
    assert Retention(store.connections).forget_older(30, NOW) == 1
    kept = store.replies.get(old)
    assert (kept.messages, kept.text, kept.channel, kept.thread) == ((), "", "", "")
    assert kept.question_ts is None
    assert store.replies.at("C1", f"9.{old}") is None
    assert (kept.person, kept.seconds) == ("U0ASKS", 0.1)
    assert store.ratings.totals() == (2, 0)
    assert store.replies.get(young).messages == (Message("user", "Why?"),)
    assert store.replies.at("C1", f"9.{young}") == young


@pytest.mark.parametrize(
    ("status", "kept"),
    [("approved", True), ("pending", True), ("quarantined", True), ("withdrawn", False)],
)
def test_an_answer_that_is_a_lesson_keeps_its_words(store: Store, status: str, kept: bool) -> None:
    old = aged(store, reply(store), 400)
    lesson(store, old, status)
    Retention(store.connections).forget_older(30, NOW)
    assert bool(store.replies.get(old).messages) is kept


def test_a_question_that_a_gap_still_waits_for_keeps_its_words(
    store: Store, settings: Settings
) -> None:
    waiting, taught_since = (asked(store, words) for words in ("Which wifi?", "Where is lunch?"))
    finder = GapFinder(store, None, settings)
    while finder.look():
        pass
    (gap,) = [gap for gap in store.gaps.open(None) if gap.question == "Where is lunch?"]
    store.gaps.close(gap.id, taught(store, "Where is lunch?"), "U0BEN")
    for number in (waiting, taught_since):
        aged(store, number, 400)
    Retention(store.connections).forget_older(30, NOW)
    assert store.replies.get(waiting).messages
    assert not store.replies.get(taught_since).messages


def test_an_old_comparison_loses_its_question_and_keeps_its_votes(store: Store) -> None:
    base, tuned = (aged(store, reply(store), 40) for _ in range(2))
    made = store.comparisons.add("Why so?", "U0ANNA", base, tuned, 0.5)
    with store.connections.write() as db:
        db.conn.execute("update comparisons set created_at = '2026-01-01' where id = ?", [made.id])
    store.comparisons.vote(made.id, "U0BEN", "tuned")
    store.comparisons.posted(made.id, "C1", "9.9")
    Retention(store.connections).forget_older(30, NOW)
    assert store.comparisons.get(made.id).prompt == ""
    assert store.comparisons.places(made.id) == []
    assert store.comparisons.voters(made.id) == 1


def test_it_goes_on_until_nothing_is_left(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    kept = aged(store, reply(store), 50)
    lesson(store, kept, "approved")
    for _ in range(5):
        aged(store, reply(store), 50)
    old = Retention(store.connections)
    assert old.forget_older(30, NOW) == 5
    assert old.forget_older(30, NOW) == 0


def test_the_file_is_rewritten_once_much_of_it_is_free(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "FREE_PAGES", 20)
    old = Retention(store.connections)
    assert not old.compact()
    for _ in range(100):
        aged(store, reply(store, json.dumps("x" * 9000)), 50)
    store.connections.clear_log()
    before = store.connections.path.stat().st_size
    assert not old.compact()
    old.forget_older(30, NOW)
    assert old.compact()
    store.connections.clear_log()
    assert store.connections.path.stat().st_size < before


def test_an_answer_that_somebody_is_still_asked_about_keeps_its_words(store: Store) -> None:
    old = aged(store, reply(store), 400)
    key = store.open_questions.add("U0BEN", "correction", {}, reply_id=old)
    Retention(store.connections).forget_older(30, NOW)
    assert store.replies.get(old).messages
    store.open_questions.take(key, "U0BEN")
    Retention(store.connections).forget_older(30, NOW)
    assert not store.replies.get(old).messages


def test_a_question_that_somebody_was_asked_waits_as_well(store: Store, settings: Settings) -> None:
    old = asked(store, "Which wifi?")
    finder = GapFinder(store, None, settings)
    while finder.look():
        pass
    (gap,) = store.gaps.open(None)
    store.gaps.asked(gap.id)
    aged(store, old, 400)
    Retention(store.connections).forget_older(30, NOW)
    assert store.replies.get(old).messages
    store.gaps.dismiss(gap.id, "U0BEN")
    Retention(store.connections).forget_older(30, NOW)
    assert not store.replies.get(old).messages
