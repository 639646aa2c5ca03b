"""Cuts a model's Markdown, while it is still being generated, into pieces for Slack's streams.

A piece that was streamed cannot be changed. So only whole words are given, `&<>` are escaped,
addresses are put into code (streamed messages have no switch for previews of links), and a message
that is nearly full ends after a sentence.
"""

import re
from collections.abc import Iterator

from bot.slack.messages.markdown import no_channel
from bot.slack.messages.mrkdwn import (
    FENCE_END,
    ChannelOf,
    cut_at,
    escape,
    open_fence,
    with_channels,
)

STREAM_LIMIT = 11000
"""Characters of one streamed message; Slack takes 12,000."""
BLOCK_LIMIT = 9000
"""Characters of one block of Markdown; Slack takes 12,000, and 13,200 of a message's blocks."""
LEAST_ROOM = 100
"""A message with room for fewer characters than this counts as full."""
LONG_WORD = 60
"""Characters after which text is given without a space: some languages have none."""
ADDRESS_HEAD = 8
"""Characters that are held back, since an address may begin with them (`https://`)."""
_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s<>()\[\]`\"']+", re.IGNORECASE)
_MARK = re.compile(r"(```|`|\n)")
_LAST_SPACE = re.compile(r"\s(?=\S*\Z)")


def whole(markdown: str, channel_of: ChannelOf = no_channel) -> str | None:
    """Returns Markdown that a block of Slack's may show, made safe as a stream is.

    It is None where it is too long for one block beside a footer.
    """
    stream = MarkdownStream(BLOCK_LIMIT, channel_of)
    stream.add(markdown.replace("\r\n", "\n"))
    (text, full), *more = stream.take(last=True)
    return text if text and not full and not more else None


class MarkdownStream:
    """Takes the pieces of one answer as they come, and gives those that may be streamed.

    Text stands first in `_held` (perhaps half a word), then in `_ready`, escaped, until it is
    taken; `_message` is what the present message of Slack holds.
    """

    def __init__(self, limit: int = STREAM_LIMIT, channel_of: ChannelOf = no_channel) -> None:
        """`channel_of` knows the channels whose names become links."""
        self._limit = limit - len(FENCE_END)
        self._channel_of = channel_of
        self._held = ""
        self._ready = ""
        self._message = ""
        self._fence = self._code = False

    def add(self, piece: str) -> None:
        """Takes more Markdown of the answer, cut anywhere."""
        self._held += piece
        end = self._whole_words()
        self._ready += self._safe(self._held[:end])
        self._held = self._held[end:]

    def take(self, *, last: bool = False) -> Iterator[tuple[str, bool]]:
        """Yields each text to append now, and whether the message is full with it.

        The text after a full message belongs into a new one. With `last`, nothing is held back.
        """
        if last:
            self._ready += self._safe(self._held)
            self._held = ""
        if not self._message:
            self._ready = self._ready.lstrip()
        while len(self._message) + len(self._ready) > self._limit:
            yield self._fill(), True
        out, self._ready = self._ready, ""
        self._message += out
        yield out, False

    def _fill(self) -> str:
        room = self._limit - len(self._message)
        at = cut_at(self._ready, room) if room > LEAST_ROOM else 0
        out, rest = self._ready[:at].rstrip(), self._ready[at:]
        opening = open_fence(self._message + out)
        self._message = ""
        self._ready = opening + rest.lstrip("\n") if opening else rest.lstrip()
        return out + FENCE_END if opening else out

    def _whole_words(self) -> int:
        space = _LAST_SPACE.search(self._held)
        end = space.end() if space else 0
        long = len(self._held) - end > LONG_WORD and not _ADDRESS.search(self._held, end)
        return len(self._held) - ADDRESS_HEAD if long else end

    def _safe(self, text: str) -> str:
        parts = []
        for part in _MARK.split(text):
            if part == "```":
                self._fence = not self._fence
            elif part == "\n":
                self._code = False
            elif part == "`":
                self._code = not self._code and not self._fence
            elif not (self._fence or self._code):
                parts.append(self._linked(escape(part)))
                continue
            parts.append(escape(part))
        return "".join(parts)

    def _linked(self, text: str) -> str:
        """Puts the addresses of an escaped text into code, and links the channels beside them."""
        out, done = "", 0
        for address in _ADDRESS.finditer(text):
            out += with_channels(text[done : address.start()], self._channel_of)
            out += f"`{address[0]}`"
            done = address.end()
        return out + with_channels(text[done:], self._channel_of)
