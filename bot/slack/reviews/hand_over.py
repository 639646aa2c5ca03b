"""`/nightschool lessons hand 12 @ben` gives a lesson to another owner."""

import re

from slack_sdk import WebClient

from bot.errors import InputError
from bot.lessons.reviews.decisions import ReviewDecisions
from bot.permissions import Act, Rights
from bot.slack.lessons.lesson_access import LessonAccess
from bot.slack.messages.buttons import number
from bot.slack.messages.ephemeral import send_ephemeral
from bot.slack.messages.mrkdwn import escape
from bot.slack.messages.posting import MessageContent
from bot.slack.payloads import acts
from bot.slack.payloads.command import Command, CommandHandler
from bot.slack.state.members import Members

HAND = re.compile(r"hand\b", re.IGNORECASE)
HOW = "Write `/nightschool lessons hand 12 @name`."
_NAMED = re.compile(r"hand\s+#?(\d+)\s+<@([UW][A-Z0-9]+)(?:\|[^>]*)?>", re.IGNORECASE)
PAGES = 10
"""Pages of the members of a channel that are read at most, of 200 each."""


class HandOver:
    """Hands lessons over, and tells the new owner what that means."""

    def __init__(
        self,
        decisions: ReviewDecisions,
        access: LessonAccess,
        rights: Rights,
        client: WebClient,
        names: Members,
        others: CommandHandler,
    ) -> None:
        """`others` runs the commands about lessons that hand none over."""
        self._decisions = decisions
        self._access = access
        self._client = client
        self._names = names
        self._rights = rights
        self._others = others

    def command(self, command: Command) -> None:
        """Hands a lesson over, or runs another command about lessons.

        Raises:
            RightsError: it is none of theirs, or not shown here.
            NotFoundError: there is no such lesson.
            InputError: the words are not understood, or the new owner cannot own it.
        """
        if not HAND.match(acts.behind(command.text)):
            self._others(command)
            return
        self._rights.require(command.user, Act.TEACH)
        named = _NAMED.fullmatch(acts.behind(command.raw))
        if named is None:
            raise InputError(HOW)
        example_id, person = number(named[1]), named[2]
        self._access.visible(command.recipient, example_id)
        if person == self._names.own or self._names.gone(person):
            raise InputError("They cannot own a lesson: name a member of this workspace.")
        example = self._decisions.hand_over(example_id, person, command.user, self._reads)
        name = escape(self._names.name(person))
        told = f"{name} owns example {example.id} now: I ask them whether it still holds."
        send_ephemeral(self._client, command.recipient, MessageContent(told))

    def _reads(self, channel: str, person: str) -> bool:
        """Returns whether a person is a member of a channel.

        Raises:
            SlackClientError, OSError: Slack does not say it.
        """
        cursor = ""
        for _ in range(PAGES):
            page = self._client.conversations_members(channel=channel, limit=200, cursor=cursor)
            if person in page["members"]:
                return True
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                break
        return False
