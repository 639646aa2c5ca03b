"""Messages of a Slack export as people read them: names for ids, and only what people wrote."""

import html
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from trainer.importing.applications.fields import entries, mapping, text

LONGEST = 40_000
"""Characters that Slack allows in one message."""
_WRITTEN = frozenset({"", "thread_broadcast", "me_message", "file_share"})
"""Subtypes of messages that a person wrote; joins, topics, deleted ones and bots have others."""
_TIMESTAMP = re.compile(r"\d{1,12}\.\d{1,9}")
_TOKEN = re.compile(r"<([^<>\n]{1,4000})>")
_SLACK_BOT = "USLACKBOT"
_LONGEST_NAME = 80


@dataclass(frozen=True)
class Message:
    """A message that a person wrote.

    Attributes:
        ts: its time stamp, which is its key in the channel.
        thread: the time stamp of the first message of its thread, None outside of threads.
        person: the id of who wrote it.
        text: what people read.
        mentioned: the ids of the people whom it mentions.
        reactions: who reacted with what, by the name of the emoji without its skin tone.
    """

    ts: str
    thread: str | None
    person: str
    text: str
    mentioned: frozenset[str] = frozenset()
    reactions: Mapping[str, frozenset[str]] = field(default_factory=dict)


class Directory:
    """The names of the people and the channels of an export."""

    def __init__(self, users: Iterable[Any], channels: Iterable[Any]) -> None:
        self._names: dict[str, str] = {}
        self._bots = {_SLACK_BOT}
        for user in map(mapping, users):
            key, profile = text(user.get("id")), mapping(user.get("profile"))
            if user.get("is_bot") or user.get("is_workflow_bot"):
                self._bots.add(key)
            spellings = [profile.get("display_name"), profile.get("real_name")]
            spellings += [user.get("real_name"), user.get("name")]
            self._names[key] = _name(next(filter(None, map(text, spellings)), ""))
        self._channels = {
            text(channel.get("id")): _name(text(channel.get("name")))
            for channel in map(mapping, channels)
        }

    def is_bot(self, person: str) -> bool:
        """Returns whether somebody is an app, or Slack itself."""
        return person in self._bots

    def readable(self, mrkdwn: str) -> str:
        """Converts Slack's mrkdwn to what a person reads: names for ids, links as they are."""
        return html.unescape(_TOKEN.sub(self._token, mrkdwn)).strip()

    def _token(self, match: re.Match[str]) -> str:
        what, bar, label = match[1].partition("|")
        if what.startswith("@"):
            return "@" + (self._names.get(what[1:]) or label or "somebody")
        if what.startswith("#"):
            return "#" + (label or self._channels.get(what[1:]) or "channel")
        if what.startswith("!"):
            name = label or what[1:].partition("^")[0]
            return name if what.startswith("!date") or name.startswith("@") else f"@{name}"
        plain = what.removeprefix("mailto:")
        return plain if not bar or label in (plain, what) else f"{label} ({plain})"


def written(raw: Mapping[str, Any], directory: Directory, left_out: Counter[str]) -> Message | None:
    """Returns a message that a person wrote; counts what is left out by why it is."""
    person, ts = text(raw.get("user")), raw.get("ts")
    subtype = raw.get("subtype", "") or ""
    if raw.get("bot_id") or subtype == "bot_message" or directory.is_bot(person):
        left_out["bots"] += 1
        return None
    if subtype not in _WRITTEN or raw.get("hidden") or not person:
        left_out["notices"] += 1
        return None
    said = raw.get("text")
    if not isinstance(said, str) or not isinstance(ts, str) or not _TIMESTAMP.fullmatch(ts):
        left_out["notices"] += 1
        return None
    shown = directory.readable(said) if len(said) <= LONGEST else ""
    if not shown:
        left_out["empty"] += 1
        return None
    thread = raw.get("thread_ts")
    return Message(
        ts,
        thread if isinstance(thread, str) and _TIMESTAMP.fullmatch(thread) else None,
        person,
        shown,
        frozenset(re.findall(r"<@([UW][A-Z0-9]{1,20})[|>]", said)),
        _reactions(raw),
    )


def _reactions(raw: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    reactions: dict[str, frozenset[str]] = {}
    for reaction in map(mapping, entries(raw.get("reactions"))):
        name = text(reaction.get("name")).partition("::")[0]
        people = frozenset(one for one in entries(reaction.get("users")) if isinstance(one, str))
        reactions[name] = reactions.get(name, frozenset()) | people
    return reactions


def _name(name: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())[:_LONGEST_NAME]
