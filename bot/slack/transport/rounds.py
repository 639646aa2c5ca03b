"""Small tasks that are done again and again: what the database holds for people is sent to them."""

import threading
from collections.abc import Callable, Sequence

from bot.slack.transport.errors import log_failure

SECONDS = 20.0
"""Between two rounds: a change may come from a night, the page or a terminal."""


class Rounds:
    """Runs its tasks every SECONDS, and at once after `soon`, until `closing` is set."""

    def __init__(self, tasks: Sequence[Callable[[], object]], closing: threading.Event) -> None:
        self._tasks = tasks
        self._closing = closing
        self._wanted = threading.Event()
        self._thread = threading.Thread(target=self._run, name="slack-rounds", daemon=True)

    def start(self) -> None:
        """Starts the thread of the rounds."""
        self._thread.start()

    def soon(self) -> None:
        """Asks for a round now, or after the one under way; it does not wait."""
        self._wanted.set()

    def join(self, seconds: float) -> None:
        """Waits until the last round has ended; `closing` was set before."""
        self.soon()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def once(self) -> None:
        """Runs every task; what one raises is logged and does not keep the others."""
        for task in self._tasks:
            try:
                task()
            except Exception as error:  # noqa: BLE001  it is tried again with the next round
                log_failure(error, "a round")

    def _run(self) -> None:
        while not self._closing.is_set():
            self.once()
            self._wanted.wait(SECONDS)
            self._wanted.clear()
