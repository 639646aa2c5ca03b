"""The HTTP side of the worker: reads requests and writes answers in OpenAI's form."""

import asyncio
import base64
import hmac
import json
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from bot.engine.server.generation import (
    Accepted,
    Finished,
    GenerationEvent,
    GenerationRequest,
    Sampling,
    TextDelta,
)
from bot.engine.server.host_guard import HostGuard
from bot.engine.server.protocol import (
    EMBEDDER,
    RERANKER,
    ApiError,
    ChatRequest,
    EmbeddingRequest,
    RerankRequest,
    ResponseBuilder,
    embedding_list,
    model_list,
    parse_request,
    ranking,
    usage,
)
from bot.engine.server.worker import Worker
from bot.settings import EngineSettings

T = TypeVar("T")
Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]

MAX_BODY_BYTES = 4 * 2**20
"""Bytes of a request; a long thread has some hundred thousand."""
_UNAUTHORISED, _CLIENT_CLOSED_REQUEST = 401, 499


def create_app(
    worker: Worker, settings: EngineSettings, token: str, lifespan: Lifespan | None = None
) -> Starlette:
    """Returns the ASGI application over one worker.

    Args:
        worker: runs the model; it must be ready before the first request.
        settings: the defaults for what a request leaves open.
        token: the bearer token that every request but those for /health must have.
        lifespan: entered when the server starts to answer, left when it ends.
    """
    handlers: Any = {ApiError: _error_response, ClientDisconnect: _client_gone}
    routes = Endpoints(worker, settings, token).routes()
    return Starlette(
        routes=routes,
        middleware=[Middleware(HostGuard)],
        exception_handlers=handlers,
        lifespan=lifespan,
    )


class Endpoints:
    """The endpoints of OpenAI's chat API, and /health."""

    def __init__(self, worker: Worker, settings: EngineSettings, token: str):
        self._worker = worker
        self._settings = settings
        self._token = token.encode()

    def routes(self) -> list[BaseRoute]:
        """Returns the paths and their endpoints."""
        return [
            Route("/health", self.health),
            Route("/v1/models", self.models),
            Route("/v1/chat/completions", self.chat_completions, methods=["POST"]),
            Route("/v1/embeddings", self.embeddings, methods=["POST"]),
            Route("/v1/rerank", self.rerank, methods=["POST"]),
        ]

    async def health(self, _: Request) -> Response:
        """Answers 200 while the model can answer, else 503; needs no token."""
        alive = self._worker.alive
        return JSONResponse({"status": "ok" if alive else "dead"}, 200 if alive else 503)

    async def models(self, request: Request) -> Response:
        """Lists the names that can be asked for."""
        self._authorise(request)
        loaded = self._worker.ready.result(timeout=0)
        names = await asyncio.to_thread(loaded.adapters.names)
        encoders = loaded.encoding.names()
        return JSONResponse(model_list([*names, *encoders]))

    async def chat_completions(self, request: Request) -> Response:
        """Answers a conversation, whole or as a stream of server-sent events."""
        self._authorise(request)
        chat = parse_request(await _body(request), ChatRequest)
        events = _EventStream(self._worker, self._generation_request(chat))
        disconnected = asyncio.create_task(_wait_for_disconnect(request))
        try:
            await _unless(disconnected, events.wait_accepted())
            if not chat.stream:
                return JSONResponse(await _unless(disconnected, events.completion()))
            # From here on the response watches the connection, and ends the stream with it.
            return StreamingResponse(events.stream(chat), media_type="text/event-stream")
        except BaseException:
            events.cancel()
            raise
        finally:
            disconnected.cancel()

    async def embeddings(self, request: Request) -> Response:
        """Answers with the vector of each text."""
        self._authorise(request)
        asked = parse_request(await _body(request), EmbeddingRequest)
        _check_name(asked.model, EMBEDDER)
        embedded = await _unless_gone(request, self._worker.embed(asked.texts))
        vectors: list[Any]
        if asked.encoding_format == "base64":
            vectors = [
                base64.b64encode(v.astype("<f4").tobytes()).decode() for v in embedded.vectors
            ]
        else:
            vectors = embedded.vectors.tolist()
        return JSONResponse(embedding_list(vectors, embedded.tokens, embedded.revision))

    async def rerank(self, request: Request) -> Response:
        """Answers how likely each document answers the question, the likeliest first."""
        self._authorise(request)
        asked = parse_request(await _body(request), RerankRequest)
        _check_name(asked.model, RERANKER)
        found = await _unless_gone(request, self._worker.rerank(asked.query, asked.documents))
        return JSONResponse(ranking(found.scores, found.revision, asked.top_n))

    def _authorise(self, request: Request) -> None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        known = hmac.compare_digest(given.encode(), self._token)
        if scheme.lower() != "bearer" or not known:
            message = "The bearer token is missing or wrong: data/engine.json has it."
            raise ApiError(_UNAUTHORISED, "invalid_api_key", message)

    def _generation_request(self, chat: ChatRequest) -> GenerationRequest:
        settings = self._settings
        temperature = settings.temperature if chat.temperature is None else chat.temperature
        seed = secrets.randbits(32) if chat.seed is None else chat.seed & 0xFFFFFFFF
        return GenerationRequest(
            messages=[message.as_dict() for message in chat.messages],
            model=chat.model,
            max_tokens=chat.max_tokens or settings.max_tokens,
            sampling=Sampling(temperature, chat.top_p or 1.0, seed),
            stop_sequences=chat.stop_sequences,
        )


class _EventStream:
    """The events of one request, on their way from the worker's thread to the event loop."""

    def __init__(self, worker: Worker, request: GenerationRequest):
        self._worker = worker
        self._events: asyncio.Queue[GenerationEvent] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self._accepted = Accepted("", 0)
        self._queued = worker.submit(request, self._receive)

    def _receive(self, event: GenerationEvent) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._events.put_nowait, event)

    def cancel(self) -> None:
        """Tells the worker that nobody waits for the answer any more."""
        self._worker.cancel(self._queued)

    async def wait_accepted(self) -> None:
        """Waits until the request is accepted.

        Raises:
            ApiError: the request is refused.
        """
        event = await self._next()
        if isinstance(event, Accepted):
            self._accepted = event

    async def completion(self) -> dict[str, Any]:
        """Returns the response object of the whole answer.

        Raises:
            ApiError: the answer failed.
        """
        text = ""
        while not isinstance(event := await self._next(), Finished):
            text += event.text if isinstance(event, TextDelta) else ""
        builder = ResponseBuilder(self._accepted.model)
        return builder.completion(text, event.reason, self._usage(event))

    async def stream(self, chat: ChatRequest) -> AsyncIterator[str]:
        """Yields the answer as server-sent events; an error becomes the last one."""
        builder = ResponseBuilder(self._accepted.model)
        try:
            yield _sent_event(builder.chunk({"role": "assistant", "content": ""}))
            while not isinstance(event := await self._next(), Finished):
                if isinstance(event, TextDelta):
                    yield _sent_event(builder.chunk({"content": event.text}))
            yield _sent_event(builder.chunk({}, event.reason))
            if chat.stream_options and chat.stream_options.include_usage:
                yield _sent_event(builder.usage_chunk(self._usage(event)))
        except ApiError as error:
            yield _sent_event(error.body())
        finally:
            self.cancel()
        yield "data: [DONE]\n\n"

    async def _next(self) -> Accepted | TextDelta | Finished:
        event = await self._events.get()
        if isinstance(event, ApiError):
            raise event
        return event

    def _usage(self, finished: Finished) -> dict[str, Any]:
        prompt = self._accepted.prompt_tokens
        return usage(prompt, finished.completion_tokens, finished.reasoning_tokens)


def _sent_event(content: dict[str, Any]) -> str:
    """Returns one server-sent event."""
    return f"data: {json.dumps(content, ensure_ascii=False)}\n\n"


async def _error_response(_: Request, error: ApiError) -> Response:
    headers = {"WWW-Authenticate": "Bearer"} if error.status == _UNAUTHORISED else None
    return JSONResponse(error.body(), error.status, headers)


async def _client_gone(_: Request, __: Exception) -> Response:
    """Answers a client that went away, as Starlette wants a response; nobody reads it."""
    return Response(status_code=_CLIENT_CLOSED_REQUEST)


async def _body(request: Request) -> bytes:
    """Returns the body of a request.

    Raises:
        ApiError: it is longer than MAX_BODY_BYTES.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            message = f"The request is longer than {MAX_BODY_BYTES} bytes."
            raise ApiError(413, "too_large", message)
    return bytes(body)


def _check_name(asked: str, name: str) -> None:
    if asked != name:
        raise ApiError(
            404, "model_not_found", f"There is no {name} of that name: ask for '{name}'."
        )


async def _unless_gone(request: Request, job: "Future[T]") -> T:
    """Returns the result of a job of the worker's, which is cancelled when the client goes away."""
    disconnected = asyncio.create_task(_wait_for_disconnect(request))
    result = asyncio.wrap_future(job)
    try:
        return await _unless(disconnected, _result_of(result))
    finally:
        result.cancel()
        disconnected.cancel()


async def _result_of(future: "asyncio.Future[T]") -> T:
    return await future


async def _wait_for_disconnect(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _unless(disconnected: asyncio.Task[None], work: Coroutine[Any, Any, T]) -> T:
    """Returns the result of the work.

    Raises:
        ClientDisconnect: the client went away first.
    """
    task = asyncio.create_task(work)
    try:
        await asyncio.wait({disconnected, task}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ClientDisconnect
        return task.result()
    finally:
        task.cancel()
