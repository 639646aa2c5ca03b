"""Who gets the weekly digest, and what it tells whom."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.feedback.benefits.digest import gather_digest, plan_digest
from bot.feedback.gaps.finder import GapFinder
from bot.nights.scheduler import last_due
from bot.settings import DigestSettings, NightSettings, Settings
from bot.store import Store
from bot.store.database.personal_data import PersonalRows
from bot.store.examples.scope import Audience
from tests.bot.feedback.benefits.week import NOW, asked

BERLIN = NightSettings(timezone="Europe/Berlin")
MONDAY = "0 9 * * mon"


@pytest.fixture
def school(settings: Settings) -> Settings:
    slack = settings.slack.model_copy(update={"admins": ("U0A",), "teachers": ("U0T",)})
    return settings.model_copy(update={"slack": slack})


def waiting(store: Store) -> list[str]:
    return [digest.recipient for digest in store.digests.unsent(10)]


def test_there_is_one_digest_a_week_for_each_teacher_and_admin(
    store: Store, school: Settings
) -> None:
    assert plan_digest(store, school, NOW)
    assert not plan_digest(store, school, NOW + timedelta(days=2))
    assert waiting(store) == ["U0A", "U0T"]
    assert plan_digest(store, school, NOW + timedelta(days=7))


def test_nothing_is_stored_of_a_teacher_who_opted_out(store: Store, school: Settings) -> None:
    store.people.opt_out("U0T")
    plan_digest(store, school, NOW)
    assert waiting(store) == ["U0A"]


def test_a_channel_gets_it_in_place_of_all_teachers(store: Store, school: Settings) -> None:
    channel = school.model_copy(update={"digest": DigestSettings(channel="C0T")})
    plan_digest(store, channel, NOW)
    assert waiting(store) == ["C0T"]


def test_what_was_sent_waits_no_more_and_a_forgotten_person_gets_none(
    store: Store, school: Settings
) -> None:
    plan_digest(store, school, NOW)
    store.digests.sent(store.digests.unsent(1)[0])
    assert waiting(store) == ["U0T"]
    store.erase(PersonalRows("U0T"))
    assert waiting(store) == []


def test_a_digest_that_was_due_while_the_bot_was_off_is_due_for_three_days() -> None:
    due = datetime(2026, 3, 16, 9, tzinfo=ZoneInfo("Europe/Berlin"))
    assert last_due(BERLIN, MONDAY, due - timedelta(minutes=1)) is None
    assert last_due(BERLIN, MONDAY, due) == due
    assert last_due(BERLIN, MONDAY, due + timedelta(days=2)) == due
    assert last_due(BERLIN, MONDAY, due + timedelta(days=3, minutes=1)) is None


def test_the_week_is_that_of_the_schedules_own_time_zone(store: Store, school: Settings) -> None:
    late = datetime(2026, 3, 15, 23, 30, tzinfo=ZoneInfo("America/New_York"))  # Monday in UTC
    plan_digest(store, school, late)
    assert store.digests.unsent(1)[0].week == "2026-W11"


def test_each_reader_is_told_of_what_they_may_see(store: Store, school: Settings) -> None:
    store.places.learn("C1", "public")
    store.places.learn("C9", "private")
    for person, channel, question in (
        ("U1", "C1", "Where is the printer?"),
        ("U1", "C9", "Who is to be dismissed?"),
        ("U0T", "D7", "What do I earn?"),
    ):
        asked(store, 1, person=person, channel=channel, question=question)
    GapFinder(store, None, school).look()

    def told(audience: Audience) -> set[str]:
        return {gap.question for gap in gather_digest(store, school, audience, NOW).gaps}

    assert told(Audience(channel="C1")) == {"Where is the printer?"}
    assert told(Audience(channel="C9")) == {"Where is the printer?", "Who is to be dismissed?"}
    assert told(Audience(person="U0T", own=True)) == {"Where is the printer?", "What do I earn?"}


def test_a_week_in_which_nothing_happened_has_no_digest(store: Store, school: Settings) -> None:
    assert gather_digest(store, school, Audience(), NOW).empty
    asked(store, 1)
    assert not gather_digest(store, school, Audience(), NOW).empty


@pytest.mark.parametrize("day", [datetime(2026, 3, 30), datetime(2026, 10, 26)])  # noqa: DTZ001  a day
def test_it_is_due_at_nine_by_the_clock_also_after_the_clock_was_changed(day: datetime) -> None:
    """On the Sunday before, an hour was left out, or came twice."""
    due = day.replace(hour=9, tzinfo=ZoneInfo("Europe/Berlin"))
    assert last_due(BERLIN, MONDAY, due) == due
    before = last_due(BERLIN, MONDAY, due - timedelta(minutes=1))
    assert before is None


def test_around_new_year_there_is_one_a_week_as_well(store: Store, school: Settings) -> None:
    """The week of the calendar goes on over New Year: its Monday is in December."""
    berlin = ZoneInfo("Europe/Berlin")
    assert plan_digest(store, school, datetime(2026, 12, 28, 9, tzinfo=berlin))
    assert not plan_digest(store, school, datetime(2027, 1, 1, 9, tzinfo=berlin))
    assert plan_digest(store, school, datetime(2027, 1, 4, 9, tzinfo=berlin))


def test_the_first_week_stands_beside_nothing(store: Store, school: Settings) -> None:
    asked(store, 1)
    digest = gather_digest(store, school, Audience(), NOW)
    assert (digest.week.questions, digest.before.questions) == (1, 0)
    assert digest.before.share is None
    assert not digest.empty


def test_before_there_is_any_teacher_the_week_is_not_used_up(
    store: Store, settings: Settings, school: Settings
) -> None:
    assert not plan_digest(store, settings, NOW)
    assert plan_digest(store, school, NOW)
