"""Who asked what, who answered it and whom they thanked, in channels that are watched.

It is kept in memory alone, without any words: time stamps and ids, within bounds. Messages may
come twice and in any order. Knows no Slack but its time stamps.

An exchange is a question, a teacher's answer in its thread or as the next message of the channel,
and then thanks from whoever asked, or a thumb of theirs on that answer.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from bot.feedback.watching.questions import is_question
from trainer.importing.shapes.courtesies import is_thanks

THREADS, REPLIES = 500, 40
"""Threads in memory, and messages of each; beyond that the oldest are dropped."""
CHANNELS, MESSAGES = 200, 12
"""Channels whose newest messages outside of threads are in memory, and how many of each."""
THUMBS = 500
"""Messages whose thumbs are in memory."""
SOON_SECONDS = 3600.0
"""How long after a question, outside of its thread, somebody is thanked for its answer."""
K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True)
class Said:
    """What a person wrote, and where.

    Attributes:
        thread: the time stamp of the message that begins its thread: its own, if it begins one.
        named: the ids of whom it mentions.
    """

    channel: str
    ts: str
    thread: str
    person: str
    text: str
    named: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Exchange:
    """A question that a teacher answered and was thanked for, by its messages' time stamps."""

    channel: str
    question: str
    answer: str
    asker: str
    teacher: str


@dataclass(frozen=True)
class _Note:
    """What is remembered of a message."""

    ts: str
    person: str
    asks: bool
    thanks: bool
    named: frozenset[str]


@dataclass
class _Talk:
    """What is remembered of messages that stand below each other, by their time stamps."""

    notes: dict[str, _Note] = field(default_factory=dict)

    def add(self, note: _Note, most: int) -> None:
        self.notes.setdefault(note.ts, note)
        if len(self.notes) > most:
            del self.notes[min(self.notes, key=float)]

    def in_order(self) -> list[_Note]:
        return sorted(self.notes.values(), key=lambda note: float(note.ts))


class Exchanges:
    """Finds exchanges among the messages and thumbs that it is told of; safe from any thread."""

    def __init__(self, is_teacher: Callable[[str], bool]) -> None:
        """`is_teacher` takes the id of a person."""
        self._is_teacher = is_teacher
        self._threads: OrderedDict[tuple[str, str], _Talk] = OrderedDict()
        self._channels: OrderedDict[str, _Talk] = OrderedDict()
        self._thumbs: OrderedDict[tuple[str, str], set[str]] = OrderedDict()
        self._guard = threading.Lock()

    def heard(self, said: Said) -> list[Exchange]:
        """Notes a message, and returns the exchanges that are whole by now.

        The same one may be returned again: whoever acts on it does so once.
        """
        note = _Note(said.ts, said.person, is_question(said.text), is_thanks(said.text), said.named)
        with self._guard:
            thread = _entry(self._threads, (said.channel, said.thread), _Talk, THREADS)
            thread.add(note, REPLIES)
            if said.thread != said.ts:
                return list(self._of_thread(said.channel, said.thread))
            channel = _entry(self._channels, said.channel, _Talk, CHANNELS)
            channel.add(note, MESSAGES)
            return [
                *self._of_thread(said.channel, said.thread),
                *self._of_channel(said.channel, channel),
            ]

    def thumbed(self, channel: str, ts: str, person: str) -> list[Exchange]:
        """Notes a thumbs-up on a message; returns the exchanges that are whole by now."""
        with self._guard:
            _entry(self._thumbs, (channel, ts), set, THUMBS).add(person)
            found = [
                exchange
                for (where, thread), talk in self._threads.items()
                if where == channel and ts in talk.notes
                for exchange in self._of_thread(where, thread)
            ]
            if channel in self._channels:
                found += self._of_channel(channel, self._channels[channel])
            return found

    def _of_thread(self, channel: str, thread: str) -> Iterator[Exchange]:
        notes = self._threads[channel, thread].in_order()
        asked = notes[0]
        if asked.ts != thread or not asked.asks:
            return
        answers: list[_Note] = []
        for note in notes[1:]:
            if note.person == asked.person:
                if note.thanks and (answer := self._thanked(answers, note)):
                    yield _exchange(channel, asked, answer)
            elif not note.asks and not note.thanks:
                answers.append(note)
                if self._is_thumbed(channel, asked, note):
                    yield _exchange(channel, asked, note)

    def _of_channel(self, channel: str, talk: _Talk) -> Iterator[Exchange]:
        """Goes through messages outside of threads: only what follows at once is an answer."""
        asked: _Note | None = None
        answers: list[_Note] = []
        for note in talk.in_order():
            late = asked is not None and float(note.ts) - float(asked.ts) > SOON_SECONDS
            if asked is None or late:
                asked, answers = (note if note.asks else None), []
            elif note.person == asked.person:
                if note.thanks and answers and (answer := self._thanked(answers, note)):
                    yield _exchange(channel, asked, answer)
                if note.asks:
                    asked, answers = note, []
            elif note.asks or (answers and note.person != answers[0].person):
                asked, answers = (note if note.asks else None), []
            elif not note.thanks:
                # Of several messages of one person the first is what followed the question.
                answers = answers or [note]
                if self._is_thumbed(channel, asked, note):
                    yield _exchange(channel, asked, note)

    def _thanked(self, answers: list[_Note], thanks: _Note) -> _Note | None:
        """Returns the answer that somebody is thanked for: the last one, or that of who is named.

        It is None where they thank somebody who is no teacher.
        """
        named = [note for note in answers if note.person in thanks.named]
        last = next(reversed(named if thanks.named else answers), None)
        return last if last is not None and self._is_teacher(last.person) else None

    def _is_thumbed(self, channel: str, asked: _Note, answer: _Note) -> bool:
        people = self._thumbs.get((channel, answer.ts), ())
        return asked.person in people and self._is_teacher(answer.person)


def _exchange(channel: str, asked: _Note, answer: _Note) -> Exchange:
    return Exchange(channel, asked.ts, answer.ts, asked.person, answer.person)


def _entry(kept: OrderedDict[K, V], key: K, make: Callable[[], V], most: int) -> V:
    """Returns the entry of a key, made where it had none; drops the oldest beyond `most`."""
    if key not in kept:
        kept[key] = make()
    kept.move_to_end(key)
    while len(kept) > most:
        kept.popitem(last=False)
    return kept[key]
