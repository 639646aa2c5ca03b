"""Whose thumbs count, and how many it takes: anyone, the asker, teachers, or n people."""

from collections.abc import Mapping

from bot.lessons.rated_answers import thumb_counts
from bot.permissions import Rights
from bot.settings import FeedbackSettings
from bot.store import StoredReply


class RatingWeights:
    """Weighs what people think of a reply. Everybody's opinion is kept; not everybody's counts."""

    def __init__(self, settings: FeedbackSettings, rights: Rights) -> None:
        self._settings = settings
        self._thumbs = settings.thumbs
        self._rights = rights

    def counts(self, reply: StoredReply, person: str) -> bool:
        """Whether this person's thumb on this reply has an effect.

        Outside of Slack there is one person at one machine, whose thumb always has.
        """
        in_slack = reply.source == "slack"
        return not in_slack or thumb_counts(self._settings, self._rights, reply.person, person)

    def missing(self, reply: StoredReply, opinions: Mapping[str, int]) -> int:
        """How many more must like a reply before it is taught; 0 or less where enough do.

        A thumb down weighs as much as one up: what one person likes and another does not is
        disputed, and not taught.
        """
        several = isinstance(self._thumbs, int) and reply.source == "slack"
        needed = self._thumbs if several and isinstance(self._thumbs, int) else 1
        counted = sum(value for who, value in opinions.items() if self.counts(reply, who))
        return needed - counted
