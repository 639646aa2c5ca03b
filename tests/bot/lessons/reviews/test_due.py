"""What nights leave out, and that no adapter is retired for it."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import DatasetError
from bot.home import Home
from bot.lessons.exporting import NOTHING_CONFIRMED, export_approved
from bot.lessons.reviews.due import DueLessons
from bot.lessons.reviews.freshness import Freshness
from bot.nights.report import expired_lines
from bot.settings import LessonSettings, Settings
from bot.store import Store
from bot.store.examples.rows import NewExample
from bot.store.examples.scope import Scope


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.with_changes(lessons=LessonSettings(review_days=30))


def at(settings: Settings, moment: datetime) -> Freshness:
    return Freshness(settings, lambda: moment)


def later(settings: Settings, days: int) -> Freshness:
    return Freshness(settings, lambda: datetime.now(UTC) + timedelta(days=days))


def test_the_clock_decides_what_is_due(store: Store, settings: Settings) -> None:
    store.examples.add(NewExample("Who?", "Noor.", "teach", "U0ANNA"))
    assert DueLessons(store, settings, later(settings, 29)).count_of("U0ANNA") == 0
    due = DueLessons(store, settings, later(settings, 31))
    assert [example.id for example in due.of_owner("U0ANNA", 9)] == [1]
    due.look()
    day = (datetime.now(UTC) + timedelta(days=61)).date().isoformat()
    assert store.examples.get(1).leaves_on == day


def test_where_nothing_was_confirmed_a_line_says_what_to_do(
    store: Store, settings: Settings, home: Home
) -> None:
    store.examples.add(NewExample("Who?", "Noor.", "teach", "U0ANNA"))
    with store.connections.write() as db:
        db.table("examples").update(1, {"leaves_on": "2020-01-01"})
    with pytest.raises(DatasetError) as error:
        export_approved(store, settings, home.exports / "one")
    assert str(error.value) == NOTHING_CONFIRMED
    assert expired_lines(store.freshness.expired_count("2026-12-01")) == [
        "1 lesson was not confirmed for two intervals: told with a mark, and not trained."
    ]
    assert expired_lines(0) == []


@pytest.mark.parametrize("hour", [0, 12, 23])
def test_mark_and_list_agree_on_the_day_also_when_the_clock_was_changed(
    store: Store, settings: Settings, hour: int
) -> None:
    """Days are those of UTC, which has no other hour in summer."""
    store.examples.add(NewExample("Who?", "Noor.", "teach", "U0ANNA"))
    with store.connections.write() as db:
        db.table("examples").update(1, {"created_at": "2026-09-26T23:30:00.000+00:00"})
    for day in (25, 26):
        moment = datetime(2026, 10, day, hour, 30, tzinfo=UTC)
        freshness = at(settings, moment)
        due = DueLessons(store, settings, freshness)
        assert due.count_of("U0ANNA") == int(day == 26)
        assert freshness.state(store.examples.get(1)) == ("due" if day == 26 else "fresh")


def test_a_setting_for_lessons_that_are_old_lets_none_leave_at_once(
    store: Store, settings: Settings
) -> None:
    store.examples.add(NewExample("Who?", "Noor.", "teach", "U0ANNA"))
    freshness = later(settings, 400)
    DueLessons(store, settings, freshness).look()
    assert freshness.state(store.examples.get(1)) == "due"
    assert later(settings, 430).state(store.examples.get(1)) == "expired"


def test_what_its_reader_may_not_see_any_more_stands_in_no_message(
    store: Store, settings: Settings
) -> None:
    for question in ("Who?", "Where?"):
        store.examples.add(NewExample(question, "Noor.", "teach", "U0ANNA"))
    review = store.reviews.add("U0CARL", [1, 2], "2026-12-01", "2026-11-24")
    assert review is not None
    due = DueLessons(store, settings)
    assert [example.id for example in due.shown("U0CARL", review)] == [1, 2]
    store.examples.set_scope(1, Scope("channel", "C9"), "U0ANNA")
    assert [example.id for example in due.shown("U0CARL", review)] == [2]


def test_a_message_has_so_many_lessons_and_the_others_follow_a_week_later(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.lessons.reviews.due.MOST", 2)
    store.people.seen("U0ANNA", outsider=False, team=None)
    for number in range(3):
        store.examples.add(NewExample(f"Who is {number}?", "Noor.", "teach", "U0ANNA"))
    for day, ids in ((31, [1, 2]), (34, []), (38, [1, 2])):
        DueLessons(store, settings, later(settings, day)).prepare(lambda _: False)
        made = store.reviews.unsent(9)
        found = [one.example_id for each in made for one in store.reviews.lessons(each.id)]
        assert found == ids
        for each in made:
            store.reviews.sent(each.id, "D1", "1.1")
