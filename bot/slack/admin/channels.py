"""`/nightschool channels` lists where the bot listens; admins switch channels on and off."""

import re

from slack_sdk import WebClient

from bot.errors import InputError
from bot.permissions import Rights
from bot.slack.messages.ephemeral import send_ephemeral
from bot.slack.messages.posting import MessageContent
from bot.slack.payloads.command import Command
from bot.store import Store

CHANNEL = re.compile(r"<#([CG][A-Z0-9]+)(?:\|[^<>]*)?>")
HOW = "Write `/nightschool channels listen` or `mute`, there or with a #channel."
SWITCHES = {"listen": True, "mute": False}


class ChannelCommands:
    """Lists the channels that were switched, and switches one."""

    def __init__(self, store: Store, rights: Rights, client: WebClient, *, listens: bool) -> None:
        """`listens` says whether the bot listens in a channel that nobody has switched."""
        self._store = store
        self._rights = rights
        self._client = client
        self._listens = listens

    def command(self, command: Command) -> None:
        """Runs `channels`, `channels listen` or `channels mute #general`.

        Raises:
            RightsError: only admins may switch a channel.
            InputError: the words are no subcommand, or the channel is a direct message.
        """
        words = command.raw.split()[1:]
        if not words:
            send_ephemeral(self._client, command.recipient, self._list())
            return
        self._rights.require_admin(command.user)
        listen = SWITCHES.get(words[0].lower())
        named = CHANNEL.search(command.raw)
        channel = named[1] if named else command.channel
        if listen is None or (len(words) > 1 and not named):
            raise InputError(HOW)
        if channel.startswith("D"):
            raise InputError(f"Direct messages cannot be switched. {HOW}")
        self._store.channels.set(channel, listen, command.user)
        text = (
            f"I listen in <#{channel}> now."
            if listen
            else f"I am silent in <#{channel}> now, and keep nothing of it."
        )
        send_ephemeral(self._client, command.recipient, MessageContent(text))

    def _list(self) -> MessageContent:
        usual = "I listen where I am invited"
        if not self._listens:
            usual = "I listen only where I was switched on"
        lines = [f"{usual}; in direct messages always."]
        lines += [
            f"• <#{channel}>: {'listening' if on else 'muted'}"
            for channel, on in self._store.channels.all().items()
        ]
        return MessageContent("\n".join(lines))
