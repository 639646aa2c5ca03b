"""Streams answers to the browser: a thread reads each one, the event loop sends it on.

The browser may leave at any moment, and the console may stop: the thread then closes what it
reads from (and so frees the row at the engine) at its next piece. Starlette's own way of
streaming from a thread reads on to the end and keeps the process from ending meanwhile.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import suppress

import structlog

from bot.errors import raised_at

log = structlog.get_logger(__name__)


class AnswerStreams:
    """The answers that are being streamed."""

    def __init__(self) -> None:
        self._closers: set[Callable[[], None]] = set()

    async def open(self, pieces: Generator[str, None, None]) -> AsyncIterator[str]:
        """Yields the pieces as they come, until there are no more or `close_all` is called."""
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[str | None] = asyncio.Queue()
        closed = threading.Event()

        def put(piece: str | None) -> None:
            with suppress(RuntimeError):  # the server has stopped
                loop.call_soon_threadsafe(queue.put_nowait, piece)

        def read() -> None:
            try:
                for piece in pieces:
                    if closed.is_set():
                        break
                    put(piece)
            except Exception as error:  # noqa: BLE001  the stream ends, whatever it was
                # Without the message: it could hold what people wrote.
                log.error("an answer broke off", error=type(error).__name__, where=raised_at(error))  # noqa: TRY400  its text may be what people wrote
            finally:
                pieces.close()
                put(None)

        def close() -> None:
            put(None)

        self._closers.add(close)
        threading.Thread(target=read, name="answer", daemon=True).start()
        try:
            while (piece := await queue.get()) is not None:
                yield piece
        finally:
            closed.set()
            self._closers.discard(close)

    def close_all(self) -> None:
        """Ends all streams; may be called from any thread."""
        for close in tuple(self._closers):
            close()
