"""Whether a lesson was confirmed lately, and the words that mark one that was not.

A lesson is due once its interval has passed since somebody last said that it holds. It is still
told, with a mark. Where nobody confirms it for a second interval it is `expired`: nights leave it
out, and it is looked up only. No adapter is retired for that: it knows what was true when it was
trained, and the answer is the lesson's own words, with the mark.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Literal

from bot.settings import Settings
from bot.store import Example

State = Literal["fresh", "due", "expired"]
LONGEST = 3650
"""Days of the longest interval."""


def utc_now() -> datetime:
    """Returns the present time, in UTC."""
    return datetime.now(UTC)


class Freshness:
    """Says of each lesson whether it is due; `now` is the clock."""

    def __init__(self, settings: Settings, now: Callable[[], datetime] = utc_now) -> None:
        self._days = settings.lessons.review_days
        self._now = now

    def state(self, example: Example, now: datetime | None = None) -> State:
        """Returns whether an example is due, or has left the nights.

        Args:
            example: the example.
            now: the time [that of the clock].
        """
        day = (now or self._now()).astimezone(UTC).date()
        interval = self.interval(example)
        due = interval > 0 and example.status == "approved"
        if not due or confirmed(example).date() + timedelta(days=interval) > day:
            return "fresh"
        expired = example.leaves_on is not None and example.leaves_on <= day.isoformat()
        return "expired" if expired else "due"

    def since(self, example: Example, now: datetime | None = None) -> str | None:
        """Returns the mark of an example, "not confirmed since 3 May"; None while it is fresh."""
        at = now or self._now()
        if self.state(example, at) == "fresh":
            return None
        day = confirmed(example)
        year = "" if day.year == at.year else f" {day.year}"
        return f"not confirmed since {day.day} {day:%B}{year}"

    def interval(self, example: Example) -> int:
        """Returns the days after which an example is due; 0 where it never is."""
        if example.review_days is not None:
            return example.review_days
        return self._days or 0


def confirmed(example: Example) -> datetime:
    """Returns the time at which somebody last said that an example holds, in UTC."""
    return datetime.fromisoformat(example.confirmed_at or example.created_at).astimezone(UTC)
