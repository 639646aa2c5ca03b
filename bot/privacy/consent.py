"""In which channels the bot listens, and whose words it keeps.

This module knows nothing of Slack but the form of its ids.

- The bot listens in a channel to which it was invited and which is switched on: `slack.listen` says
  whether an invitation is enough, `/nightschool channels` switches one channel on or off.
- Direct messages are answered and kept as a conversation. Nothing in them is learned unless the
  person teaches: by command, by a form, or by a thumb on an answer, which nobody else can see. What
  they teach there is for them alone until they say otherwise: see `bot.lessons.scoping`.
- Nothing is kept of a person who has opted out: see `bot.answers.assistant` and
  `bot.feedback.ratings`.
"""

import re

from bot.errors import InputError
from bot.settings import Settings
from bot.store import Store

CHANNEL = re.compile(r"[CG][A-Z0-9]+")
"""Matches the id of a channel in Slack, but not of a direct message (D) or the console."""
OPTED_OUT = (
    "You have opted out, so I keep nothing of yours and cannot take that. "
    "`/nightschool opt in` changes it."
)
THEIRS = "Who wrote that has opted out: I keep nothing of theirs."
MUTED = (
    "I am not switched on in this channel, so I keep nothing of it. "
    "An admin can change that: `/nightschool channels listen`."
)


class Privacy:
    """Looks up where the bot may listen and whose words it may keep; safe from any thread."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._listens = settings.slack.listen

    def listens(self, channel: str) -> bool:
        """Returns whether the bot listens in a channel.

        It always listens in direct messages and outside of Slack.
        """
        if not CHANNEL.fullmatch(channel):
            return True
        switched = self._store.channels.listening(channel)
        return self._listens if switched is None else switched

    def keeps(self, person: str) -> bool:
        """Returns whether words of a person may be stored."""
        return not self._store.people.opted_out(person)

    def require_kept(self, person: str) -> None:
        """Checks that words of a person may be stored.

        Raises:
            InputError: the person has opted out.
        """
        if not self.keeps(person):
            raise InputError(OPTED_OUT)

    def require_listening(self, channel: str) -> None:
        """Checks that the bot listens in a channel.

        Raises:
            InputError: the channel is switched off.
        """
        if not self.listens(channel):
            raise InputError(MUTED)
