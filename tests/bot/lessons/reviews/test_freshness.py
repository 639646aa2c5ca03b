"""When a lesson is marked, and in which words."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.lessons.reviews.freshness import Freshness
from bot.settings import LessonSettings, Settings
from bot.store import Example, Store
from bot.store.examples.rows import NewExample

NOW = datetime(2026, 12, 1, 10, tzinfo=UTC)


@pytest.fixture
def example(store: Store) -> Example:
    new = store.examples.add(NewExample("Who?", "Noor.", "teach", "U0ANNA"))
    return replace(new, created_at="2026-05-03T10:00:00.000+00:00")


def freshness(days: int | None) -> Freshness:
    settings = Settings().with_changes(lessons=LessonSettings(review_days=days))
    return Freshness(settings, lambda: NOW)


def test_a_due_one_says_since_when_nobody_confirmed_it(example: Example) -> None:
    assert freshness(30).state(example) == "due"
    assert freshness(30).since(example) == "not confirmed since 3 May"
    confirmed = replace(example, confirmed_at="2025-11-30T10:00:00.000+00:00")
    assert freshness(30).since(confirmed) == "not confirmed since 30 November 2025"


@pytest.mark.parametrize(
    ("days", "own", "state"),
    [(None, None, "fresh"), (30, 0, "fresh"), (400, None, "fresh"), (None, 30, "due"),
     (212, None, "due"), (213, None, "fresh")],
)  # fmt: skip
def test_its_own_interval_goes_before_the_setting(
    example: Example, days: int | None, own: int | None, state: str
) -> None:
    aged = replace(example, review_days=own)
    assert freshness(days).state(aged) == state
    assert (freshness(days).since(aged) is None) == (state == "fresh")


def test_it_is_expired_from_the_day_on_which_nights_leave_it_out(example: Example) -> None:
    last = replace(example, leaves_on="2026-12-02")
    assert freshness(30).state(last) == "due"
    gone = replace(example, leaves_on="2026-12-01")
    assert freshness(30).state(gone) == "expired"
    assert freshness(30).since(gone) == "not confirmed since 3 May"


def test_what_is_not_in_use_has_no_mark(example: Example) -> None:
    assert freshness(30).since(replace(example, status="withdrawn")) is None
