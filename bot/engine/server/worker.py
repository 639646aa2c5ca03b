"""The thread that owns the model: it takes requests from a queue and sends events to listeners.

Answers in flight keep the adapter with which they began. A failure of one step costs the
answers of that batcher, not the process. The worker knows no HTTP and never logs what people
wrote.
"""

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from trainer.hardware.device import settle  # before mlx

# isort: split
import mlx.core as mx

from bot.engine.server.adapter_cache import AdapterCache, Placement
from bot.engine.server.continuous_batching import Batcher, Token
from bot.engine.server.detokenizer import StreamingDetokenizer
from bot.engine.server.encoding import Embedded, EncodingQueue, Reranked
from bot.engine.server.generation import (
    Accepted,
    EventListener,
    Finished,
    GenerationEvent,
    GenerationRequest,
    TextDelta,
)
from bot.engine.server.protocol import BASE, ApiError, FinishReason
from bot.errors import raised_at
from trainer.errors import ModelError
from trainer.models.tokenization import prompt_tokens

MAX_REQUESTS = 256
"""Most requests that are answered or wait in a batch; more are refused."""
_IDLE_SECONDS = 1.0
"""Seconds between two looks for a newly promoted adapter while nobody asks."""
_log = logging.getLogger(__name__)


@dataclass(eq=False)
class QueuedRequest:
    """A request that was submitted; its listener is called on the worker's thread."""

    request: GenerationRequest
    listener: EventListener
    cancelled: bool = False


@dataclass(eq=False)
class _Generation:
    """An answer that is being computed."""

    queued: QueuedRequest
    placement: Placement
    batcher: Batcher
    sequence_id: int
    detokenizer: StreamingDetokenizer
    tokens: int = 0

    def notify(self, event: GenerationEvent) -> None:
        """Hands an event to whoever asked."""
        self.queued.listener(event)


@dataclass(frozen=True)
class LoadedEngine:
    """The loaded model of a worker, made on the worker's own thread."""

    adapters: AdapterCache
    tokenizer: Any
    context: int
    """Most tokens of prompt and answer together."""
    encoding: EncodingQueue


class Worker:
    """Runs the model in a thread.

    `ready` holds the loaded engine as soon as it is loaded, or the error why it cannot be.
    """

    def __init__(self, open_model: Callable[[], LoadedEngine]):
        self._open_model = open_model
        self._inbox: queue.Queue[QueuedRequest | None] = queue.Queue()
        self._generations: dict[tuple[int, int], _Generation] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="model", daemon=True)
        self.ready: Future[LoadedEngine] = Future()

    def start(self) -> None:
        """Starts the thread, which loads the model first."""
        self._thread.start()

    def stop(self) -> None:
        """Ends all answers in flight with an error and waits for the thread."""
        self._stopping.set()
        self._inbox.put(None)
        self._thread.join()

    def join(self) -> None:
        """Waits for the thread's end: after `stop`, or when it cannot go on."""
        self._thread.join()

    @property
    def alive(self) -> bool:
        """False once the thread has ended."""
        return self._thread.is_alive()

    def submit(self, request: GenerationRequest, listener: EventListener) -> QueuedRequest:
        """Puts a request into the queue; may be called from any thread.

        Args:
            request: what to generate.
            listener: called on the worker's thread with each event; the first is `Accepted` or
                an `ApiError`, the last `Finished` or an `ApiError`. After `cancel` none follows.

        Returns:
            The handle to `cancel` it with.
        """
        queued = QueuedRequest(request, listener)
        self._inbox.put(queued)
        return queued

    def embed(self, texts: Sequence[str]) -> "Future[Embedded]":
        """Puts texts into the queue of the encoder; may be called from any thread once ready.

        Returns:
            A Future of their vectors; it fails with an `ApiError`, and may be cancelled.
        """
        result = self.ready.result().encoding.embed(texts)
        self._inbox.put(None)
        return result

    def rerank(self, question: str, texts: Sequence[str]) -> "Future[Reranked]":
        """Puts a question and texts into the queue of the reranker; as `embed`."""
        result = self.ready.result().encoding.rerank([(question, text) for text in texts])
        self._inbox.put(None)
        return result

    def cancel(self, queued: QueuedRequest) -> None:
        """Frees the row of an answer that nobody waits for; harmless when it is done."""
        queued.cancelled = True
        self._inbox.put(None)

    def _run(self) -> None:
        try:
            self._loaded = self._open_model()
        except BaseException as error:  # noqa: BLE001 - whoever waits for `ready` gets it
            self.ready.set_exception(error)
        else:
            self.ready.set_result(self._loaded)
            self._serve()
        finally:
            # mlx aborts the process at its end if a thread leaves its streams behind
            mx.synchronize()
            mx.clear_streams()

    def _serve(self) -> None:
        try:
            while not self._stopping.is_set():
                self._iterate()
        except Exception as error:  # noqa: BLE001 - the process ends here, and is started again
            _log_failure("the model cannot go on", error)
        stopping = ApiError(503, "stopped", "The model server is stopping: ask again in a minute.")
        for generation in list(self._generations.values()):
            self._finish(generation, stopping)
        self._loaded.encoding.close(stopping)

    def _iterate(self) -> None:
        self._admit()
        self._drop_cancelled()
        settle()
        if self._loaded.encoding.busy:
            self._loaded.encoding.step()
        for batcher in self._loaded.adapters.batchers():
            if batcher.busy:
                self._step(batcher)

    def _admit(self) -> None:
        """Starts what is in the inbox; waits for something if there is nothing to do."""
        wait = not self._generations and not self._loaded.encoding.busy
        while True:
            try:
                queued = self._inbox.get(block=wait, timeout=_IDLE_SECONDS if wait else None)
            except queue.Empty:
                if wait:
                    self._loaded.adapters.load_latest()
                    self._loaded.encoding.prepare()
                return
            wait = False
            if queued is not None and not queued.cancelled:
                self._start_generation(queued)

    def _start_generation(self, queued: QueuedRequest) -> None:
        request = queued.request
        try:
            prompt = self._prompt_tokens(request)
            placement = self._loaded.adapters.acquire(request.model)
        except ApiError as error:
            queued.listener(error)
            return
        except Exception as error:  # noqa: BLE001 - the others go on
            _log_failure("a question failed", error)
            queued.listener(ApiError(500, "failed", "The model server failed at this question."))
            return
        limit = min(request.max_tokens, self._loaded.context - len(prompt))
        batcher = placement.batcher
        sequence_id = batcher.insert(prompt, limit, request.sampling.sampler(), placement.slot)
        detokenizer = StreamingDetokenizer(self._loaded.tokenizer, request.stop_sequences)
        generation = _Generation(queued, placement, batcher, sequence_id, detokenizer)
        self._generations[id(batcher), sequence_id] = generation
        queued.listener(Accepted(placement.version or BASE, len(prompt)))

    def _prompt_tokens(self, request: GenerationRequest) -> list[int]:
        """Returns the prompt of a request.

        Raises:
            ApiError: too much is asked at once, or the prompt is not one, or is too long.
        """
        if len(self._generations) >= MAX_REQUESTS:
            raise ApiError(503, "busy", "Too many questions at once: try again in a minute.")
        try:
            prompt = prompt_tokens(self._loaded.tokenizer, request.messages)
        except ModelError as error:
            raise ApiError(400, "invalid_request", str(error)) from error
        if len(prompt) >= self._loaded.context:
            message = (
                f"The prompt is too long: {len(prompt)} tokens, and the model takes "
                f"{self._loaded.context} with its answer. Shorten it or begin a new thread."
            )
            raise ApiError(400, "context_length_exceeded", message)
        return prompt

    def _drop_cancelled(self) -> None:
        for generation in [g for g in self._generations.values() if g.queued.cancelled]:
            generation.batcher.remove(generation.sequence_id)
            self._finish(generation)

    def _step(self, batcher: Batcher) -> None:
        try:
            tokens = batcher.step()
        except Exception as error:  # noqa: BLE001 - whatever it is, the other batchers go on
            _log_failure("a step failed; its answers are given up", error)
            self._loaded.adapters.replace_batcher(batcher)
            failed = ApiError(500, "step_failed", "The model failed at this answer: ask again.")
            for lost in [g for g in self._generations.values() if g.batcher is batcher]:
                self._finish(lost, failed)
            return
        for token in tokens:
            if generation := self._generations.get((id(batcher), token.sequence_id)):
                self._add_token(generation, token)

    def _add_token(self, generation: _Generation, token: Token) -> None:
        """Sends the text of a token, and ends the answer where it or a stop sequence does."""
        detokenizer, text = generation.detokenizer, ""
        if token.reason != "stop":
            generation.tokens += 1
            text = detokenizer.add(token.token)
        if token.reason:
            text += detokenizer.finalize(cut=token.reason == "length")
        if text:
            generation.notify(TextDelta(text))
        if detokenizer.stopped and not token.reason:
            generation.batcher.remove(token.sequence_id)
        if detokenizer.stopped or token.reason:
            stopped = detokenizer.stopped or token.reason == "stop"
            reason: FinishReason = "stop" if stopped else "length"
            last = Finished(reason, generation.tokens, detokenizer.reasoning_tokens)
            self._finish(generation, last)

    def _finish(self, generation: _Generation, last: GenerationEvent | None = None) -> None:
        del self._generations[id(generation.batcher), generation.sequence_id]
        self._loaded.adapters.release(generation.placement)
        if last is not None:
            generation.notify(last)


def _log_failure(what: str, error: Exception) -> None:
    """Logs what failed, with the class and the place of the error.

    The text of the error is left out: it could hold what people wrote.
    """
    _log.error("%s: %s at %s", what, type(error).__name__, raised_at(error))
