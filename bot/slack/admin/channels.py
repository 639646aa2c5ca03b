"""/nightschool channels: where the bot listens; admins switch channels on and off."""

import re

from bot.errors import InputError
from bot.slack.dependencies import Services
from bot.slack.messages.ephemeral import send_ephemeral
from bot.slack.messages.posting import MessageContent
from bot.slack.payloads.command import Command

CHANNEL = re.compile(r"<#([CG][A-Z0-9]+)(?:\|[^<>]*)?>")
HOW = "Write `/nightschool channels listen` or `mute`, there or with a #channel."
SWITCHES = {"listen": True, "mute": False}


def command(services: Services, command: Command) -> None:
    """`channels`, `channels listen`, `channels mute #general`."""
    words = command.raw.split()[1:]
    if not words:
        send_ephemeral(services.client, command.recipient, _list(services))
        return
    services.rights.require_admin(command.user)
    switch = SWITCHES.get(words[0].lower())
    named = CHANNEL.search(command.raw)
    channel = named[1] if named else command.channel
    if switch is None or (len(words) > 1 and not named):
        raise InputError(HOW)
    if channel.startswith("D"):
        raise InputError(f"Direct messages cannot be switched. {HOW}")
    services.store.channels.set(channel, switch, command.user)
    said = (
        f"I listen in <#{channel}> now."
        if switch
        else f"I am silent in <#{channel}> now, and keep nothing of it."
    )
    send_ephemeral(services.client, command.recipient, MessageContent(said))


def _list(services: Services) -> MessageContent:
    listens = services.settings.slack.listen
    usual = "I listen where I am invited" if listens else "I listen only where I was switched on"
    lines = [f"{usual}; in direct messages always."]
    lines += [
        f"• <#{channel}>: {'listening' if on else 'muted'}"
        for channel, on in services.store.channels.all().items()
    ]
    return MessageContent("\n".join(lines))
