"""When nights begin, and which of them were missed."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from apscheduler.job import Job
from apscheduler.schedulers.background import BackgroundScheduler

from bot.home import Home
from bot.lessons.curation import Curation
from bot.nights import night_lock, scheduler
from bot.nights.auto_rollback import AutoRollback
from bot.nights.runner import NightRunner
from bot.nights.scheduler import EVENTS_KEPT, Scheduler, missed, next_night, trigger
from bot.settings import (
    DigestSettings,
    ExportSchedule,
    NightSettings,
    ReplySettings,
    load_settings,
)
from bot.store import Store
from tests.bot.store.rows import reply
from trainer.adapters.registry import Registry

NIGHT = NightSettings(cron="0 2 * * *", timezone="Europe/Berlin")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_the_night_begins_at_its_hour_in_its_zone() -> None:
    found = next_night(NIGHT, at("2026-11-23 12:00"))
    assert found == at("2026-11-24 01:00")


def test_the_hour_keeps_when_the_clocks_change() -> None:
    found = next_night(NIGHT, at("2026-07-01 12:00"))
    assert found == at("2026-07-02 00:00")


@pytest.mark.parametrize("minute", [0, 30])
def test_the_hour_that_autumn_repeats_has_one_night(minute: int) -> None:
    """APScheduler's own job, over three days: on the second, 3 o'clock became 2 o'clock again."""
    when = trigger(NightSettings(cron=f"{minute} 2 * * *", timezone="Europe/Berlin"))
    clock = BackgroundScheduler(timezone=UTC)
    clock.start(paused=True)
    first = when.get_next_fire_time(None, at("2026-10-23 12:00"))
    night = clock.add_job(print, when, next_run_time=first)
    # In UTC: a time that comes twice equals none of another zone.
    times = [time.astimezone(UTC) for time in night._get_run_times(at("2026-10-26 12:00"))]
    clock.shutdown()
    hours = [at(f"2026-10-{hour}:00") for hour in ("24 00", "25 00", "26 01")]
    assert times == [hour + timedelta(minutes=minute) for hour in hours]


def test_in_the_repeated_hour_the_next_night_is_tomorrows() -> None:
    half_past = NightSettings(cron="30 2 * * *", timezone="Europe/Berlin")
    for minute in ("31", "59"):
        assert next_night(half_past, at(f"2026-10-25 00:{minute}")) == at("2026-10-26 01:30")
    assert next_night(half_past, at("2026-10-25 01:10")) == at("2026-10-26 01:30")
    assert not missed(half_past, at("2026-10-25 00:30"), at("2026-10-25 02:00"))
    assert missed(half_past, at("2026-10-24 00:30"), at("2026-10-25 02:00"))


def test_a_later_hour_of_the_day_on_which_one_repeats_comes_as_ever() -> None:
    afternoon = NightSettings(cron="0 14 * * *", timezone="Europe/Berlin")
    assert next_night(afternoon, at("2026-10-25 01:10")) == at("2026-10-25 13:00")


def test_the_hour_that_spring_leaves_out_has_one_night_too() -> None:
    half_past = NightSettings(cron="30 2 * * *", timezone="Europe/Berlin")
    first = next_night(half_past, at("2026-03-28 12:00"))
    assert first is not None
    assert first < at("2026-03-29 03:00")
    assert next_night(half_past, first + timedelta(seconds=1)) == at("2026-03-30 00:30")


def test_nights_that_are_switched_off_never_begin() -> None:
    assert next_night(NightSettings(enabled=False), at("2026-11-23 12:00")) is None


@pytest.mark.parametrize(
    ("last", "now", "expected"),
    [
        ("2026-11-22 01:00", "2026-11-23 08:00", True),
        ("2026-11-23 01:00", "2026-11-23 08:00", False),
        ("2026-11-01 01:00", "2026-11-23 08:00", True),
        (None, "2026-11-23 08:00", False),
    ],
)
def test_a_night_that_fell_due_while_the_bot_was_off_is_missed(
    last: str | None, now: str, expected: bool
) -> None:
    assert missed(NIGHT, at(last) if last else None, at(now)) is expected


def test_after_making_up_nothing_is_missed_any_more() -> None:
    now = at("2026-11-23 08:00")
    assert missed(NIGHT, now - timedelta(days=3), now)
    assert not missed(NIGHT, now, now + timedelta(minutes=1))


def test_what_ended_without_anybody_to_tell_is_reported(
    home: Home, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "REPORT_EVERY", timedelta(milliseconds=20))
    nights = NightRunner(home, load_settings(home), store, Registry(home.adapters))
    run = store.runs.start(pid=2**22 + 1)
    heard = threading.Event()
    nights.on_finished.append(lambda told: heard.set() if told.id == run.id else None)
    settings = load_settings(home)
    off = settings.model_copy(update={"night": NightSettings(enabled=False)})
    clock = Scheduler(home, off, store, nights)
    clock.start()
    assert heard.wait(60)
    clock.stop()


def test_what_was_missed_is_made_up_once(home: Home, store: Store) -> None:
    """The bot was off for a week: one night at its start, and none when it starts again."""
    settings = load_settings(home)
    nights = NightRunner(home, settings, store, Registry(home.adapters))
    first = store.runs.start(pid=0)
    store.runs.finish(first.id, "failed", "long ago", seconds=0.0)
    with store.connections.write() as db:
        week_ago = (datetime.now(UTC) - timedelta(days=7)).isoformat()
        db.table("runs").update(first.id, {"started_at": week_ago, "finished_at": week_ago})
    ended = threading.Event()
    nights.on_finished.append(lambda _: ended.set())
    for _ in range(2):
        clock = Scheduler(home, settings, store, nights)
        clock.start()
        assert ended.wait(60)
        clock.stop()
    latest = store.runs.latest()
    assert latest is not None
    assert latest.id == first.id + 1
    assert not missed(settings.night, datetime.fromisoformat(latest.started_at), datetime.now(UTC))


def test_a_night_that_fell_due_more_than_a_day_ago_is_not_made_up_for() -> None:
    weekly = NightSettings(cron="0 2 * * mon", timezone="UTC")
    last = at("2026-11-02 02:00")
    assert missed(weekly, last, at("2026-11-23 08:00"))
    assert not missed(weekly, last, at("2026-11-25 08:00"))


class Rollback(AutoRollback):
    """Counts how often it is asked to look, and fails where it has an error."""

    def __init__(self) -> None:
        self.looks = 0
        self.error: OSError | None = None

    def look(self) -> None:
        self.looks += 1
        if self.error:
            raise self.error

    def look_at(self, *_: object) -> None:
        self.look()


@pytest.fixture
def rollback() -> Rollback:
    return Rollback()


@pytest.fixture
def jobs(home: Home, store: Store, rollback: Rollback) -> Iterator[Callable[..., dict[str, Job]]]:
    """The jobs of a scheduler with these changes of the settings, by their names."""
    clocks = []

    def start(**changes: Any) -> dict[str, Job]:
        settings = load_settings(home).with_changes(**changes)
        nights = NightRunner(home, settings, store, Registry(home.adapters))
        clocks.append(Scheduler(home, settings, store, nights, rollback))
        clocks[-1].start()
        return {job.id: job for job in clocks[-1]._scheduler.get_jobs()}

    yield start
    for clock in clocks:
        clock.stop()
        assert not clock._scheduler.running


def test_only_what_is_switched_on_is_scheduled(jobs: Callable[..., dict[str, Job]]) -> None:
    always = {"events", "reports", "retention", "tick"}
    on = jobs(export=ExportSchedule(enabled=True))
    assert set(on) == always | {"night", "export", "guard"}
    off = jobs(night=NightSettings(enabled=False, go_back=False))
    assert set(off) == always


def test_a_job_runs_once_for_all_that_was_missed_however_late(
    jobs: Callable[..., dict[str, Job]],
) -> None:
    night = jobs()["night"]
    assert (night.misfire_grace_time, night.coalesce, night.max_instances) == (None, True, 1)


def test_the_guard_looks_and_old_events_are_deleted(
    jobs: Callable[..., dict[str, Job]], rollback: Rollback, store: Store
) -> None:
    for key in ("old", "new"):
        store.handled_events.claim(key)
    with store.connections.write() as db:
        long_ago = (datetime.now(UTC) - EVENTS_KEPT - timedelta(hours=1)).isoformat()
        db.table("events").update("old", {"at": long_ago})
    scheduled = jobs()
    for name in ("guard", "events"):
        scheduled[name].func()
    assert rollback.looks == 1
    assert [store.handled_events.claimed(key) for key in ("old", "new")] == [False, True]


def test_old_answers_lose_their_words_only_where_the_settings_say_so(
    jobs: Callable[..., dict[str, Job]], store: Store
) -> None:
    old = reply(store)
    with store.connections.write() as db:
        db.table("replies").update(old, {"created_at": "2020-01-01T00:00:00.000+00:00"})
    jobs()["retention"].func()
    assert store.replies.get(old).messages
    jobs(replies=ReplySettings(keep_days=30))["retention"].func()
    assert not store.replies.get(old).messages


def test_a_missed_night_is_the_nights_own_job_brought_forward(
    jobs: Callable[..., dict[str, Job]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A one-shot job would fail in APScheduler's thread where it is shut down as it begins."""
    monkeypatch.setattr(scheduler, "missed", lambda *_: True)
    begun = threading.Event()
    monkeypatch.setattr(NightRunner, "run", lambda _: begun.set())
    added: list[object] = []
    add_job = BackgroundScheduler.add_job

    def adding(clock: BackgroundScheduler, *given: Any, **named: Any) -> Job:
        added.append(named["id"])
        return add_job(clock, *given, **named)

    monkeypatch.setattr(BackgroundScheduler, "add_job", adding)
    jobs()
    assert begun.wait(60)
    assert [name for name in added if "night" in str(name)] == ["night"]


def test_a_job_that_cannot_do_its_work_does_it_the_next_time(
    jobs: Callable[..., dict[str, Job]],
    rollback: Rollback,
    home: Home,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing is raised into the scheduler's threads."""
    monkeypatch.setattr(night_lock, "LOOK_LIMIT", 0.0)
    scheduled = jobs(export=ExportSchedule(enabled=True))
    rollback.error = OSError("the disk is gone")
    scheduled["guard"].func()
    with NightRunner(home, load_settings(home), store, Registry(home.adapters)).alone():
        scheduled["night"].func()
    assert store.runs.latest() is None
    monkeypatch.setattr(scheduler, "scheduled_export", rollback.look_at)
    scheduled["export"].func()
    assert rollback.looks == 2


def test_a_digest_that_is_due_is_planned_once_and_none_where_it_is_switched_off(
    jobs: Callable[..., dict[str, Job]], store: Store
) -> None:
    assert "digest" not in jobs()
    # Every hour: whenever the test runs, one has been due.
    digest = DigestSettings(enabled=True, cron="0 * * * *", channel="C0TEACHERS")
    planned = jobs(digest=digest)["digest"].func
    planned()
    planned()
    assert [one.recipient for one in store.digests.unsent(5)] == ["C0TEACHERS"]


def test_the_scheduled_export_is_written_at_its_own_hour(
    jobs: Callable[..., dict[str, Job]], home: Home, curation: Curation
) -> None:
    curation.teach("When is lunch?", "At noon.", "U0BEN")
    berlin = NightSettings(cron="0 2 * * *", timezone="Europe/Berlin")
    scheduled = jobs(night=berlin, export=ExportSchedule(enabled=True, cron="30 4 * * *"))
    hours = [scheduled[name].next_run_time for name in ("night", "export")]
    assert [(hour.hour, hour.minute) for hour in hours] == [(2, 0), (4, 30)]
    assert {str(hour.tzinfo) for hour in hours} == {"Europe/Berlin"}
    scheduled["export"].func()
    assert [folder.name[:6] for folder in home.exports.iterdir()] == ["daily-"]
