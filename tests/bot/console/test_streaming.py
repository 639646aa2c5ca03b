"""A stream passes on what comes, and lets go of its source when it ends early."""

import asyncio
import threading
from collections.abc import Generator

import pytest

from bot.console.streaming import AnswerStreams

WAIT_SECONDS = 30.0


class Source:
    """Pieces without end; `closed` is set when nobody reads them any more."""

    def __init__(self) -> None:
        self.closed = threading.Event()

    def pieces(self) -> Generator[str, None, None]:
        try:
            while True:
                yield "piece"
        finally:
            self.closed.set()


def test_the_pieces_come_in_order_and_then_the_stream_ends() -> None:
    async def read() -> list[str]:
        return [piece async for piece in AnswerStreams().open(one for one in "abc")]

    assert asyncio.run(read()) == ["a", "b", "c"]


def test_the_pieces_are_read_in_a_thread_that_keeps_no_process_from_ending() -> None:
    threads = []

    def pieces() -> Generator[str, None, None]:
        threads.append(threading.current_thread())
        yield "piece"

    async def read() -> None:
        async for _ in AnswerStreams().open(pieces()):
            pass

    asyncio.run(read())
    assert threads != [threading.current_thread()]
    assert [thread.daemon for thread in threads] == [True]


def test_a_piece_wakes_a_reader_who_waits_for_it() -> None:
    """In asyncio's debug mode, what a thread does to a loop without waking it is lost."""
    waiting = threading.Event()

    def pieces() -> Generator[str, None, None]:
        assert waiting.wait(WAIT_SECONDS)
        yield "piece"

    async def read() -> list[str]:
        return [piece async for piece in AnswerStreams().open(pieces())]

    async def read_while_waiting() -> list[str]:
        reader = asyncio.create_task(read())
        await asyncio.sleep(0)  # the reader begins, and waits
        waiting.set()
        return await asyncio.wait_for(reader, WAIT_SECONDS)

    assert asyncio.run(read_while_waiting(), debug=True) == ["piece"]


def test_a_stream_that_has_ended_is_held_no_longer() -> None:
    streams = AnswerStreams()

    async def read() -> list[str]:
        return [piece async for piece in streams.open(one for one in "abc")]

    asyncio.run(read())
    assert not streams._closers


def test_who_stops_reading_closes_the_source() -> None:
    """Also where somebody else still holds it, so that it is not left to the garbage collector."""
    source = Source()
    pieces = source.pieces()

    async def read_one() -> str:
        stream = AnswerStreams().open(pieces)
        first = await anext(stream)
        await stream.aclose()  # type: ignore[attr-defined]  # a generator, as Starlette types it less exactly
        return first

    assert asyncio.run(read_one()) == "piece"
    assert source.closed.wait(WAIT_SECONDS)


def test_closing_all_ends_every_stream_and_its_source() -> None:
    streams, sources = AnswerStreams(), [Source(), Source()]

    async def read_until_closed(source: Source, started: asyncio.Event) -> None:
        async for _ in streams.open(source.pieces()):
            started.set()

    async def read_all() -> None:
        started = [asyncio.Event() for _ in sources]
        readers = [
            asyncio.create_task(read_until_closed(source, event))
            for source, event in zip(sources, started, strict=True)
        ]
        for event in started:
            await event.wait()
        closer = threading.Thread(target=streams.close_all)
        closer.start()
        await asyncio.wait_for(asyncio.gather(*readers), WAIT_SECONDS)
        closer.join()

    asyncio.run(read_all())
    assert [source.closed.wait(WAIT_SECONDS) for source in sources] == [True, True]


def test_a_source_that_fails_ends_its_stream_and_is_logged_without_its_words(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def pieces() -> Generator[str, None, None]:
        yield "piece"
        raise RuntimeError("private words")

    async def read() -> list[str]:
        return [piece async for piece in AnswerStreams().open(pieces())]

    assert asyncio.run(read()) == ["piece"]
    logged = "".join(capsys.readouterr())
    assert "RuntimeError" in logged
    assert "private words" not in logged
