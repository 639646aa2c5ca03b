"""One answer that somebody waits for: who ends it, when its turn comes, and what shows it.

An answer is ended by exactly one of those who try: the worker that has generated it, a person's
"stop", a question that was deleted or edited, or the end of the process.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from bot.slack.messages.posting import MessageContent, Place


class AnswerDisplay(Protocol):
    """What people see of an answer in flight; its methods may be called from any thread.

    All but `show_life` raise SlackClientError or OSError where Slack refuses or is away.
    """

    def show_life(self) -> None:
        """Shows that the answer is on its way; never raises."""

    def say_last(self, notice: MessageContent) -> None:
        """Shows `notice` in the place of the answer, or below what was shown of it."""

    def take_back(self) -> None:
        """Deletes the messages of the answer."""

    def hand_over(self) -> list[str]:
        """Returns the time stamps of its messages, for another answer to overwrite."""


class NoDisplay:
    """The display of an answer of which nothing is shown yet."""

    def show_life(self) -> None:
        """Shows nothing."""

    def say_last(self, notice: MessageContent) -> None:
        """Shows nothing."""

    def take_back(self) -> None:
        """Deletes nothing."""

    def hand_over(self) -> list[str]:
        """Returns no time stamps."""
        return []


class InFlightAnswer:
    """One answer that was promised; safe from any thread."""

    def __init__(
        self,
        note: int,
        place: Place,
        person: str,
        question: str | None = None,
        stamps: Sequence[str] = (),
        team: str | None = None,
    ) -> None:
        """Nothing shows the answer yet.

        Args:
            note: the id of its note in the store.
            place: where it is posted.
            person: the id of whoever asked.
            question: the time stamp of the message that asked; None for a command.
            stamps: time stamps of the messages that it has already.
            team: the id of the workspace of whoever asked, as far as their message tells it.
        """
        self.note = note
        self.place = place
        self.person = person
        self.question = question
        self.team = team
        self.title = ""
        """The title of its thread, where the question begins that."""
        self.stamps = list(stamps)
        """Time stamps of the messages that show it so far."""
        self._display: AnswerDisplay = NoDisplay()
        self._previous: InFlightAnswer | None = None
        self._next: list[Callable[[], object]] = []
        self._done = self._ended = self._being_given = self._owed = False
        self._guard = threading.Lock()

    @property
    def display(self) -> AnswerDisplay:
        """What shows it."""
        return self._display

    @property
    def ended(self) -> bool:
        """Whether it was ended; nothing more of it may be shown then."""
        return self._ended

    @property
    def being_given(self) -> bool:
        """Whether its worker ended it in order to give it, and so has to report what fails."""
        return self._being_given

    @property
    def owed(self) -> bool:
        """Whether Slack was away when it was to be given, so that a notice is owed."""
        return self._owed

    def shown_by(self, display: AnswerDisplay) -> None:
        """Makes `display` show it from now on."""
        self._display = display

    def end(self) -> bool:
        """Ends it; True for the first caller alone, who says what becomes of it."""
        with self._guard:
            first, self._ended = not self._ended, True
            return first

    def give(self) -> bool:
        """Ends it in order to give it; False where it was ended before.

        With True, the caller must give the answer or report why not: see `apologise` in
        `answers.delivery`.
        """
        first = self.end()
        self._being_given = self._being_given or first
        return first

    def stop(self, notice: MessageContent) -> bool:
        """Ends it and shows `notice` in its place; False where it was ended before.

        Raises:
            SlackClientError, OSError: Slack refuses, or stayed away.
        """
        if not self.end():
            return False
        self.display.say_last(notice)
        return True

    def withhold(self) -> None:
        """Takes `give` back: it could not be shown yet, and whoever tries may end it meanwhile."""
        with self._guard:
            self._ended = self._being_given = False

    def owe(self) -> None:
        """Notes that Slack was away when whoever asked was to be told."""
        self._owed = True

    def in_turn(self, do: Callable[[], object]) -> None:
        """Calls `do` when the answer before it in the same thread is done, or now if there is none.

        It does not wait: `do` may be called later, from another thread.
        """
        previous, self._previous = self._previous, None
        if previous is None or not previous._is_followed_by(do):  # noqa: SLF001  the same class
            do()

    def after(self, previous: "InFlightAnswer | None") -> None:
        """Gives it its turn after `previous`; see `in_turn`."""
        self._previous = previous

    def done(self) -> None:
        """Notes that nobody waits for it any more, and gives the next answer its turn."""
        with self._guard:
            self._done = True
            following, self._next = self._next, []
        for do in following:
            do()

    def _is_followed_by(self, do: Callable[[], object]) -> bool:
        """Notes what to call when this answer is done; False where it is done already."""
        with self._guard:
            if not self._done:
                self._next.append(do)
            return not self._done
