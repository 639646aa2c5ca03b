"""Thread pools for the work of listeners, so that Bolt can always acknowledge at once.

There are five executors: `listeners` runs Bolt's own short functions, `hearing` takes questions and
shows that they were taken, `quick` makes a call or two to Slack or the store, `answers` finds what
was taught and gives what needs no model, `slow` waits for the model. One that is busy holds up no
other.
"""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, ParamSpec, TypeVar

from bot.slack.transport.errors import BusyError, ClosedError, log_failure

LISTENERS = 8
HEARING = 8
QUICK = 8
ANSWERS = 8
SLOW = 8
"""Threads of each executor."""
SLOW_WAITING = 64
"""Tasks that may wait for a thread of `slow`."""
BUSY_TASKS = 2
"""With more tasks than these at the model, what was taught is given without it."""

P = ParamSpec("P")
T = TypeVar("T")
Task = tuple[Future[Any], Callable[[], Any]]


BUSY = "Too many questions at once: ask me again in a minute."


class Executors:
    """The executors, and the number of their tasks that wait or run."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._under_way = 0
        self.listeners = BoundedExecutor("slack-listener", LISTENERS, self._count)
        self.hearing = BoundedExecutor("slack-hearing", HEARING, self._count)
        self.quick = BoundedExecutor("slack-quick", QUICK, self._count)
        self.answers = BoundedExecutor("slack-answers", ANSWERS, self._count)
        self.slow = BoundedExecutor("slack-slow", SLOW, self._count, SLOW_WAITING)

    @property
    def busy(self) -> bool:
        """Whether others wait for the model, so that what was taught is given without it."""
        return self.slow.under_way > BUSY_TASKS

    def drain(self, timeout: float) -> bool:
        """Waits until no task waits or runs; False if that takes longer than `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._under_way == 0, timeout)

    def close(self, timeout: float) -> bool:
        """Waits for running tasks, for `timeout` seconds at most, and closes the executors.

        Answers that wait for their turn are cancelled. Tasks of the others still run, so that
        questions which have arrived are noted, and their authors can be told.

        Returns:
            Whether all tasks ended in time.
        """
        for executor in (self.answers, self.slow):
            executor.shutdown(wait=False, cancel_futures=True)
        ended = self.drain(timeout)
        for executor in (self.listeners, self.hearing, self.quick):
            executor.shutdown(wait=False, cancel_futures=True)
        return ended

    def _count(self, by: int) -> None:
        with self._changed:
            self._under_way += by
            self._changed.notify_all()


class BoundedExecutor(Executor):
    """A pool of daemon threads: a model that never answers cannot keep the process alive."""

    def __init__(
        self, name: str, threads: int, count: Callable[[int], None], waiting: int = 0
    ) -> None:
        """Starts the threads.

        Args:
            name: of the threads, and in the log.
            threads: how many tasks run at once.
            count: is called with 1 for every task that is taken, and -1 for every one that ends.
            waiting: how many tasks may wait before `submit` refuses more; 0 for any number.
        """
        self._name = name
        self._count = count
        self._waiting = waiting
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._guard = threading.Lock()
        self._closed = False
        self._under_way = 0
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def under_way(self) -> int:
        """How many tasks wait or run."""
        return self._under_way

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Runs `fn` in a thread; what it raises is logged and set on the future.

        Raises:
            BusyError: too many tasks wait.
            ClosedError: the executor was shut down.
        """
        if self._waiting and self._tasks.qsize() >= self._waiting:
            raise BusyError(BUSY)
        return self.promised(fn, *args, **kwargs)

    def promised(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Runs `fn` as `submit` does, but however many tasks wait: it was accepted before.

        Raises:
            ClosedError: the executor was shut down.
        """
        future: Future[T] = Future()
        with self._guard:
            if self._closed:
                raise ClosedError(f"{self._name} is closed")
            self._tasks.put_nowait((future, lambda: fn(*args, **kwargs)))
            self._note(1)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Takes no more tasks; with `cancel_futures`, those that wait are cancelled."""
        with self._guard:
            first, self._closed = not self._closed, True
            if cancel_futures:
                self._empty()
        if first or cancel_futures:
            for _ in self._threads:
                self._tasks.put(None)
        if wait:
            for thread in self._threads:
                thread.join()

    def _empty(self) -> None:
        while True:
            try:
                task = self._tasks.get_nowait()
            except queue.Empty:
                return
            if task is not None:
                task[0].cancel()
                self._note(-1)

    def _note(self, by: int) -> None:
        """Counts the tasks under way; `_guard` is held."""
        self._under_way += by
        self._count(by)

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            future, run = task
            future.set_running_or_notify_cancel()
            try:
                future.set_result(run())
            except BaseException as error:  # noqa: BLE001  it belongs to the future
                log_failure(error, self._name)
                future.set_exception(error)
            finally:
                with self._guard:
                    self._note(-1)
