"""The weekly digest: who gets it, and what it tells. Sending it is Slack's part."""

from dataclasses import dataclass
from datetime import UTC, datetime

from bot.feedback.benefits.figures import WeekFigures, week_beside_week
from bot.permissions import Rights
from bot.privacy.consent import Privacy
from bot.settings import Settings
from bot.store import Example, Store
from bot.store.examples.scope import Audience
from bot.store.questions.expert_requests import ExpertRequest
from bot.store.questions.gaps import Gap

SHOWN = 5
"""At most so many of each kind are listed; the others are counted."""
MOST_COUNTED = 1000


@dataclass(frozen=True)
class Digest:
    """What a digest tells its audience.

    Attributes:
        week: the last seven days in figures.
        before: the seven days before them.
        gaps: what was asked and nobody has taught, at most SHOWN, most people first.
        gap_count: the number of all of these.
        unanswered: what experts were asked and have not answered, at most SHOWN, oldest first.
        unanswered_count: the number of all of these, counted up to MOST_COUNTED.
        due: lessons that their owners are to look at, at most SHOWN of them.
        due_count: the number of all of these.
    """

    week: WeekFigures
    before: WeekFigures
    gaps: tuple[Gap, ...]
    gap_count: int
    unanswered: tuple[ExpertRequest, ...]
    unanswered_count: int
    due: tuple[Example, ...]
    due_count: int

    @property
    def empty(self) -> bool:
        """Whether there is nothing to say."""
        waiting = self.gap_count or self.unanswered_count or self.due_count
        return not (self.week.questions or self.before.questions or waiting)


def plan_digest(store: Store, settings: Settings, due: datetime) -> bool:
    """Stores who gets the digest that was due at a time; returns False where that was done.

    There is one in a week of the calendar at most, however often it is due.

    Args:
        store: keeps what is to be sent.
        settings: say who gets it.
        due: when it was due, in the time zone of its schedule.
    """
    year, week, _ = due.isocalendar()
    return store.digests.plan(f"{year}-W{week:02}", recipients(store, settings))


def recipients(store: Store, settings: Settings) -> tuple[str, ...]:
    """Returns the channel that gets digests, or everybody who may decide about lessons.

    Whoever has opted out is left out: nothing is kept of them, nor that they are to get one.
    """
    if settings.digest.channel:
        return (settings.digest.channel,)
    privacy = Privacy(store, settings)
    return tuple(filter(privacy.keeps, Rights(store, settings).deciders()))


def gather_digest(store: Store, settings: Settings, audience: Audience, now: datetime) -> Digest:
    """Reads what a digest tells: words only of what its audience may see.

    Args:
        store: has all of it.
        settings: say when a lesson is due.
        audience: who reads it.
        now: the end of its week.
    """
    week, before = week_beside_week(store, now)
    gaps = store.gaps.listed(audience, SHOWN)
    unanswered = store.expert_requests.unanswered(audience, MOST_COUNTED)
    on, days = now.astimezone(UTC).date().isoformat(), settings.lessons.review_days
    return Digest(
        week,
        before,
        gaps.gaps,
        gaps.count,
        tuple(unanswered[:SHOWN]),
        len(unanswered),
        tuple(store.freshness.due(on, days, audience=audience, limit=SHOWN)),
        store.freshness.count_due(on, days, audience=audience),
    )
