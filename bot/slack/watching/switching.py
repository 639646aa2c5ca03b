"""Switches on what the bot does in a channel besides answering, and says so to the channel."""

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.errors import InputError
from bot.privacy.consent import MUTED, Privacy
from bot.slack.messages import posting
from bot.slack.messages.posting import MessageContent, Place
from bot.slack.transport.errors import code_of
from bot.store import Store
from bot.store.channels import AutoMode

log = structlog.get_logger(__name__)
HOW_WATCH = "Write `/nightschool channels watch` or `unwatch`, there or with a #channel."
HOW_AUTO = (
    "Write `/nightschool channels auto`, `auto off` or `auto reset`, there or with a #channel."
)
WATCHING = (
    ":eyes: From now on I watch here for answers worth keeping: when a teacher has answered a "
    "question, and whoever asked says thanks or gives a thumbs-up, I ask that teacher in a direct "
    "message whether I may learn it. I store nothing before they say yes, and whoever asked is "
    "told and can refuse. An admin ends it: `/nightschool channels unwatch`."
)
ANSWERING = (
    ":bulb: From now on I answer questions here without a mention, once in their thread, where "
    "somebody has taught me the answer and I am sure of it; else I am silent and store nothing. "
    "A thumb down makes me stricter here. An admin ends it: `/nightschool channels auto off`."
)
ABSENT = ("not_in_channel", "channel_not_found", "is_archived")
"""Codes with which Slack refuses a message in a channel that the bot is not in."""
NOT_THERE = "I am not in that channel: invite me there first, and then switch it on."


class ChannelSwitches:
    """Switches watching, and answers without a mention, on and off; rights are checked before."""

    def __init__(self, store: Store, privacy: Privacy, client: WebClient) -> None:
        self._store = store
        self._privacy = privacy
        self._client = client

    def watch(self, channel: str, on: bool, who: str) -> str:
        """Switches watching on or off.

        Args:
            channel: Slack's id of the channel.
            on: True to watch; the channel is told then.
            who: the id of the admin who does it.

        Returns:
            What they are told, as mrkdwn.

        Raises:
            InputError: the bot is not in the channel, or is switched off there.
            SlackClientError, OSError: Slack is away.
        """
        here, before = f"<#{channel}>", self._store.channels.watched(channel)
        if not on:
            self._store.channels.watch(channel, False, who)
            return f"I do not watch {here} any more." if before else f"I do not watch {here}."
        if before:
            return f"I watch {here} already. {HOW_WATCH}"
        self._announce(channel, WATCHING)
        self._store.channels.watch(channel, True, who)
        return f"I watch {here} now, and have said so there."

    def auto(self, channel: str, word: str, who: str) -> str:
        """Switches answers without a mention on or off, or makes them as lenient as at first.

        Args:
            channel: Slack's id of the channel.
            word: `on`, `off` or `reset`; the channel is told where it is switched on.
            who: the id of the admin who does it.

        Returns:
            What they are told, as mrkdwn.

        Raises:
            InputError: the bot is not in the channel, or is switched off there, or there is
                nothing to reset.
            SlackClientError, OSError: Slack is away.
        """
        here, mode = f"<#{channel}>", self._store.channels.auto(channel)
        if word == "off":
            self._store.channels.set_auto(channel, False, who)
            return f"I answer in {here} only where I am asked." + (" That is new." if mode else "")
        if word == "reset":
            if mode is None:
                raise InputError(f"I do not answer without a mention there. {HOW_AUTO}")
            self._store.channels.set_auto(channel, True, who)
            return f"I am as strict in {here} as at first: {strictness(AutoMode())}."
        if mode is not None:
            return f"In {here} that is switched on already: {strictness(mode)}. {HOW_AUTO}"
        self._announce(channel, ANSWERING)
        self._store.channels.set_auto(channel, True, who)
        return (
            f"In {here} I answer without a mention now, {strictness(AutoMode())}, and have said so "
            "there."
        )

    def _announce(self, channel: str, text: str) -> None:
        """Tells a channel what begins there, before it begins."""
        if not self._privacy.listens(channel):
            raise InputError(MUTED)
        try:
            posting.say(self._client, Place(channel), MessageContent(text))
        except SlackApiError as error:
            if code_of(error) in ABSENT:
                raise InputError(NOT_THERE) from error
            raise


def strictness(mode: AutoMode) -> str:
    """Returns how sure the bot has to be to answer without a mention, in a few words."""
    if mode.floor is None:
        return "but thumbs down have ended it"
    return f"from {mode.floor:.0%} sure"
