"""Display names of members, each asked of Slack once, and texts with names instead of ids."""

import re
import threading
from collections import OrderedDict

import structlog
from slack_sdk import WebClient

from bot.slack.messages.mrkdwn import readable
from bot.slack.transport.errors import SLACK_TROUBLE, code_of

log = structlog.get_logger(__name__)
KEPT = 5000
"""Names in memory; beyond that the oldest are dropped."""
NOBODY = "someone"
_MEMBER = re.compile(r"[UW][A-Z0-9]{5,}")
"""A member's id, as far as one can tell: the author of an imported lesson may be called UWE."""


class MemberNames:
    """Looks up display names; safe from any thread. `own` is the bot's user id."""

    def __init__(self, client: WebClient, own: str) -> None:
        self.own = own
        self._client = client
        self._names: OrderedDict[str, str] = OrderedDict()
        self._guard = threading.Lock()

    def name(self, user: str) -> str:
        """Returns the display name of a user id; `someone` where Slack gives none."""
        with self._guard:
            if user in self._names:
                return self._names[user]
        try:
            member = self._client.users_info(user=user)["user"]
        except SLACK_TROUBLE as error:
            log.warning("a name was not found", error=type(error).__name__, code=code_of(error))
            return NOBODY
        profile = member.get("profile", {})
        display_name, real_name = profile.get("display_name"), member.get("real_name")
        name = display_name or real_name or member.get("name") or NOBODY
        with self._guard:
            self._names[user] = name
            if len(self._names) > KEPT:
                self._names.popitem(last=False)
        return str(name)

    def author(self, person: str) -> str:
        """Returns the name of a lesson's author: of a member the display name, else as it stands.

        Lessons from the page or a file have authors who are no members of Slack.
        """
        return self.name(person) if _MEMBER.fullmatch(person) else person

    def readable(self, text: str) -> str:
        """Converts mrkdwn to the text that people read, without mentions of the bot."""
        return readable(text, self.own, self.name)
