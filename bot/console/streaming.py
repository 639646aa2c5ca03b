"""Answers that take their time: each is read in a thread of its own and sent on as it comes.

Whoever is waiting may leave at any moment, and so may the console: the thread is then let go,
and closes what it reads from (and so the place at the engine) at its next piece. Starlette's own
way of streaming from a thread reads on to the end and keeps the process from ending meanwhile.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import suppress


class Answers:
    """The answers under way."""

    def __init__(self) -> None:
        self._endings: set[Callable[[], None]] = set()

    async def follow(self, pieces: Generator[str, None, None]) -> AsyncIterator[str]:
        """The pieces as they come, until there are no more or `end` is called."""
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[str | None] = asyncio.Queue()
        left = threading.Event()

        def put(piece: str | None) -> None:
            with suppress(RuntimeError):  # the server has stopped
                loop.call_soon_threadsafe(queue.put_nowait, piece)

        def read() -> None:
            try:
                for piece in pieces:
                    if left.is_set():
                        break
                    put(piece)
            finally:
                pieces.close()
                put(None)

        def end() -> None:
            put(None)

        self._endings.add(end)
        threading.Thread(target=read, name="answer", daemon=True).start()
        try:
            while (piece := await queue.get()) is not None:
                yield piece
        finally:
            left.set()
            self._endings.discard(end)

    def end(self) -> None:
        """Ends all answers under way; may be called from any thread."""
        for end in tuple(self._endings):
            end()
