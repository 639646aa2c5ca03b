"""`/nightschool channels` lists what the bot does in which channel; admins switch it on and off."""

import re

from slack_sdk import WebClient

from bot.errors import InputError
from bot.permissions import Rights
from bot.slack.messages.ephemeral import send_ephemeral
from bot.slack.messages.posting import MessageContent
from bot.slack.payloads.command import Command
from bot.slack.watching.switching import ChannelSwitches, strictness
from bot.store import Store
from bot.store.channels import AutoMode, ChannelModes

CHANNEL = re.compile(r"<#([CG][A-Z0-9]+)(?:\|[^<>]*)?>")
HOW = (
    "Write `/nightschool channels` with `listen` or `mute`, `watch` or `unwatch`, `auto`, "
    "`auto off` or `auto reset`, there or with a #channel."
)
SWITCHES = {
    "listen": "listen",
    "mute": "mute",
    "watch": "watch",
    "unwatch": "unwatch",
    "auto": "on",
    "auto on": "on",
    "auto off": "off",
    "auto reset": "reset",
}
"""What is switched by which words; those of `auto` are as `ChannelSwitches.auto` takes them."""
LISTED = 100
"""Channels in the list."""


class ChannelCommands:
    """Lists the channels that were switched, and switches one."""

    def __init__(
        self,
        store: Store,
        rights: Rights,
        client: WebClient,
        switches: ChannelSwitches,
        *,
        listens: bool,
    ) -> None:
        """`listens` says whether the bot listens in a channel that nobody has switched."""
        self._store = store
        self._rights = rights
        self._client = client
        self._switches = switches
        self._listens = listens

    def command(self, command: Command) -> None:
        """Runs `channels`, or `channels` with what is switched and where.

        Raises:
            RightsError: only admins may switch a channel.
            InputError: the words are no subcommand, or the channel is a direct message, or none
                that the bot is in.
        """
        words = command.raw.split()[1:]
        if not words:
            send_ephemeral(self._client, command.recipient, self._list())
            return
        self._rights.require_admin(command.user)
        named = CHANNEL.search(command.raw)
        channel = named[1] if named else command.channel
        said = " ".join(CHANNEL.sub(" ", command.raw).split()[1:])
        switch = SWITCHES.get(said.lower())
        if switch is None:
            raise InputError(HOW)
        if channel.startswith("D"):
            raise InputError(f"Direct messages cannot be switched. {HOW}")
        text = self._switched(channel, switch, command.user)
        send_ephemeral(self._client, command.recipient, MessageContent(text))

    def _switched(self, channel: str, switch: str, who: str) -> str:
        """Switches a channel and returns what the admin is told."""
        if switch in ("watch", "unwatch"):
            return self._switches.watch(channel, switch == "watch", who)
        if switch in ("on", "off", "reset"):
            return self._switches.auto(channel, switch, who)
        self._store.channels.set(channel, switch == "listen", who)
        if switch == "listen":
            return f"I listen in <#{channel}> now."
        return f"I am silent in <#{channel}> now, and keep nothing of it."

    def _list(self) -> MessageContent:
        usual = "I listen where I am invited"
        if not self._listens:
            usual = "I listen only where I was switched on"
        lines = [f"{usual}; in direct messages always."]
        heard, modes = self._store.channels.all(), self._store.channels.with_modes()
        channels = list(dict.fromkeys((*heard, *modes)))
        for channel in channels[:LISTED]:
            what = ", ".join(self._of(channel, heard.get(channel), modes.get(channel)))
            lines.append(f"• <#{channel}>: {what}")
        if len(channels) > LISTED:
            lines.append(f"and {len(channels) - LISTED} more")
        return MessageContent("\n".join(lines))

    def _of(self, channel: str, on: bool | None, modes: ChannelModes | None) -> list[str]:
        """Returns what the bot does in a channel, in a few words each."""
        listening = [] if on is None else ["listening" if on else "muted"]
        if modes is not None and modes.watched:
            listening.append("watched for answers of teachers")
        if modes is not None and modes.auto:
            mode = self._store.channels.auto(channel) or AutoMode()
            listening.append(f"answering without a mention, {strictness(mode)}")
        return listening
