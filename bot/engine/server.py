"""OpenAI's chat API over the worker. Thin: it reads requests and writes answers."""

import asyncio
import hmac
import json
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from bot.engine.api import (
    ApiError,
    ChatRequest,
    ResponseBuilder,
    model_list,
    parse_request,
    usage,
)
from bot.engine.continuous_batching import Sampling
from bot.engine.worker import (
    Accepted,
    Finished,
    GenerationEvent,
    GenerationRequest,
    TextDelta,
    Worker,
)
from bot.settings import EngineSettings

T = TypeVar("T")

MAX_BODY = 4 * 2**20
"""Bytes of a request; a long thread has some hundred thousand."""
_UNAUTHORISED, _GONE = 401, 499


class Engine:
    """The HTTP side of one worker."""

    def __init__(self, worker: Worker, settings: EngineSettings, token: str):
        self._worker = worker
        self._settings = settings
        self._token = token.encode()

    def app(
        self, lifespan: Callable[[Starlette], AbstractAsyncContextManager[None]] | None = None
    ) -> Starlette:
        """The ASGI application."""
        routes = [
            Route("/health", self.health),
            Route("/v1/models", self.models),
            Route("/v1/chat/completions", self.chat, methods=["POST"]),
        ]
        handlers: Any = {ApiError: _refuse, ClientDisconnect: _nobody}
        return Starlette(routes=routes, exception_handlers=handlers, lifespan=lifespan)

    async def health(self, _: Request) -> Response:
        """200 while the model can answer."""
        alive = self._worker.alive
        return JSONResponse({"status": "ok" if alive else "dead"}, 200 if alive else 503)

    async def models(self, request: Request) -> Response:
        """The names that can be asked for."""
        self._authorise(request)
        shelf = self._worker.ready.result(timeout=0).shelf
        return JSONResponse(model_list(await asyncio.to_thread(shelf.names)))

    async def chat(self, request: Request) -> Response:
        """Answers a conversation, whole or in pieces."""
        self._authorise(request)
        chat = parse_request(await _body(request))
        answer = _EventStream(self._worker, self._question(chat))
        gone = asyncio.create_task(_disconnected(request))
        try:
            await _unless(gone, answer.begin())
            if not chat.stream:
                return JSONResponse(await _unless(gone, answer.whole()))
            # From here on the response watches the connection, and ends the stream with it.
            return StreamingResponse(answer.stream(chat), media_type="text/event-stream")
        except BaseException:
            answer.cancel()
            raise
        finally:
            gone.cancel()

    def _authorise(self, request: Request) -> None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        known = hmac.compare_digest(given.encode(), self._token)
        if scheme.lower() != "bearer" or not known:
            message = "The bearer token is missing or wrong: data/engine.json has it."
            raise ApiError(_UNAUTHORISED, "invalid_api_key", message)

    def _question(self, chat: ChatRequest) -> GenerationRequest:
        settings = self._settings
        temperature = settings.temperature if chat.temperature is None else chat.temperature
        seed = secrets.randbits(32) if chat.seed is None else chat.seed & 0xFFFFFFFF
        return GenerationRequest(
            messages=[message.plain() for message in chat.messages],
            model=chat.model,
            max_tokens=chat.max_tokens or settings.max_tokens,
            sampling=Sampling(temperature, chat.top_p or 1.0, seed),
            stops=chat.stops,
        )


class _EventStream:
    """One answer on its way from the worker's thread to the event loop."""

    def __init__(self, worker: Worker, question: GenerationRequest):
        self._worker = worker
        self._events: asyncio.Queue[GenerationEvent] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self._begun = Accepted("", 0)
        self._asked = worker.ask(question, self._tell)

    def _tell(self, event: GenerationEvent) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._events.put_nowait, event)

    def cancel(self) -> None:
        """Nobody waits for it any more."""
        self._worker.cancel(self._asked)

    async def begin(self) -> None:
        """Waits until the question is accepted.

        Raises:
            Refusal: it is not.
        """
        event = await self._next()
        if isinstance(event, Accepted):
            self._begun = event

    async def whole(self) -> dict[str, Any]:
        """The response object of the whole answer."""
        text = ""
        while not isinstance(event := await self._next(), Finished):
            text += event.text if isinstance(event, TextDelta) else ""
        return ResponseBuilder(self._begun.model).whole(text, event.reason, self._usage(event))

    async def stream(self, chat: ChatRequest) -> AsyncIterator[str]:
        """The answer as server-sent events."""
        replies = ResponseBuilder(self._begun.model)
        try:
            yield _event(replies.chunk({"role": "assistant", "content": ""}))
            while not isinstance(event := await self._next(), Finished):
                if isinstance(event, TextDelta):
                    yield _event(replies.chunk({"content": event.text}))
            yield _event(replies.chunk({}, event.reason))
            if chat.stream_options and chat.stream_options.include_usage:
                yield _event(replies.usage_chunk(self._usage(event)))
        except ApiError as refusal:
            yield _event(refusal.body())
        finally:
            self.cancel()
        yield "data: [DONE]\n\n"

    async def _next(self) -> Accepted | TextDelta | Finished:
        event = await self._events.get()
        if isinstance(event, ApiError):
            raise event
        return event

    def _usage(self, done: Finished) -> dict[str, int]:
        return usage(self._begun.prompt_tokens, done.completion_tokens)


def _event(content: dict[str, Any]) -> str:
    return f"data: {json.dumps(content, ensure_ascii=False)}\n\n"


async def _refuse(_: Request, refusal: ApiError) -> Response:
    headers = {"WWW-Authenticate": "Bearer"} if refusal.status == _UNAUTHORISED else None
    return JSONResponse(refusal.body(), refusal.status, headers)


async def _nobody(_: Request, __: Exception) -> Response:
    """For a client that went away; nobody reads it."""
    return Response(status_code=_GONE)


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise ApiError(413, "too_large", f"The request is longer than {MAX_BODY} bytes.")
    return bytes(body)


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _unless(gone: asyncio.Task[None], work: Coroutine[Any, Any, T]) -> T:
    """The result of the work; raises ClientDisconnect if the client goes away first."""
    task = asyncio.create_task(work)
    try:
        await asyncio.wait({gone, task}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ClientDisconnect
        return task.result()
    finally:
        task.cancel()
