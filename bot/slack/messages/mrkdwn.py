"""Text on its way in from Slack and out to Slack. Pure functions; no calls, no store.

In: `<@U1|anna>` and `&lt;` become what a person reads. Out: `&<>` are escaped, so that nothing
that a model or a person writes can ring a channel, and long texts are cut where it hurts least.
"""

import re
from collections.abc import Callable

UPDATE_LIMIT = 3800
"""Characters a message may have: chat.update refuses more than 4,000."""

_TOKEN = re.compile(r"<([^<>\n]+)>")
_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>")
_ENTITY_HEAD = re.compile(r"&[a-z]{0,3}$")
FENCE_END = "\n```"
_JOINER = "\u200d"
_JOINED = re.compile("[\u0300-\u036f\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]")
"""What belongs to the character before it: accents, forms of emoji, tones of skin."""
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")


def escape(text: str) -> str:
    """The three characters that Slack gives a meaning to, made harmless."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    """The reverse of `escape`."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def name(text: str) -> str:
    """A person's name as part of a sentence of ours: one line, and it turns no direction."""
    return " ".join(_DIRECTIONS.sub("", text).split())


def mentioned(text: str) -> set[str]:
    """The user ids that a message of Slack's form mentions."""
    return set(_MENTION.findall(text))


def readable(text: str, own: str, name_of: Callable[[str], str]) -> str:
    """A message of Slack's form as a person reads it.

    Args:
        text: as it came in an event or a command.
        own: the bot's user id; mentions of it are left out.
        name_of: a user id's name, asked only where Slack sent none along.
    """
    text = re.sub(rf"^\s*<@{own}(?:\|[^<>]*)?>[\s,:]*", "", text)
    text = re.sub(rf"[ \t]*<@{own}(?:\|[^<>]*)?>", "", text)
    return unescape(_TOKEN.sub(lambda match: _token(match[1], name_of), text)).strip()


def _token(inside: str, name_of: Callable[[str], str]) -> str:
    what, bar, label = inside.partition("|")
    kind = what[0]
    if kind == "@":
        return "@" + (label or name_of(what[1:]))
    if kind == "#":
        return "#" + (label or what[1:])
    if kind == "!":
        name = what[1:].split("^")[0]
        return label if bar else f"@{name}"
    address = what.removeprefix("mailto:").removeprefix("tel:")
    if not label or label == address or address.endswith(f"://{label}"):
        return address
    return f"{label} ({address})"


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
    """The first `limit` characters at most of a longer text, and the rest of it."""
    at = cut_at(text, limit)
    piece = text[:at].rstrip()
    if opening := open_fence(piece):
        return piece + FENCE_END, opening + text[at:].lstrip("\n")
    return piece, text[at:].lstrip()


def cut_at(text: str, limit: int) -> int:
    """Where a longer text is best cut, with room for the closing fence of a code block."""
    limit -= len(FENCE_END)
    window = text[:limit]
    for separator in ("\n\n", "\n", ". ", " "):
        found = window.rfind(separator)
        # Not so early that the pieces get tiny.
        if found > limit // 2:
            return found + len(separator)
    head = _ENTITY_HEAD.search(window)
    return head.start() if head else _between_signs(text, limit)


def _between_signs(text: str, at: int) -> int:
    """The end of a sign at or before `at`: an emoji may be several characters."""
    while at > 1 and _joins(text[at - 1], text[at : at + 1]):
        at -= 1
    return at


def _joins(left: str, right: str) -> bool:
    return _JOINER in (left, right) or bool(right and _JOINED.match(right))


def open_fence(piece: str) -> str:
    """What opens the code block again that `piece` leaves open; empty where it leaves none."""
    fence = ""
    for line in piece.split("\n"):
        if line.count("```") % 2:
            fence = "" if fence else "```"
    return f"{fence}\n" if fence else ""


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, with an ellipsis where something was left out."""
    if len(text) <= limit:
        return text
    return _ENTITY_HEAD.sub("", text[: limit - 1]).rstrip() + "…"
