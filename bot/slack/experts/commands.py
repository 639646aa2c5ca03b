"""`/nightschool experts` lists who knows about what; admins set experts up and remove them."""

import re

from slack_sdk import WebClient

from bot.errors import InputError
from bot.feedback.experts.directory import ANYTHING, Directory
from bot.permissions import Act, Rights
from bot.settings import AskingSettings
from bot.slack.messages.ephemeral import send_ephemeral
from bot.slack.messages.mrkdwn import escape, name, shorten
from bot.slack.messages.posting import MessageContent
from bot.slack.payloads.command import Command
from bot.slack.state.members import Members
from bot.slack.transport.errors import SLACK_TROUBLE, code_of
from bot.store import Store

TARGET = re.compile(r"<(?:#([CG][A-Z0-9]+)|@([UW][A-Z0-9]+))(?:\|[^<>]*)?>")
HOW = (
    "Write `/nightschool experts #channel words of its topics`, `experts @person words` or "
    "`experts remove #channel`. Topics are separated by commas; `*` is for anything else."
)
ABOUT = 300
"""Characters of an expert's topics."""
MOST, SHOWN = 200, 60
"""Experts that may be set up, and that a list shows."""


class ExpertCommands:
    """Lists experts, sets them up and removes them."""

    def __init__(
        self,
        store: Store,
        directory: Directory,
        settings: AskingSettings,
        rights: Rights,
        client: WebClient,
        names: Members,
    ) -> None:
        self._store = store
        self._directory = directory
        self._per_day = settings.per_day
        self._rights = rights
        self._client = client
        self._names = names

    def command(self, command: Command) -> None:
        """Runs `experts`, `experts #channel words`, `experts @person words`, `experts remove ...`.

        Raises:
            RightsError: only admins may change experts.
            InputError: the words are no subcommand, or this channel or person cannot be asked.
        """
        words = command.raw.split(None, 1)[1:]
        if not words:
            self._tell(command, self._list())
            return
        self._rights.require(command.user, Act.PEOPLE)
        named = TARGET.search(words[0])
        if named is None:
            raise InputError(HOW)
        target = named[1] or named[2]
        before, about = words[0][: named.start()].strip().lower(), words[0][named.end() :]
        if before == "remove" and not about.strip():
            self._tell(command, self._removed(target))
            return
        topics = " ".join(self._names.readable(about).split())
        if before or not topics:
            raise InputError(HOW)
        if len(topics) > ABOUT:
            raise InputError(f"Say it in {ABOUT} characters.")
        self._require_askable(target)
        self._store.experts.set(target, topics, command.user)
        self._tell(command, f"{self._called(target)} is asked about {self._about(topics)} now.")

    def _removed(self, target: str) -> str:
        if not self._store.experts.remove(target):
            if self._directory.in_settings(target):
                raise InputError("That expert is in `nightschool.toml`: remove it there.")
            raise InputError("They are not asked anything.")
        return f"{self._called(target)} is not asked any more."

    def _require_askable(self, target: str) -> None:
        """Checks that an expert can be asked.

        Raises:
            InputError: the bot is not in the channel, or it is shared with others; the person is
                no member here, is a bot, or has opted out; or there are too many experts.
        """
        experts = self._directory.experts()
        if len(experts) >= MOST and all(one.target != target for one in experts):
            raise InputError(f"{MOST} experts are the most: remove one first.")
        if target[0] in ("C", "G"):
            self._require_channel(target)
            return
        if target == self._names.own:
            raise InputError("I cannot ask myself.")
        self._names.learn(target)
        if not self._rights.may(target, Act.TEACH):
            raise InputError("Only members of this workspace can be asked.")
        if self._store.people.opted_out(target):
            raise InputError("They have opted out: I keep nothing of theirs and do not ask them.")

    def _require_channel(self, channel: str) -> None:
        try:
            shown = self._client.conversations_info(channel=channel)["channel"]
        except SLACK_TROUBLE as error:
            if code_of(error) != "channel_not_found":
                raise
            shown = {}
        if not shown.get("is_member"):
            raise InputError("I am not in that channel: invite me there with `/invite` first.")
        if shown.get("is_ext_shared"):
            raise InputError("That channel is shared with another organisation.")

    def _list(self) -> str:
        experts = self._directory.experts()
        if not experts:
            return (
                "I have nobody to ask yet. An admin can change that: "
                "`/nightschool experts #channel words of its topics`."
            )
        lines = [f"• {self._called(one.target)}: {self._about(one.about)}" for one in experts]
        if len(lines) > SHOWN:
            lines = [*lines[:SHOWN], f"• and {len(lines) - SHOWN} more"]
        often = "once" if self._per_day == 1 else f"{self._per_day} times"
        head = f"What nobody has taught me I ask them, each {often} a day at most:"
        return "\n".join([head, *lines])

    def _about(self, topics: str) -> str:
        return "anything else" if topics == ANYTHING else escape(shorten(topics, 100))

    def _called(self, target: str) -> str:
        if target[0] in ("C", "G"):
            return f"<#{escape(target)}>"
        return shorten(escape(name(self._names.name(target))), 80)

    def _tell(self, command: Command, text: str) -> None:
        send_ephemeral(self._client, command.recipient, MessageContent(text))
