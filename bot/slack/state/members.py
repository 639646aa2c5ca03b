"""Who belongs to the workspace: guests and people of other organisations are told from members."""

import time
from collections.abc import Callable

import structlog
from slack_sdk import WebClient

from bot.slack.state.member_names import MemberNames, Profile
from bot.slack.transport.errors import SLACK_TROUBLE, code_of
from bot.store import Store

log = structlog.get_logger(__name__)


class Members(MemberNames):
    """Looks up names, and stores who is an outsider; safe from any thread.

    What `bot.permissions` decides by stands in the store. Only of people who do something with the
    bot it is stored, not of everybody whose name is shown.
    """

    def __init__(
        self,
        client: WebClient,
        store: Store,
        own: str,
        team: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`own` is the bot's user id, `team` the id of its workspace."""
        super().__init__(client, own, clock)
        self._store = store
        self._team = team

    def learn(self, user: str) -> None:
        """Finds out whether a person is an outsider and stores it; asks Slack at most once an hour.

        Where Slack does not say it, what it said before stands. It may wait for Slack, so it is
        not called before a payload is acknowledged. Never raises for a failure of Slack.
        """
        people = self._store.people
        if self._known(user) and people.outsider(user) is not None:
            return
        try:
            profile = self._profile(user)
        except SLACK_TROUBLE as error:
            log.warning("a person is unknown", error=type(error).__name__, code=code_of(error))
            return
        people.seen(user, outsider=self._is_outsider(profile), team=profile.team)

    def gone(self, user: str) -> bool | None:
        """Returns whether a person has left the workspace, or is none, but another bot.

        None where Slack does not say. It stores whether they are an outsider, as `learn` does, and
        never raises for a failure.
        """
        self.learn(user)
        profile = self._known(user)
        return profile.deleted or profile.bot if profile else None

    def team(self, user: str) -> str | None:
        """Returns the id of the workspace that a person belongs to, as far as it is known."""
        profile = self._known(user)
        return profile.team if profile else self._store.people.team(user)

    def _is_outsider(self, profile: Profile) -> bool:
        if profile.guest:
            return True
        teams = {profile.team, *profile.teams} - {None}
        return bool(teams) and self._team not in teams
