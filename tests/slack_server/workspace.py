"""What a Slack workspace holds: people, channels, messages, views. No sockets here."""

import itertools
import time
from dataclasses import dataclass, field
from typing import Any

TEAM = "T0SCHOOL"
APP = "A0NIGHTSCHOOL"
BOT = "U0NIGHTBOT"
BOT_ID = "B0NIGHTBOT"
ANNA = "U0ANNA"
BEN = "U0BEN"
OTHER_BOT = "U0OTHERBOT"
CLEO = "U0CLEO"
"""A guest of the workspace; she is in GENERAL, and in no other channel."""
DORA = "U0DORA"
"""A person of another organisation; she is in SHARED alone."""
OTHER_TEAM = "T0PARTNER"
GENERAL = "C0GENERAL"
"""The bot, Anna and Ben are in it."""
ELSEWHERE = "C0ELSEWHERE"
"""Anna and Ben are in it, the bot is not."""
DIRECT = "D0ANNA"
"""Anna's direct messages with the bot."""
PRIVATE = "C0PRIVATE"
"""A private channel; the bot, Anna and Ben are in it."""
GROUP = "G0GROUP"
"""A group message of Anna, Ben and the bot."""
OPS = "S0OPS"
"""A user group of the workspace."""
SHARED = "C0SHARED"
"""A public channel that is shared with OTHER_TEAM; the bot, Anna, Ben and Dora are in it."""


class RefusedError(Exception):
    """What the Web API answers instead of `ok`; the text is Slack's error code."""

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


@dataclass
class Person:
    """A member, a guest, or somebody of another organisation; `bot_id` is set for bots."""

    id: str
    name: str
    bot_id: str | None = None
    team: str = TEAM
    guest: bool = False
    deleted: bool = False

    @property
    def stranger(self) -> bool:
        """Whether they are of another organisation."""
        return self.team != TEAM


@dataclass
class Message:
    """A message as it stands now; `deleted` ones stay for the test to see."""

    channel: str
    ts: str
    user: str
    text: str
    thread_ts: str | None = None
    blocks: list[dict[str, Any]] = field(default_factory=list)
    bot_id: str | None = None
    ephemeral_to: str | None = None
    unfurl: bool = True
    edits: int = 0
    rang: bool = False
    """Whether Slack found an @channel in plain words, and everybody heard of it."""
    streaming: bool = False
    deleted: bool = False
    reactions: dict[str, list[str]] = field(default_factory=dict)

    @property
    def everything(self) -> str:
        """The text, and every text in the blocks."""
        return "\n".join([self.text, *texts_in(self.blocks)])

    def button_value(self, action: str) -> str:
        """The value of the first button with this action."""
        return next(
            str(element["value"])
            for block in self.blocks
            for element in block.get("elements", ())
            if element.get("action_id") == action
        )

    def as_json(self) -> dict[str, Any]:
        """The message as events and conversations.* show it."""
        shown: dict[str, Any] = {
            "type": "message",
            "user": self.user,
            "text": self.text,
            "ts": self.ts,
            "team": TEAM,
        }
        if self.thread_ts:
            shown["thread_ts"] = self.thread_ts
        if self.bot_id:
            shown |= {"bot_id": self.bot_id, "app_id": APP}
        if self.blocks:
            shown["blocks"] = self.blocks
        if self.reactions:
            shown["reactions"] = [
                {"name": name, "users": users, "count": len(users)}
                for name, users in self.reactions.items()
            ]
        return shown


@dataclass
class Session:
    """An agent session of one thread: `active`, `processing`, `suspended` or `closed`."""

    status: str
    title: str
    person: str | None = None


@dataclass
class Channel:
    """A conversation; `kind` is Slack's channel_type."""

    id: str
    name: str
    members: set[str]
    kind: str = "channel"
    archived: bool = False
    shared: bool = False
    """Whether people of another organisation are in it."""

    @property
    def private(self) -> bool:
        """Whether only its members see it."""
        return self.kind != "channel"

    @property
    def told_name(self) -> str:
        """Its name as commands and clicks tell it."""
        names = {"im": "directmessage", "group": "privategroup"}
        return names.get(self.kind, self.name)


def texts_in(value: Any) -> list[str]:
    """Every `text` string anywhere in blocks."""
    if isinstance(value, list):
        return [text for item in value for text in texts_in(item)]
    if not isinstance(value, dict):
        return []
    own = [value["text"]] if isinstance(value.get("text"), str) else []
    return own + [text for item in value.values() for text in texts_in(item)]


class Workspace:
    """One team with its people, two bots, channels of each kind, a guest and a stranger."""

    def __init__(self) -> None:
        people = [
            Person(ANNA, "anna"),
            Person(BEN, "ben"),
            Person(BOT, "nightschool", BOT_ID),
            Person(OTHER_BOT, "otherbot", "B0OTHERBOT"),
            Person(CLEO, "cleo", guest=True),
            Person(DORA, "dora", team=OTHER_TEAM),
        ]
        self.people = {person.id: person for person in people}
        channels = [
            Channel(GENERAL, "general", {ANNA, BEN, BOT, OTHER_BOT, CLEO}),
            Channel(ELSEWHERE, "elsewhere", {ANNA, BEN}),
            Channel(DIRECT, "", {ANNA, BOT}, "im"),
            Channel(PRIVATE, "plans", {ANNA, BEN, BOT}, "group"),
            Channel(GROUP, "mpdm-anna--ben--nightschool-1", {ANNA, BEN, BOT}, "mpim"),
            Channel(SHARED, "partners", {ANNA, BEN, BOT, DORA}, shared=True),
        ]
        self.channels = {channel.id: channel for channel in channels}
        self.user_groups = {OPS: "ops"}
        """The handles of user groups, by their ids."""
        self.messages: list[Message] = []
        self.views: dict[str, dict[str, Any]] = {}
        self.homes: dict[str, dict[str, Any]] = {}
        self.statuses: dict[tuple[str, str], str] = {}
        """What the bot is doing, by channel and thread; a message of its own ends it."""
        self.enterprise: str | None = None
        """The id of the Enterprise Grid organisation that the workspace belongs to."""
        self.organisation_wide = False
        """Whether the app is installed for all its workspaces at once."""
        self.has_sessions = False
        """Whether the workspace has agent sessions, with a stop button of Slack's own."""
        self.sessions: dict[tuple[str, str], Session] = {}
        """By channel and thread."""
        self.titles: dict[tuple[str, str], str] = {}
        """Of threads in direct messages, where there are no sessions."""
        self.prompts: dict[str, list[dict[str, str]]] = {}
        self.files: dict[str, bytes] = {}
        self._numbers = itertools.count(1)
        self._last_ts = 0.0
        self.clock_skew = 0.0
        """Seconds by which Slack's clock is ahead of ours."""

    def identifier(self, prefix: str) -> str:
        """A new id of Slack's look."""
        return f"{prefix}0{next(self._numbers):08d}"

    def next_ts(self) -> str:
        """A time stamp that no other message has; they only grow."""
        self._last_ts = max(round(time.time() + self.clock_skew, 6), self._last_ts + 0.000001)
        return f"{self._last_ts:.6f}"

    def channel(self, identifier: str) -> Channel:
        """A conversation by its id.

        Raises:
            RefusedError: channel_not_found.
        """
        if identifier in self.people:
            return self.direct(identifier)
        if identifier not in self.channels:
            raise RefusedError("channel_not_found")
        return self.channels[identifier]

    def direct(self, person: str) -> Channel:
        """The direct conversation of one person with the bot."""
        for channel in self.channels.values():
            if channel.kind == "im" and person in channel.members:
                return channel
        made = Channel(self.identifier("D"), "", {person, BOT}, "im")
        self.channels[made.id] = made
        return made

    def message(self, channel: str, ts: str) -> Message:
        """A message that everybody sees.

        Raises:
            RefusedError: message_not_found.
        """
        for message in self.messages:
            same = message.channel == channel and message.ts == ts
            if same and not message.deleted and not message.ephemeral_to:
                return message
        raise RefusedError("message_not_found")

    def thread(self, channel: str, ts: str) -> list[Message]:
        """The parent and its replies, in order.

        Raises:
            RefusedError: thread_not_found.
        """
        try:
            parent = self.message(channel, ts)
        except RefusedError as error:
            raise RefusedError("thread_not_found") from error
        replies = [
            message
            for message in self.messages
            if message.channel == channel
            and message.thread_ts == ts
            and message.ts != ts
            and not message.deleted
            and not message.ephemeral_to
        ]
        return [parent, *replies]
