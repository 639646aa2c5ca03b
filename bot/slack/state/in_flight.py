"""All answers in flight: which question each belongs to, and a note of each on disk.

The note (`pending_answers` in the store) outlives the process: an answer whose note the next start
finds was never given, and whoever asked is told.
"""

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bot.errors import NightschoolError
from bot.slack.events.message import IncomingMessage, MessageChange
from bot.slack.messages.posting import Place
from bot.slack.state.in_flight_answer import InFlightAnswer
from bot.slack.transport.errors import log_failure
from bot.store import Store

KEPT = 500
"""Edits and deletions in memory, which may arrive before the message that they are about."""
Key = tuple[str, str]
"""Channel and time stamp of a message."""


class InFlightAnswers:
    """All answers in flight, and edits and deletions of questions; safe from any thread."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._open: dict[int, InFlightAnswer] = {}
        self._owed: set[int] = set()
        self._waiting: dict[str, list[Callable[[], object]]] = {}
        self._changes: OrderedDict[Key, MessageChange] = OrderedDict()
        self._guard = threading.RLock()
        self.on_idle: Callable[[Place], object] = lambda _: None
        """Is called with a thread, or a channel, when the last answer in it is finished."""

    def take(
        self, message: IncomingMessage
    ) -> tuple[InFlightAnswer, IncomingMessage | None] | None:
        """Takes a question, once, whichever process tries.

        Returns:
            Its answer and the newest wording of the message, None where it was deleted already;
            None alone where the question was taken before.

        Raises:
            NightschoolError: the store cannot note it.
        """
        with self._guard:
            change = self._changes.get((message.channel, message.ts))
            newest = message if change is None else change.message
            place = Place(message.channel, message.thread)
            answer = self._note(message, place)
            return None if answer is None else (answer, newest)

    def promise(self, place: Place, person: str, placeholder: str | None) -> InFlightAnswer:
        """Notes an answer to a command.

        Args:
            place: where it is posted.
            person: the id of whoever asked.
            placeholder: the time stamp of a message that the answer will replace, if there is one.

        Raises:
            NightschoolError: the store cannot note it.
        """
        with self._guard:
            note = self._pending(place, person, placeholder)
            stamps = [placeholder] if placeholder else []
            return self._opened(InFlightAnswer(note, place, person, stamps=stamps))

    def change(self, change: MessageChange) -> tuple[bool, InFlightAnswer | None] | None:
        """Notes that a message was edited or deleted, once.

        Returns:
            Whether the message was ever taken as a question, and its answer if that is in flight;
            None where a later change, or this one, is known already.

        Raises:
            NightschoolError: the store cannot note it.
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

    def is_newest(self, message: IncomingMessage) -> bool:
        """Returns whether no edit or deletion of a message is known that this wording lacks."""
        with self._guard:
            change = self._changes.get((message.channel, message.ts))
            return change is None or change.message == message

    def take_again(self, message: IncomingMessage) -> InFlightAnswer:
        """Takes an edited question again, which was taken before; returns its new answer.

        Raises:
            NightschoolError: the store cannot note it.
        """
        with self._guard:
            place = Place(message.channel, message.thread)
            note = self._pending(place, message.user)
            return self._opened(
                InFlightAnswer(note, place, message.user, message.ts, team=message.team)
            )

    def shown(self, answer: InFlightAnswer, ts: str) -> None:
        """Notes that the message `ts` shows an answer.

        A failure of the store is logged and not raised: the next start would then tell whoever
        waited by a new message.
        """
        with self._guard:
            if ts in answer.stamps:
                return
            answer.stamps.append(ts)
            try:
                self._store.pending_answers.shown_at(answer.note, ts)
            except (NightschoolError, sqlite3.Error) as error:
                log_failure(error, "note where an answer is shown")

    def after(self, channel: str, ts: str, do: Callable[[], object]) -> bool:
        """Calls `do` when the answer that the message `ts` shows is finished.

        Returns:
            Whether an answer in flight is shown there; if not, `do` is never called.
        """
        with self._guard:
            for answer in self._open.values():
                if answer.place.channel == channel and ts in answer.stamps:
                    self._waiting.setdefault(str(answer.note), []).append(do)
                    return True
            return False

    def in_thread(self, place: Place) -> list[InFlightAnswer]:
        """The answers in flight in one thread, in the order of their questions."""
        with self._guard:
            return [answer for answer in self._open.values() if answer.place == place]

    def of_person(self, channel: str, person: str) -> list[InFlightAnswer]:
        """The answers in flight that a person waits for in one channel."""
        with self._guard:
            return [
                answer
                for answer in self._open.values()
                if (answer.place.channel, answer.person) == (channel, person)
            ]

    def all(self) -> list[InFlightAnswer]:
        """All answers in flight."""
        with self._guard:
            return list(self._open.values())

    @contextmanager
    def finishing(self, answer: InFlightAnswer) -> Iterator[None]:
        """Finishes the answer at the end of the block, also when that raises."""
        try:
            yield
        finally:
            self.finish(answer)

    def finish(self, answer: InFlightAnswer, *, told: bool = True) -> None:
        """Notes that nobody waits for an answer any more, and gives the next one its turn.

        Only the first call has an effect on the store: a worker that waited for the model may come
        here after the store was closed. With `told` False, or where a notice is owed, the note
        stays on disk, for this process or the next to tell whoever asked.
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
        if first and not self.in_thread(answer.place):
            self.on_idle(answer.place)

    def owed(self) -> set[int]:
        """The ids of notes of answers that could not be given, and of which nobody was told yet."""
        with self._guard:
            return set(self._owed)

    def settle(self, note: int) -> None:
        """Notes that whoever was owed an answer was told."""
        with self._guard:
            self._owed.discard(note)
            self._forget_note(note)

    def _forget_note(self, note: int) -> None:
        """Removes a note; a failure is logged, so that it does not hold up the next answer."""
        try:
            self._store.pending_answers.done(note)
        except (NightschoolError, sqlite3.Error) as error:
            log_failure(error, "forget a note of an answer")

    def _note(self, message: IncomingMessage, place: Place) -> InFlightAnswer | None:
        # In one transaction: a process that dies after it leaves a note of the question it took.
        with self._store.connections.write():
            if not self._store.handled_events.claim(message.key):
                return None
            note = self._pending(place, message.user)
        return self._opened(
            InFlightAnswer(note, place, message.user, message.ts, team=message.team)
        )

    def _pending(self, place: Place, person: str, placeholder: str | None = None) -> int:
        """Stores a note and returns its id; it does not name people who have opted out."""
        kept_person = "" if self._store.people.opted_out(person) else person
        return self._store.pending_answers.add(
            place.channel, place.thread, kept_person, placeholder
        )

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
