"""Converts between Slack's mrkdwn and plain text, and cuts long mrkdwn; pure functions.

Of incoming texts, `<@U1|anna>` and `&lt;` become what a person reads. In outgoing texts `&<>` are
escaped, so that nothing that a model or a person writes can notify a channel.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

UPDATE_LIMIT = 3800
"""Characters a message may have: chat.update refuses more than 4,000."""

_TOKEN = re.compile(r"<([^<>\n]+)>")
_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>")
_ENTITY_HEAD = re.compile(r"(?:&[a-z]{0,3}|<(?:#[A-Z0-9]*)?)$")
"""The beginning of an escaped character or of a link to a channel, at the end of a text."""
_CHANNEL_NAME = re.compile(r"(?<![^\W_])(?<!\w_)(?<![#&/=?.-])(?<!&lt;)#([\w-]{1,80})")
_CHANNEL = re.compile(r"[CG][A-Z0-9]+")
NamesAsked = Callable[[str, str], str]
"""Takes the id of a channel or a user group, and the label that Slack sent; returns its name."""
ChannelOf = Callable[[str], str | None]
"""Takes the name of a channel; returns its id, None where no channel is called so."""
MENTIONS = 50
"""Channels and groups of one text whose names are asked for; it bounds how long it takes."""
FENCE_END = "\n```"
_JOINER = "\u200d"
_JOINED = re.compile("[\u0300-\u036f\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]")
"""Characters that belong to the one before: accents, variation selectors, skin tones."""
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")


def escape(text: str) -> str:
    """Escapes the three characters that have a meaning in mrkdwn: `&`, `<` and `>`."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    """Reverses `escape`."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def name(text: str) -> str:
    """Makes a name fit into a sentence: one line, without marks that change the direction."""
    return " ".join(_DIRECTIONS.sub("", text).split())


def mentioned(text: str) -> set[str]:
    """Returns the ids of the users whom a text in mrkdwn mentions."""
    return set(_MENTION.findall(text))


def label_or_id(identifier: str, label: str) -> str:
    """Returns the label that Slack sent, else the id: what is told without asking anybody."""
    return label or identifier


@dataclass(frozen=True)
class Names:
    """Who tells the names of what a text mentions.

    Attributes:
        user: takes a user's id; asked only where Slack sent no name along.
        channel: tells the name of a channel, without `#`.
        group: tells the name of a user group, without `@`.
    """

    user: Callable[[str], str]
    channel: NamesAsked = label_or_id
    group: NamesAsked = label_or_id


def readable(text: str, own: str, names: Names) -> str:
    """Converts a text in mrkdwn to what a person reads.

    Args:
        text: as it came in an event or a command.
        own: the bot's user id; mentions of it are left out.
        names: tells who and what is mentioned.
    """
    text = re.sub(rf"^\s*<@{own}(?:\|[^<>]*)?>[\s,:]*", "", text)
    text = re.sub(rf"[ \t]*<@{own}(?:\|[^<>]*)?>", "", text)
    mentioned = 0

    def token(match: re.Match[str]) -> str:
        nonlocal mentioned
        mentioned += match[1].startswith(("#", "!subteam^"))
        return _token(match[1], names if mentioned <= MENTIONS else Names(names.user))

    return unescape(_TOKEN.sub(token, text)).strip()


def _token(inside: str, names: Names) -> str:
    what, bar, label = inside.partition("|")
    kind = what[0]
    if kind == "@":
        return "@" + (label or names.user(what[1:]))
    if kind == "#":
        return "#" + names.channel(what[1:], label)
    if what.startswith("!subteam^"):
        return "@" + names.group(what.removeprefix("!subteam^"), label.removeprefix("@"))
    if kind == "!":
        keyword = what[1:].split("^")[0]
        return label if bar else f"@{keyword}"
    address = what.removeprefix("mailto:").removeprefix("tel:")
    if not label or label == address or address.endswith(f"://{label}"):
        return address
    return f"{label} ({address})"


def with_channels(escaped: str, channel_of: ChannelOf) -> str:
    """Makes links of the names of channels, such as `#rooms`; other words with a `#` stay.

    Args:
        escaped: escaped mrkdwn without code.
        channel_of: knows the channels: a name that a model made up is none of them.
    """

    def link(match: re.Match[str]) -> str:
        name = match[1]
        while name:
            channel = channel_of(name)
            if channel and _CHANNEL.fullmatch(channel):
                return f"<#{channel}>{match[1][len(name) :]}"
            if name[-1] not in "-_":
                break
            name = name[:-1]
        return match[0]

    return _CHANNEL_NAME.sub(link, escaped)


def split(text: str, limit: int = UPDATE_LIMIT) -> list[str]:
    """Cuts `text` into pieces of at most `limit` characters, at least one piece.

    Cuts between paragraphs, else lines, sentences, words; a code block that is cut is closed
    and opened again.
    """
    pieces: list[str] = []
    rest = text.strip()
    while len(rest) > limit:
        piece, rest = cut(rest, limit)
        pieces.append(piece)
    return [*pieces, rest]


def cut(text: str, limit: int) -> tuple[str, str]:
    """Cuts a text longer than `limit` into a piece of at most `limit` characters and the rest."""
    at = cut_at(text, limit)
    piece = text[:at].rstrip()
    if opening := open_fence(piece):
        return piece + FENCE_END, opening + text[at:].lstrip("\n")
    return piece, text[at:].lstrip()


def cut_at(text: str, limit: int) -> int:
    """Returns the index at which to cut a text longer than `limit` characters.

    The index leaves room for the closing fence of a code block.
    """
    limit -= len(FENCE_END)
    window = text[:limit]
    for separator in ("\n\n", "\n", ". ", " "):
        at = window.rfind(separator)
        # A cut in the first half would leave tiny pieces.
        if at > limit // 2:
            return at + len(separator)
    head = _ENTITY_HEAD.search(window)
    return head.start() if head else _between_characters(text, limit)


def _between_characters(text: str, at: int) -> int:
    """The end of a visible character at or before `at`: an emoji may be several code points."""
    while at > 1 and _joins(text[at - 1], text[at : at + 1]):
        at -= 1
    return at


def _joins(left: str, right: str) -> bool:
    return _JOINER in (left, right) or bool(right and _JOINED.match(right))


def open_fence(piece: str) -> str:
    """Returns the fence that reopens the code block left open by `piece`, or an empty string."""
    fence = ""
    for line in piece.split("\n"):
        if line.count("```") % 2:
            fence = "" if fence else "```"
    return f"{fence}\n" if fence else ""


def shorten(text: str, limit: int) -> str:
    """Cuts a text to at most `limit` characters, with an ellipsis where something was left out."""
    if len(text) <= limit:
        return text
    return _ENTITY_HEAD.sub("", text[: limit - 1]).rstrip() + "…"
