"""What kind of channel a lesson is taught in, and how channels are called: asked of Slack.

Where Slack does not tell a kind, it is taken from what came from the channel.

The app of an old installation may not ask: it lacks the scopes. Then the kind is taken from events
and commands, and what only their names tell never makes a channel more public than it was known.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.slack.transport.errors import SLACK_TROUBLE, code_of
from bot.store import Store
from bot.store.places import PlaceKind

log = structlog.get_logger(__name__)
FRESH_SECONDS = 3600.0
"""How long what Slack said of a channel, or refused to say, is not asked again."""
KEPT = 2000
"""Channels in memory; beyond that the oldest are dropped."""
ASKED = 50
"""Channels of unknown kind that `learn_unknown` asks for."""
TYPES: Mapping[str, PlaceKind] = {
    "channel": "public",
    "group": "private",
    "mpim": "group",
    "im": "direct",
}
"""The kinds of channels by `channel_type` of message events."""


class SlackPlaces:
    """Learns the kinds of channels; safe from any thread."""

    def __init__(
        self, client: WebClient, store: Store, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`clock` tells seconds that only grow."""
        self._client = client
        self._store = store
        self._clock = clock
        self._asked: OrderedDict[str, tuple[float, str | None]] = OrderedDict()
        """When Slack was asked about a channel, and with which code it refused."""
        self._guard = threading.Lock()

    def hint(self, channel: str, kind: str | None, shared: bool | None = None) -> None:
        """Learns the kind of a channel from an event.

        Args:
            channel: Slack's id of the channel.
            kind: the event's `channel_type`; nothing is learned of any that is not in TYPES.
            shared: whether the event says that other organisations are in the channel.
        """
        if known := TYPES.get(kind or ""):
            self._store.places.learn(channel, known, shared)

    def ensure(
        self, channel: str, name: str | None = None, *, narrow_only: bool = False
    ) -> PlaceKind | None:
        """Finds out the kind of a channel before something is taught there; never raises.

        It may wait for Slack, which is asked at most once an hour.

        Args:
            channel: Slack's id of the channel.
            name: the `channel_name` of a command; it counts where Slack refuses to tell.
            narrow_only: whether `name` is that of a click, from which no channel is public.

        Returns:
            The kind; None where nobody tells it.
        """
        places = self._store.places
        if not channel or channel.startswith("D"):
            return places.kind(channel)
        answered, refusal = self._ask(channel)
        known = places.kind(channel)
        if answered or not name:
            return known
        if name == "privategroup" or name.startswith("mpdm-"):
            if known in (None, "public"):
                places.learn(channel, "private" if name == "privategroup" else "group")
        elif known is None and refusal == "missing_scope" and not narrow_only:
            # Any other refusal speaks of a channel that the bot does not see, so of no public one.
            places.learn(channel, "public")
        return places.kind(channel)

    def name(self, channel: str, label: str = "") -> str:
        """Returns the name of a channel that somebody mentions, without `#`.

        It may wait for Slack, which is asked at most once an hour. What is not known to be public
        has its id for a name, which leads back to the channel for those who see it: the words go
        into answers and lessons, and Slack hides such a name from all others. So has a public one
        of which neither Slack nor a label tells the name.

        Args:
            channel: Slack's id of the channel.
            label: what stands behind the id in the text.
        """
        answered, _ = self._ask(channel)
        known = self._store.places.name(channel)
        if self._store.places.kind(channel) != "public":
            known, label = None, ""
        if known and (answered or not label):
            return known
        if not label:
            self._store.places.learn_name(channel, channel)
        return label or channel

    def _ask(self, channel: str) -> tuple[bool, str | None]:
        """Asks Slack for the kind of a channel, unless it was asked within the hour.

        Returns:
            Whether Slack has told it, and the code with which it refused.
        """
        with self._guard:
            asked = self._asked.get(channel)
        if asked is not None and self._clock() - asked[0] < FRESH_SECONDS:
            return asked[1] is None, asked[1]
        try:
            shown = self._client.conversations_info(channel=channel)["channel"]
        except SLACK_TROUBLE as error:
            code = code_of(error)
            log.info("a channel's kind is not known", error=type(error).__name__, code=code)
            if isinstance(error, SlackApiError):
                self._note(channel, code)
            return False, code
        kind = kind_of(shown)
        self._store.places.learn(channel, kind, bool(shown.get("is_ext_shared")))
        if kind in ("public", "private"):  # that of a group message is made of people's names
            self._store.places.learn_name(channel, str(shown.get("name") or ""))
        self._note(channel, None)
        return True, None

    def _note(self, channel: str, refusal: str | None) -> None:
        with self._guard:
            self._asked[channel] = self._clock(), refusal
            self._asked.move_to_end(channel)
            if len(self._asked) > KEPT:
                self._asked.popitem(last=False)


def kind_of(shown: Mapping[str, Any]) -> PlaceKind:
    """Reads the kind of a channel from the `channel` of `conversations.info`."""
    if shown.get("is_im"):
        return "direct"
    if shown.get("is_mpim"):
        return "group"
    return "private" if shown.get("is_private") or shown.get("is_group") else "public"


def learn_unknown(client: WebClient, store: Store) -> None:
    """Asks Slack for the kinds of channels in which lessons were taught before kinds were kept."""
    places = SlackPlaces(client, store)
    for channel in store.examples.places_unknown()[:ASKED]:
        places.ensure(channel)
