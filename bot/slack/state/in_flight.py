"""Answers that people wait for: who asked what where, who ended them, and a note on disk.

The note (`pending` in the store) outlives the process: what the next start finds there was never
given, and is told. An answer is ended by exactly one of those who try: the worker that has it
whole, a person's "stop", a question that was deleted or edited, or the end of the process.
"""

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from bot.slack.events.message import IncomingMessage, MessageChange
from bot.slack.messages.posting import MessageContent, Place
from bot.slack.transport.errors import log_failure
from bot.store import Store

KEPT = 500
"""Edits and deletions that may overtake the message they are about; in memory only."""
Key = tuple[str, str]


class AnswerDisplay(Protocol):
    """What people see of an answer under way. Each function may be called from any thread.

    What Slack refuses, or is away for, is raised by all but `show_life`.
    """

    def show_life(self) -> None:
        """Shows that the answer is on its way."""

    def say_last(self, word: MessageContent) -> None:
        """Says that it will not come, in `word`, where the answer would have stood."""

    def take_back(self) -> None:
        """Removes what is to be seen of it."""

    def hand_over(self) -> list[str]:
        """Leaves its messages to another answer, and returns their time stamps."""


class NoDisplay:
    """The display of an answer of which nothing is to be seen yet."""

    def show_life(self) -> None:
        """Shows nothing."""

    def say_last(self, word: MessageContent) -> None:
        """Says nothing."""

    def take_back(self) -> None:
        """Removes nothing."""

    def hand_over(self) -> list[str]:
        """Has no messages."""
        return []


class InFlightAnswer:
    """One answer that was promised. `question` is the message that asked, None for a command."""

    def __init__(
        self,
        note: int,
        place: Place,
        person: str,
        question: str | None = None,
        stamps: Sequence[str] = (),
    ) -> None:
        self.note = note
        self.place = place
        self.person = person
        self.question = question
        self.stamps = list(stamps)
        """The messages in which it is to be seen so far."""
        self._display: AnswerDisplay = NoDisplay()
        self._previous: InFlightAnswer | None = None
        self._next: list[Callable[[], object]] = []
        self._done = self._ended = self._being_given = self._owed = False
        self._guard = threading.Lock()

    @property
    def display(self) -> AnswerDisplay:
        """What people see of it."""
        return self._display

    @property
    def ended(self) -> bool:
        """Whether somebody has ended it; nothing more is to be shown then."""
        return self._ended

    @property
    def being_given(self) -> bool:
        """Whether the worker that has it whole ended it: what fails now is the worker's to tell."""
        return self._being_given

    @property
    def owed(self) -> bool:
        """Whether Slack was away when it was to be given: somebody still has to be told."""
        return self._owed

    def shown_by(self, display: AnswerDisplay) -> None:
        """Is seen in this display from now on."""
        self._display = display

    def end(self) -> bool:
        """Ends it; True for the first who does: that one has the last word."""
        with self._guard:
            first, self._ended = not self._ended, True
            return first

    def give(self) -> bool:
        """Ends it in order to give it; False where somebody has ended it before.

        Who has True must give it, or say why not: see `apologise` in `answers.delivery`.
        """
        first = self.end()
        self._being_given = self._being_given or first
        return first

    def owe(self) -> None:
        """Notes that Slack was away when somebody was to be told."""
        self._owed = True

    def in_turn(self, do: Callable[[], object]) -> None:
        """Has `do` done once the answer promised before in the same thread is done; waits not."""
        previous, self._previous = self._previous, None
        if previous is None or not previous._is_followed_by(do):  # noqa: SLF001  the same class
            do()

    def after(self, previous: "InFlightAnswer | None") -> None:
        """Comes after that one when its turn comes."""
        self._previous = previous

    def done(self) -> None:
        """Nobody waits for it any more: the next one's turn."""
        with self._guard:
            self._done = True
            following, self._next = self._next, []
        for do in following:
            do()

    def _is_followed_by(self, do: Callable[[], object]) -> bool:
        """False where it is done already."""
        with self._guard:
            if not self._done:
                self._next.append(do)
            return not self._done


class InFlightAnswers:
    """All answers that are under way, and what became of questions before they were taken."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._open: dict[int, InFlightAnswer] = {}
        self._owed: set[int] = set()
        self._waiting: dict[str, list[Callable[[], object]]] = {}
        self._changes: OrderedDict[Key, MessageChange] = OrderedDict()
        self._guard = threading.RLock()

    def take(
        self, message: IncomingMessage
    ) -> tuple[InFlightAnswer, IncomingMessage | None] | None:
        """Takes a question, once, in whichever process; None where somebody has it already.

        The message that comes back is the newest wording of it, None where it was deleted
        before it was heard of.
        """
        with self._guard:
            change = self._changes.get((message.channel, message.ts))
            newest = message if change is None else change.message
            place = Place(message.channel, message.thread)
            answer = self._note(message.key, place, message.user, message.ts)
            return None if answer is None else (answer, newest)

    def promise(self, place: Place, person: str, placeholder: str | None) -> InFlightAnswer:
        """Notes an answer to a command."""
        with self._guard:
            note = self._pending(place, person, placeholder)
            stamps = [placeholder] if placeholder else []
            return self._opened(InFlightAnswer(note, place, person, stamps=stamps))

    def change(self, change: MessageChange) -> tuple[bool, InFlightAnswer | None] | None:
        """Notes that a message was edited or deleted, once; None where that is old news.

        Returns:
            Whether the message was ever taken as a question, and its answer if that is under way.
        """
        key = (change.channel, change.ts)
        with self._guard:
            known = self._changes.get(key)
            if known is not None and known.stamp >= change.stamp:
                return None
            if not self._store.handled_events.claim(change.key):
                return None
            self._changes[key] = change
            self._changes.move_to_end(key)
            while len(self._changes) > KEPT:
                self._changes.popitem(last=False)
            return self._store.handled_events.claimed(change.question_key), self._of_question(*key)

    def take_again(self, message: IncomingMessage) -> InFlightAnswer:
        """Takes a question that was edited, which was taken before."""
        with self._guard:
            place = Place(message.channel, message.thread)
            note = self._pending(place, message.user)
            return self._opened(InFlightAnswer(note, place, message.user, message.ts))

    def shown(self, answer: InFlightAnswer, ts: str) -> None:
        """Notes the message in which an answer is to be seen.

        Where the store cannot note it, the answer goes on: the next start would tell who waited
        in a message of its own.
        """
        with self._guard:
            if ts in answer.stamps:
                return
            answer.stamps.append(ts)
            try:
                self._store.pending_answers.shown_at(answer.note, ts)
            except sqlite3.Error as error:
                log_failure(error, "note where an answer is shown")

    def after(self, channel: str, ts: str, do: Callable[[], object]) -> bool:
        """Has `do` done when the answer that is shown in a message is whole.

        False, and nothing will be done, where none is being written there.
        """
        with self._guard:
            for answer in self._open.values():
                if answer.place.channel == channel and ts in answer.stamps:
                    self._waiting.setdefault(str(answer.note), []).append(do)
                    return True
            return False

    def in_thread(self, place: Place) -> list[InFlightAnswer]:
        """What is under way in one thread."""
        with self._guard:
            return [answer for answer in self._open.values() if answer.place == place]

    def of_person(self, channel: str, person: str) -> list[InFlightAnswer]:
        """What somebody waits for in one channel."""
        with self._guard:
            return [
                answer
                for answer in self._open.values()
                if (answer.place.channel, answer.person) == (channel, person)
            ]

    def all(self) -> list[InFlightAnswer]:
        """All answers that are under way."""
        with self._guard:
            return list(self._open.values())

    @contextmanager
    def finishing(self, answer: InFlightAnswer) -> Iterator[None]:
        """At the end of the block nobody waits for the answer any more, one way or another."""
        try:
            yield
        finally:
            self.finish(answer)

    def finish(self, answer: InFlightAnswer, *, told: bool = True) -> None:
        """Nobody waits for it any more; with `told` False the next start tells them.

        Only the first who says so does anything: a worker that a model keeps waiting may come
        here when the store is closed already.
        """
        with self._guard:
            first = self._open.pop(answer.note, None) is not None
            if first and answer.owed:
                self._owed.add(answer.note)
            elif first and told:
                self._forget_note(answer.note)
            waiting = self._waiting.pop(str(answer.note), [])
        answer.end()
        answer.done()
        for do in waiting:
            do()

    def owed(self) -> set[int]:
        """Notes of answers that could not be given, and of which nobody was told yet."""
        with self._guard:
            return set(self._owed)

    def settle(self, note: int) -> None:
        """Whoever was owed an answer was told."""
        with self._guard:
            self._owed.discard(note)
            self._forget_note(note)

    def _forget_note(self, note: int) -> None:
        """Removes a note; where that fails, whoever waits next is not kept waiting for it."""
        try:
            self._store.pending_answers.done(note)
        except sqlite3.Error as error:
            log_failure(error, "forget a note of an answer")

    def _note(self, key: str, place: Place, person: str, question: str) -> InFlightAnswer | None:
        # In one transaction: a process that dies after it leaves a note of what it had taken.
        with self._store.connections.write():
            if not self._store.handled_events.claim(key):
                return None
            note = self._pending(place, person)
        return self._opened(InFlightAnswer(note, place, person, question))

    def _pending(self, place: Place, person: str, placeholder: str | None = None) -> int:
        """The note on disk; without a name of who has opted out."""
        kept = "" if self._store.people.opted_out(person) else person
        return self._store.pending_answers.add(place.channel, place.thread, kept, placeholder)

    def _opened(self, answer: InFlightAnswer) -> InFlightAnswer:
        if answer.place.thread is not None:
            earlier = self.in_thread(answer.place)
            answer.after(earlier[-1] if earlier else None)
        self._open[answer.note] = answer
        return answer

    def _of_question(self, channel: str, ts: str) -> InFlightAnswer | None:
        for answer in reversed(self._open.values()):
            if (answer.place.channel, answer.question) == (channel, ts):
                return answer
        return None
