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


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.with_changes(lessons=LessonSettings(review_days=30))


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
