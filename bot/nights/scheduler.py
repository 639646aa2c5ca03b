"""Schedules the nights with APScheduler, and makes up for one that was missed.

It also announces nights that were cut off or run from the command line, writes the scheduled
export, looks whether people have turned against the adapter in use, and takes the words out of old
answers.
"""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.job import Job
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from bot.errors import NightschoolError
from bot.feedback.benefits.digest import plan_digest
from bot.home import Home
from bot.lessons.exporting import scheduled_export
from bot.nights.auto_rollback import AutoRollback
from bot.nights.runner import NightRunner
from bot.settings import NightSettings, Settings
from bot.store import Store
from bot.store.database.retention import Retention

log = structlog.get_logger(__name__)
EVENTS_KEPT = timedelta(days=2)
"""How long the keys of handled events are kept."""
MADE_UP_WITHIN = timedelta(hours=24)
"""How long ago a night may have been due to be made up for."""
RETAIN_AFTER = timedelta(minutes=5)
"""How long after the start old answers are looked for, and then every day."""
DIGEST_WITHIN = timedelta(days=3)
"""How long ago a digest may have been due to be made up for: over a weekend, say."""
REPORT_EVERY = timedelta(minutes=1)
"""How often runs that ended without an announcement are looked for."""


class OncePerHour(CronTrigger):  # type: ignore[misc]  # APScheduler comes without types
    """A cron schedule to which the hour that autumn repeats comes once: the first time."""

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        """Returns when it is due next; None where it never is any more.

        Args:
            previous: when it was due before; None for the first time.
            now: the present time.
        """
        due: datetime | None = super().get_next_fire_time(previous, now)
        while due is not None and _repeats(due):
            # In UTC, since a sum of local times forgets which of the two hours it is in.
            after = due.astimezone(UTC) + timedelta(microseconds=1)
            due = super().get_next_fire_time(None, after)
        return due


def _repeats(time: datetime) -> bool:
    """Returns whether the clocks have shown a time before on its day."""
    # APScheduler leaves `fold` on later hours of the day as well: only a time out of UTC has its
    # own.
    return bool(time.astimezone(UTC).astimezone(time.tzinfo).fold)


def trigger(settings: NightSettings, cron: str | None = None) -> OncePerHour:
    """Returns the trigger of a cron expression, the night's by default, in the night's time zone.

    Raises:
        ValueError: the expression or the time zone is invalid.
    """
    made: OncePerHour = OncePerHour.from_crontab(
        cron or settings.cron, timezone=settings.timezone or None
    )
    return made


def next_night(settings: NightSettings, after: datetime) -> datetime | None:
    """Returns when the next night after a time begins; None where nights are switched off."""
    if not settings.enabled:
        return None
    return trigger(settings).get_next_fire_time(None, after)


def last_due(settings: NightSettings, cron: str, now: datetime) -> datetime | None:
    """Returns when a digest was due last; None where that is longer ago than DIGEST_WITHIN.

    Args:
        settings: the time zone.
        cron: the times of the digest.
        now: the present time.
    """
    when, last = trigger(settings, cron), None
    due = when.get_next_fire_time(None, now - DIGEST_WITHIN)
    while due is not None and due <= now:
        last, due = due, when.get_next_fire_time(due, due + timedelta(seconds=1))
    return last


def missed(settings: NightSettings, last_start: datetime | None, now: datetime) -> bool:
    """Returns whether a night was due within MADE_UP_WITHIN before now and was not started.

    Args:
        settings: the schedule.
        last_start: when the last night started; None where there was none: then none was missed.
        now: the present time.
    """
    if not settings.enabled or last_start is None:
        return False
    due = next_night(settings, max(last_start, now - MADE_UP_WITHIN) + timedelta(seconds=1))
    return due is not None and due <= now


class Scheduler:
    """Runs the jobs of `nightschool serve` at their times, in threads of its own."""

    def __init__(
        self,
        home: Home,
        settings: Settings,
        store: Store,
        nights: NightRunner,
        guard: AutoRollback | None = None,
    ) -> None:
        self._guard = guard
        self._home = home
        self._settings = settings
        self._store = store
        self._nights = nights
        self._scheduler = BackgroundScheduler(timezone=UTC)

    def start(self) -> None:
        """Schedules all jobs, and a night at once if one was missed while the bot was off."""
        if self._settings.night.enabled:
            last = self._store.runs.latest()
            last_start = datetime.fromisoformat(last.started_at) if last else None
            late = missed(self._settings.night, last_start, datetime.now(UTC))
            night = self._add(self._night, trigger(self._settings.night), "night")
            if late:
                log.info("a night was missed and is made up for now")
                # Not a job of its own: APScheduler removes a job without a next run after it began,
                # and fails in its thread where it is shut down in between.
                night.modify(next_run_time=datetime.now(UTC))
        if self._settings.export.enabled:
            when = trigger(self._settings.night, self._settings.export.cron)
            self._add(self._export, when, "export")
        self._add(
            lambda: self._store.handled_events.forget_before(EVENTS_KEPT),
            IntervalTrigger(hours=6),
            "events",
        )
        retain = self._add(self._retain, IntervalTrigger(days=1), "retention")
        # A bot that is started anew every morning would never come to it otherwise.
        retain.modify(next_run_time=datetime.now(UTC) + RETAIN_AFTER)
        if self._guard and self._settings.night.go_back:
            self._add(self._look, IntervalTrigger(minutes=1), "guard")
        if self._settings.digest.enabled:
            # Not at its own time: a look every minute makes up for what was due while it was off.
            self._add(self._digest, IntervalTrigger(minutes=1), "digest")
        every = IntervalTrigger(seconds=REPORT_EVERY.total_seconds())
        self._add(self._nights.announce_missed, every, "reports")
        # The clock that the scheduler waits on stands still while the computer sleeps; a job every
        # minute bounds how late a night begins after the sleep.
        self._add(_tick, IntervalTrigger(minutes=1), "tick")
        self._scheduler.start()

    def stop(self) -> None:
        """Stops the schedule; a night that is under way is stopped by its runner."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def _add(self, job: Callable[[], object], when: object, name: str) -> Job:
        # misfire_grace_time=None and coalesce: it runs however late, and once for all misses.
        return self._scheduler.add_job(
            job, when, id=name, coalesce=True, max_instances=1, misfire_grace_time=None
        )

    def _night(self) -> None:
        try:
            self._nights.run()
        except NightschoolError as error:
            log.warning("the night did not start", why=str(error))

    def _look(self) -> None:
        try:
            if self._guard:
                self._guard.look()
        except (NightschoolError, OSError) as error:
            log.warning("votes could not be looked at", why=str(error))

    def _retain(self) -> None:
        """Takes the words out of old answers where the settings say so, and compacts the file."""
        retention, days = Retention(self._store.connections), self._settings.replies.keep_days
        try:
            if days is not None:
                cleared = retention.forget_older(days, datetime.now(UTC))
                log.info("old answers lost their words", answers=cleared, days=days)
            if retention.compact():
                log.info("the database was compacted")
        except (NightschoolError, sqlite3.Error) as error:
            log.warning("the database was not cleared of old answers", why=str(error))

    def _digest(self) -> None:
        try:
            now = datetime.now(UTC)
            due = last_due(self._settings.night, self._settings.digest.cron, now)
            if due is not None:
                plan_digest(self._store, self._settings, due)
        except (NightschoolError, OSError) as error:
            log.warning("the weekly digest was not planned", why=str(error))

    def _export(self) -> None:
        try:
            scheduled_export(self._home, self._settings, self._store)
        except (NightschoolError, OSError) as error:
            log.warning("the scheduled export failed", why=str(error))


def _tick() -> None:
    """Does nothing: its schedule alone wakes the scheduler."""
