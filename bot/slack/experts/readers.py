"""Who may be shown a question in Slack: those who may read the place in which it was asked."""

from collections.abc import Iterator

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.permissions import Act, Rights
from bot.slack.state.members import Members
from bot.slack.transport.errors import code_of
from bot.slack.transport.retry import is_outage
from bot.store import Store
from bot.store.examples.scope import Scope
from bot.store.questions.experts import Expert

log = structlog.get_logger(__name__)
PAGES, PAGE = 20, 500
"""Pages of a channel's members that are read at most, and how many stand on each."""


class Readers:
    """Asks Slack whether an expert is there, belongs here, and may read a question."""

    def __init__(self, client: WebClient, store: Store, members: Members, rights: Rights) -> None:
        self._client = client
        self._store = store
        self._members = members
        self._rights = rights

    def may_read(self, expert: Expert, scope: Scope) -> bool:
        """Returns whether an expert may be shown a question.

        What was asked in a private channel is shown to its own members alone. What was asked in
        direct messages is shown as who asked it has agreed. No other organisation reads either.

        Args:
            expert: a person or a channel.
            scope: who may read the question.

        Raises:
            SlackClientError, OSError: Slack is away.
        """
        if expert.channel:
            own = scope.kind != "channel" or scope.id == expert.target
            return own and not self._shared(expert.target)
        if not self._belongs(expert.target):
            return False
        return scope.kind != "channel" or expert.target in self._members_of(scope.id or "")

    def _belongs(self, person: str) -> bool:
        """Returns whether a person is a member of the workspace, and has not left it."""
        try:
            user = self._client.users_info(user=person)["user"]
        except SlackApiError as error:
            if is_outage(error):
                raise
            log.info("an expert is not known", code=code_of(error))
            return False
        if user.get("deleted") or user.get("is_bot"):
            return False
        self._members.learn(person)
        return self._rights.may(person, Act.TEACH)

    def _shared(self, channel: str) -> bool:
        """Returns whether another organisation is in a channel now.

        It may have been let in since the channel was set up, and nobody need have spoken since.
        """
        try:
            shown = self._client.conversations_info(channel=channel)["channel"]
        except SlackApiError as error:
            if is_outage(error):
                raise
            log.info("a channel is not known", code=code_of(error))
            return self._store.places.shared(channel)
        return bool(shown.get("is_ext_shared")) or self._store.places.shared(channel)

    def _members_of(self, channel: str) -> set[str]:
        try:
            return set(self._pages(channel))
        except SlackApiError as error:
            if is_outage(error):
                raise
            log.info("the members of a channel are not known", code=code_of(error))
            return set()

    def _pages(self, channel: str) -> Iterator[str]:
        cursor = ""
        for _ in range(PAGES):
            answer = self._client.conversations_members(channel=channel, cursor=cursor, limit=PAGE)
            yield from answer["members"]
            cursor = str((answer.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return
