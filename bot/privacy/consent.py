"""Where the bot listens, and whose words it keeps. Knows no Slack beyond the look of its ids.

- A channel counts once the bot was invited and is switched on: `slack.listen` says whether an
  invitation is enough, `/nightschool channels` switches one channel on or off.
- Direct messages are answered and kept as a conversation. Nothing in them is learned unless the
  person teaches: by command, by a form, or by a thumb on an answer, which nobody else can see.
- Of a person who has opted out nothing is kept: see `bot.answers.assistant` and
  `bot.feedback.ratings`.
"""

import re

from bot.errors import InputError
from bot.settings import Settings
from bot.store import Store

CHANNEL = re.compile(r"[CG][A-Z0-9]+")
"""A channel of Slack's: not a direct message (D), not the console."""
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
    """Looks up what may be heard and kept; safe from any thread."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._listens = settings.slack.listen

    def listens(self, channel: str) -> bool:
        """Whether the bot hears what is said in a channel.

        In direct messages, and outside of Slack, it always does.
        """
        if not CHANNEL.fullmatch(channel):
            return True
        said = self._store.channels.listening(channel)
        return self._listens if said is None else said

    def keeps(self, person: str) -> bool:
        """Whether words of this person may be stored."""
        return not self._store.people.opted_out(person)

    def require_kept(self, person: str) -> None:
        """Lets those pass whose words may be stored.

        Raises:
            InputError: the person has opted out.
        """
        if not self.keeps(person):
            raise InputError(OPTED_OUT)

    def require_listening(self, channel: str) -> None:
        """Lets pass what comes from a channel that is switched on.

        Raises:
            InputError: it is not.
        """
        if not self.listens(channel):
            raise InputError(MUTED)
