"""Gathers the threads of a channel from its days, in bounded memory.

A reply stands in the file of its own day, which may be months after the question. Where more is
open than fits, the oldest threads are closed, and later replies to them are not seen.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from trainer.importing.applications.slack_export.messages import Message

_MOST_OPEN = 20_000_000
"""Characters of all threads that are open at once."""
_MESSAGE_COST = 400  # characters that a message counts for besides its own
_MOST_REPLIES = 200


@dataclass
class Thread:
    """A thread: its first message and the replies, in order of time."""

    root: Message
    replies: list[Message] = field(default_factory=list)
    cost: int = 0


def threads(messages: Iterable[Message], left_out: Counter[str]) -> Iterator[Thread]:
    """Yields the threads of a channel that have replies; `left_out` counts lost replies."""
    opened: dict[str, Thread] = {}
    cost = 0
    for message in messages:
        size = len(message.text) + _MESSAGE_COST
        if message.thread is None:
            continue
        if message.thread == message.ts:
            if message.ts not in opened:
                opened[message.ts] = Thread(message, cost=size)
                cost += size
        elif (thread := opened.get(message.thread)) is None:
            left_out["orphans"] += 1
        elif len(thread.replies) < _MOST_REPLIES:
            thread.replies.append(message)
            thread.cost += size
            cost += size
        while cost > _MOST_OPEN and len(opened) > 1:
            oldest = opened.pop(next(iter(opened)))
            cost -= oldest.cost
            yield from _closed(oldest)
    for thread in opened.values():
        yield from _closed(thread)


def _closed(thread: Thread) -> Iterator[Thread]:
    if thread.replies:
        thread.replies.sort(key=lambda message: _time(message.ts))
        yield thread


def _time(ts: str) -> tuple[int, str]:
    seconds, _, rest = ts.partition(".")
    return int(seconds), rest
