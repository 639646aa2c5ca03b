"""Who is asked this week which of the lessons still hold, and what became of those they were asked.

The owner of a lesson is asked. Of one whose owner has left, has opted out or is a guest, the
teachers are; one for a single channel is then asked about in that channel, as its words are told
nowhere else, and one for a single person is not asked about at all.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta

from bot.lessons.reviews.freshness import Freshness
from bot.permissions import Act, Rights
from bot.privacy.consent import CHANNEL, Privacy
from bot.settings import MEMBER, Settings
from bot.store import Example, Store
from bot.store.examples.reviews import Outcome
from bot.store.examples.scope import Audience, sees

WEEK = timedelta(days=7)
MOST = 100
"""Lessons in one message at most; the others come a week later."""
ANSWERABLE = timedelta(days=90)
"""How long a message is kept up to date with what becomes of its lessons."""
Gone = Callable[[str], bool | None]
"""Whether a person has left the workspace, or is a bot, by their id; None where nobody knows."""


class DueLessons:
    """Finds out what is due, and makes the messages that ask about it; safe from any thread."""

    def __init__(
        self, store: Store, settings: Settings, freshness: Freshness | None = None
    ) -> None:
        """`freshness` has the clock."""
        self.freshness = freshness or Freshness(settings)
        self._store = store
        self._days = settings.lessons.review_days
        self._rights = Rights(store, settings)
        self._privacy = Privacy(store, settings)

    def look(self) -> None:
        """Notes of each lesson that has become due when it leaves the nights."""
        self._store.freshness.look(self._today(), self._days)

    def of_owner(self, person: str, limit: int) -> list[Example]:
        """Returns the due lessons of one person, those confirmed longest ago first."""
        return self._store.freshness.due(self._today(), self._days, owner=person, limit=limit)

    def count_of(self, person: str) -> int:
        """Returns how many due lessons a person has."""
        return self._store.freshness.count_due(self._today(), self._days, owner=person)

    def prepare(self, gone: Gone) -> None:
        """Makes a message for everybody who has due lessons and was asked nothing for a week.

        Args:
            gone: asks Slack who has left.
        """
        since = self._before(WEEK)
        wanted: dict[str, list[Example]] = {}
        for owner in self._store.freshness.owners(self._today(), self._days):
            asked = self._store.reviews.asked_since(owner, since)
            stays = True if asked else self._stays(owner, gone)
            if asked or stays is None:
                continue
            for example in self.of_owner(owner, MOST):
                for recipient in [owner] if stays else self._others(example, gone):
                    wanted.setdefault(recipient, []).append(example)
        for recipient, examples in wanted.items():
            ids = [example.id for example in examples[:MOST]]
            self._store.reviews.add(recipient, ids, self._before(timedelta()), since)

    def settle_decided(self) -> None:
        """Stores of lessons that wait in messages what became of them elsewhere."""
        for example_id in self._store.reviews.not_due(self.answerable_since()):
            outcome = self._became(self._store.examples.get(example_id))
            self._store.reviews.settle([example_id], outcome, None)

    def answerable_since(self) -> str:
        """Returns the time since which messages are kept up to date."""
        return self._before(ANSWERABLE)

    def shown(self, recipient: str, review_id: int) -> list[Example]:
        """Returns the lessons of a message that wait, as far as its readers may see them."""
        place = audience(recipient)
        waiting = (
            self._store.examples.get(lesson.example_id)
            for lesson in self._store.reviews.lessons(review_id)
            if lesson.outcome is None
        )
        return [
            example
            for example in waiting
            if example.completion and sees(place, example.for_whom, example.author, example.owner)
        ]

    def _became(self, example: Example) -> Outcome:
        if example.status == "superseded":
            return "edited"
        if example.status != "approved":
            return "retired"
        return "confirmed" if self.freshness.state(example) == "fresh" else "settled"

    def _stays(self, person: str, gone: Gone) -> bool | None:
        """Returns whether somebody can be asked; None where nobody knows that now."""
        if not MEMBER.fullmatch(person) or not self._privacy.keeps(person):
            return False
        left = gone(person)
        if left is not False:
            return None if left is None else False
        if self._rights.is_outsider(person) is None:
            return None
        return self._rights.may(person, Act.TEACH)

    def _others(self, example: Example, gone: Gone) -> Iterator[str]:
        """Returns who is asked in the place of an owner who is not there."""
        if example.scope == "everyone":
            yield from (who for who in self._rights.deciders() if self._stays(who, gone))
        elif example.scope == "channel" and self._listened(example.scope_id or ""):
            yield str(example.scope_id)

    def _listened(self, channel: str) -> bool:
        return bool(CHANNEL.fullmatch(channel)) and self._privacy.listens(channel)

    def _today(self) -> str:
        return self.freshness.now().date().isoformat()

    def _before(self, time: timedelta) -> str:
        return (self.freshness.now() - time).isoformat(timespec="milliseconds")


def audience(recipient: str) -> Audience:
    """Returns who reads a message: a person in their direct messages, or a channel."""
    if CHANNEL.fullmatch(recipient):
        return Audience(channel=recipient)
    return Audience(person=recipient, own=True)
