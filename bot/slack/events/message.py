"""Reads events about messages, edits and deletions into typed values."""

from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from bot.slack.messages.mrkdwn import escape
from bot.store.people import digest

TAKEN_SUBTYPES = (None, "file_share", "thread_broadcast")
SLACKBOT = "USLACKBOT"
SNIPPET = 8000
"""Characters of a text snippet that is read as part of the message."""


@dataclass(frozen=True)
class IncomingMessage:
    """What a person wrote, and where; `text` is mrkdwn, as Slack sent it."""

    channel: str
    ts: str
    thread: str
    user: str
    text: str
    direct: bool
    reply: bool
    """Whether it is a reply in a thread, and not the message that begins one."""
    files: int = 0
    """How many files came with it that were not read."""
    team: str | None = field(default=None, compare=False)
    """The id of its author's workspace, as far as the event tells it."""

    @property
    def key(self) -> str:
        """Identifies the message: its two events and all redeliveries have the same key."""
        return _key("message", self.channel, self.ts)


@dataclass(frozen=True)
class MessageChange:
    """Somebody edited or deleted a message of theirs.

    `message` is its new wording, None where it was deleted. `stamp` orders several changes of one
    message, since their events arrive in any order.
    """

    channel: str
    ts: str
    stamp: Decimal
    message: IncomingMessage | None

    @property
    def key(self) -> str:
        """Identifies the change: all redeliveries have the same key."""
        return f"{_key('change', self.channel, self.ts)}:{self.stamp}"

    @property
    def question_key(self) -> str:
        """The key of the message itself, under which it was handled if it was a question."""
        return _key("message", self.channel, self.ts)


def _key(what: str, channel: str, ts: str) -> str:
    """Builds a key to store; it hides the id of a direct channel, which identifies a person."""
    where = digest(channel) if channel.startswith("D") else channel
    return f"{what}:{where}:{ts}"


def from_event(event: dict[str, Any]) -> IncomingMessage | None:
    """Reads a `message` or `app_mention` event.

    It returns None for messages of bots, edits, deletions, joins and all other events without new
    text by a person.
    """
    if event.get("edited"):
        return None
    return _written(event, event.get("channel"), event.get("channel_type"))


def change_from_event(event: dict[str, Any]) -> MessageChange | None:
    """Reads an edit or a deletion; None for other events, and where the text is unchanged."""
    channel, before = event.get("channel"), event.get("previous_message") or {}
    if not isinstance(channel, str) or before.get("bot_id"):
        return None
    if event.get("subtype") == "message_deleted":
        return _change(channel, event.get("deleted_ts") or before.get("ts"), event.get("ts"), None)
    now = event.get("message") or {}
    if event.get("subtype") != "message_changed" or now.get("text") == before.get("text"):
        # Slack also sends this event for previews of links, and when the thread below grows.
        return None
    if now.get("subtype") == "tombstone":
        # The first message of a thread that has replies becomes this when it is deleted.
        return _change(channel, now.get("ts"), event.get("ts"), None)
    message = _written(now, channel, event.get("channel_type"))
    return _change(channel, message.ts, event.get("ts"), message) if message else None


def deletion_from_event(event: dict[str, Any]) -> tuple[str, str] | None:
    """Reads the channel and the time stamp of a deleted message; None for all other events.

    The first message of a thread that has replies becomes a tombstone when it is deleted.
    """
    channel, kind = event.get("channel"), event.get("subtype")
    ts = None
    if kind == "message_deleted":
        ts = event.get("deleted_ts") or (event.get("previous_message") or {}).get("ts")
    elif kind == "message_changed":
        now = event.get("message") or {}
        ts = now.get("ts") if now.get("subtype") == "tombstone" else None
    return (str(channel), str(ts)) if channel and ts else None


def _written(event: dict[str, Any], channel: Any, kind: Any) -> IncomingMessage | None:
    if event.get("subtype") not in TAKEN_SUBTYPES:
        return None
    if event.get("bot_id") or event.get("bot_profile") or event.get("hidden"):
        return None
    ts, user = event.get("ts"), event.get("user")
    if not (channel and ts and user) or user == SLACKBOT:
        return None
    thread = event.get("thread_ts") or ts
    files = [file for file in event.get("files") or () if isinstance(file, dict)]
    snippets = _snippets(files)
    return IncomingMessage(
        channel=channel,
        ts=ts,
        thread=thread,
        user=user,
        text="\n".join([*filter(None, [event.get("text")]), *snippets]),
        direct=kind == "im" or channel.startswith("D"),
        reply=thread != ts,
        files=len(files) - len(snippets),
        team=event.get("user_team") or event.get("source_team") or event.get("team"),
    )


def _snippets(files: list[dict[str, Any]]) -> list[str]:
    """Returns the text snippets that came whole with a message, as mrkdwn.

    A long text that is pasted becomes one. Slack sends its beginning along; the rest would have to
    be asked for, with a right that the bot does not have.
    """
    return [
        escape(str(file["preview"]))
        for file in files
        if file.get("mode") == "snippet"
        and file.get("preview")
        and not file.get("preview_is_truncated")
        and not file.get("lines_more")
        and len(str(file["preview"])) <= SNIPPET
    ]


def _change(
    channel: str, ts: Any, stamp: Any, message: IncomingMessage | None
) -> MessageChange | None:
    if not isinstance(ts, str):
        return None
    try:
        return MessageChange(channel, ts, Decimal(stamp or "0"), message)
    except (InvalidOperation, TypeError):
        return None
