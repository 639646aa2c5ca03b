"""A model's Markdown on its way into a stream of Slack's, while it is still being written.

What has gone out cannot be called back. So only whole words go, `&<>` are escaped, addresses are
put into code (a streamed message knows no switch for previews of links), and a message that is
nearly full ends where a sentence does.
"""

import re
from collections.abc import Iterator

from bot.slack.messages.mrkdwn import FENCE_END, cut_at, escape, open_fence

STREAM_LIMIT = 11000
"""Characters of one streamed message; Slack takes 12,000."""
LEAST_ROOM = 100
"""With less room than this a message counts as full."""
LONG_WORD = 60
"""Some languages have no spaces: so much goes out without one."""
ADDRESS_HEAD = 8
"""Characters that may be the beginning of an address."""
_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s<>()\[\]`\"']+", re.IGNORECASE)
_MARK = re.compile(r"(```|`|\n)")
_LAST_SPACE = re.compile(r"\s(?=\S*\Z)")


class MarkdownStream:
    """Takes pieces of one answer as they come; gives what may go out of them."""

    def __init__(self, limit: int = STREAM_LIMIT) -> None:
        self._limit = limit - len(FENCE_END)
        self._held = ""
        self._ready = ""
        self._message = ""
        self._fence = self._code = False

    def add(self, piece: str) -> None:
        """More of the answer."""
        self._held += piece
        end = self._whole_words()
        self._ready += self._safe(self._held[:end])
        self._held = self._held[end:]

    def take(self, *, last: bool = False) -> Iterator[tuple[str, bool]]:
        """What is to be appended now, and whether the message is full with it.

        What comes after a full one belongs into a new message. With `last`, nothing is held back.
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
        out = []
        for part in _MARK.split(text):
            if part == "```":
                self._fence = not self._fence
            elif part == "\n":
                self._code = False
            elif part == "`":
                self._code = not self._code and not self._fence
            elif not (self._fence or self._code):
                out.append(_ADDRESS.sub(r"`\g<0>`", escape(part)))
                continue
            out.append(escape(part))
        return "".join(out)
