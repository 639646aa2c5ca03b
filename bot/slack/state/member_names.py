"""Display names of members, asked of Slack once an hour, and texts with names instead of ids."""

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.slack.messages.mrkdwn import Names, readable
from bot.slack.transport.errors import SLACK_TROUBLE, code_of

log = structlog.get_logger(__name__)
KEPT = 5000
"""People in memory; beyond that the oldest are dropped."""
FRESH_SECONDS = 3600.0
"""How long what Slack said of a person is taken for true."""
NOBODY = "someone"
HIDDEN = ("user_not_found", "user_not_visible")
"""Error codes of Slack for a person whom this workspace does not know."""
_MEMBER = re.compile(r"[UW][A-Z0-9]{5,}")
"""A member's id, as far as one can tell: the author of an imported lesson may be called UWE."""


@dataclass(frozen=True)
class Profile:
    """What Slack says of a person.

    Attributes:
        name: the display name.
        guest: whether they are a guest of the workspace, or a stranger to it.
        team: the id of the workspace that they belong to, where Slack says it.
        teams: the ids of the workspaces of their organisation that they are in.
        deleted: whether they have left the workspace.
        bot: whether it is an app, or Slack itself, and no person.
    """

    name: str
    guest: bool
    team: str | None
    teams: tuple[str, ...]
    deleted: bool = False
    bot: bool = False


SLACK_ITSELF = "USLACKBOT"
"""Of it, `users.info` says that it is no bot."""
UNSEEN = Profile(NOBODY, guest=True, team=None, teams=())
"""A person whom this workspace does not know."""


class MemberNames:
    """Looks up display names; safe from any thread. `own` is the bot's user id."""

    def __init__(
        self, client: WebClient, own: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`clock` tells seconds that only grow."""
        self.own = own
        self.mentioned = Names(self.name)
        """Who tells the names in texts; those of channels and groups are told by others."""
        self._client = client
        self._clock = clock
        self._profiles: OrderedDict[str, tuple[float, Profile]] = OrderedDict()
        self._guard = threading.Lock()

    def name(self, user: str) -> str:
        """Returns the display name of a user id; `someone` where Slack gives none."""
        try:
            return self._profile(user).name
        except SLACK_TROUBLE as error:
            log.warning("a name was not found", error=type(error).__name__, code=code_of(error))
            return NOBODY

    def author(self, person: str) -> str:
        """Returns the name of a lesson's author: of a member the display name, else as it stands.

        Lessons from the page or a file have authors who are no members of Slack.
        """
        return self.name(person) if _MEMBER.fullmatch(person) else person

    def readable(self, text: str) -> str:
        """Converts mrkdwn to the text that people read, without mentions of the bot."""
        return readable(text, self.own, self.mentioned)

    def _known(self, user: str) -> Profile | None:
        """Returns what Slack said of a person within the last hour."""
        with self._guard:
            asked_at, profile = self._profiles.get(user, (0.0, None))
        fresh = profile is not None and self._clock() - asked_at < FRESH_SECONDS
        return profile if fresh else None

    def _profile(self, user: str) -> Profile:
        """Returns what Slack says of a person; asks at most once an hour.

        Raises:
            SlackClientError, OSError: Slack does not answer.
        """
        if known := self._known(user):
            return known
        try:
            profile = _read(self._client.users_info(user=user)["user"])
        except SlackApiError as error:
            if code_of(error) not in HIDDEN:
                raise
            profile = UNSEEN
        with self._guard:
            self._profiles.pop(user, None)
            self._profiles[user] = self._clock(), profile
            if len(self._profiles) > KEPT:
                self._profiles.popitem(last=False)
        return profile


def _read(member: Mapping[str, Any]) -> Profile:
    """Reads the `user` of `users.info`."""
    shown = member.get("profile") or {}
    name = shown.get("display_name") or member.get("real_name") or member.get("name") or NOBODY
    guest = any(member.get(f"is_{kind}") for kind in ("restricted", "ultra_restricted", "stranger"))
    organisation = member.get("enterprise_user") or {}
    return Profile(
        str(name),
        guest,
        member.get("team_id") or None,
        tuple(map(str, organisation.get("teams") or ())),
        bool(member.get("deleted")),
        bool(member.get("is_bot")) or member.get("id") == SLACK_ITSELF,
    )
