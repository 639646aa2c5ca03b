"""The one thread that owns the model: questions come in by a queue, answers go out in pieces.

Answers in flight keep the adapter with which they began. A failure of one step costs the
answers of that lane, not the process. Knows no HTTP; never logs what people wrote.
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

from bot.engine.adapter_cache import AdapterCache, Placement
from bot.engine.api import BASE, ApiError, FinishReason
from bot.engine.continuous_batching import Batcher, Sampling, Token
from bot.engine.detokenizer import TextStream
from trainer.errors import ModelError
from trainer.models.tokenization import prompt_tokens

LIMIT = 256
"""Questions being answered or waiting; more are turned away."""
_LOOK_EVERY = 1.0
"""Seconds between two looks for a newly promoted adapter while nobody asks."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class GenerationRequest:
    """What is asked of the model."""

    messages: Sequence[dict[str, str]]
    model: str
    max_tokens: int
    sampling: Sampling
    stops: tuple[str, ...] = ()


@dataclass(frozen=True)
class Accepted:
    """The question was accepted."""

    model: str
    """The version that answers, or `base`."""
    prompt_tokens: int


@dataclass(frozen=True)
class TextDelta:
    """More text of the answer."""

    text: str


@dataclass(frozen=True)
class Finished:
    """The answer is whole."""

    reason: FinishReason
    completion_tokens: int


GenerationEvent = Accepted | TextDelta | Finished | ApiError
EventListener = Callable[[GenerationEvent], None]


@dataclass(eq=False)
class QueuedRequest:
    """A question on its way; `tell` is called on the worker's thread."""

    question: GenerationRequest
    tell: EventListener
    cancelled: bool = False


@dataclass(eq=False)
class _Running:
    """An answer that is being computed."""

    asked: QueuedRequest
    seat: Placement
    lane: Batcher
    ticket: int
    text: TextStream
    tokens: int = 0


@dataclass(frozen=True)
class LoadedEngine:
    """What the worker works with, made on its own thread."""

    shelf: AdapterCache
    tokenizer: Any
    context: int
    """Tokens that the model can look back on, prompt and answer together."""


class Worker:
    """Runs the model; `ready` tells when it is loaded, or why it cannot be."""

    def __init__(self, open_model: Callable[[], LoadedEngine]):
        self._open = open_model
        self._inbox: queue.Queue[QueuedRequest | None] = queue.Queue()
        self._running: dict[tuple[int, int], _Running] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="model", daemon=True)
        self.ready: Future[LoadedEngine] = Future()

    def start(self) -> None:
        """Starts to load the model."""
        self._thread.start()

    def stop(self) -> None:
        """Drops everything and waits for the thread."""
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

    def ask(self, question: GenerationRequest, tell: EventListener) -> QueuedRequest:
        """Puts a question in; its events go to `tell`, ending with Done or a Refusal."""
        asked = QueuedRequest(question, tell)
        self._inbox.put(asked)
        return asked

    def cancel(self, asked: QueuedRequest) -> None:
        """Nobody waits for this answer any more: frees its row. Harmless when it is done."""
        asked.cancelled = True
        self._inbox.put(None)

    def _run(self) -> None:
        try:
            self._opened = self._open()
        except BaseException as error:  # noqa: BLE001 - whoever waits for `ready` gets it
            self.ready.set_exception(error)
        else:
            self.ready.set_result(self._opened)
            self._work()
        finally:
            # mlx aborts the process at its end if a thread leaves its streams behind
            mx.synchronize()
            mx.clear_streams()

    def _work(self) -> None:
        try:
            while not self._stopping.is_set():
                self._turn()
        except Exception:  # noqa: BLE001 - the process ends with this thread, and is started again
            _log.exception("the model cannot go on")
        refusal = ApiError(503, "stopped", "The model server is stopping: ask again in a minute.")
        for running in list(self._running.values()):
            self._end(running, refusal)

    def _turn(self) -> None:
        self._admit()
        self._drop_cancelled()
        settle()
        for lane in self._opened.shelf.lanes():
            if lane.busy:
                self._advance(lane)

    def _admit(self) -> None:
        """Takes what is in the inbox; waits for something if there is nothing to do."""
        wait = not self._running
        while True:
            try:
                asked = self._inbox.get(block=wait, timeout=_LOOK_EVERY if wait else None)
            except queue.Empty:
                if wait:
                    self._opened.shelf.look()
                return
            wait = False
            if asked is not None and not asked.cancelled:
                self._begin(asked)

    def _begin(self, asked: QueuedRequest) -> None:
        question, shelf = asked.question, self._opened.shelf
        try:
            prompt = self._prompt(question)
            seat = shelf.take(question.model)
        except ApiError as refusal:
            asked.tell(refusal)
            return
        except Exception as error:  # noqa: BLE001 - the others go on
            # Without the message: it could hold what people wrote.
            _log.error("a question failed: %s", type(error).__name__)
            asked.tell(ApiError(500, "failed", "The model server failed at this question."))
            return
        limit = min(question.max_tokens, self._opened.context - len(prompt))
        ticket = seat.lane.insert(prompt, limit, question.sampling.sampler(), seat.slot)
        text = TextStream(self._opened.tokenizer, question.stops)
        running = _Running(asked, seat, seat.lane, ticket, text)
        self._running[id(seat.lane), ticket] = running
        asked.tell(Accepted(seat.version or BASE, len(prompt)))

    def _prompt(self, question: GenerationRequest) -> list[int]:
        if len(self._running) >= LIMIT:
            raise ApiError(503, "busy", "Too many questions at once: try again in a minute.")
        try:
            prompt = prompt_tokens(self._opened.tokenizer, question.messages)
        except ModelError as error:
            raise ApiError(400, "invalid_request", str(error)) from error
        if len(prompt) >= self._opened.context:
            message = (
                f"The prompt is too long: {len(prompt)} tokens, and the model takes "
                f"{self._opened.context} with its answer. Shorten it or begin a new thread."
            )
            raise ApiError(400, "context_length_exceeded", message)
        return prompt

    def _drop_cancelled(self) -> None:
        for running in [r for r in self._running.values() if r.asked.cancelled]:
            running.lane.remove(running.ticket)
            self._end(running)

    def _advance(self, lane: Batcher) -> None:
        try:
            tokens = lane.step()
        except Exception:  # noqa: BLE001 - whatever it is, the other lanes go on
            _log.exception("a step failed; its answers are given up")
            self._opened.shelf.replace(lane)
            refusal = ApiError(500, "step_failed", "The model failed at this answer: ask again.")
            for lost in [r for r in self._running.values() if r.lane is lane]:
                self._end(lost, refusal)
            return
        for token in tokens:
            if running := self._running.get((id(lane), token.ticket)):
                self._pass_on(running, token)

    def _pass_on(self, running: _Running, token: Token) -> None:
        text, piece = running.text, ""
        if token.reason != "stop":
            running.tokens += 1
            piece = text.add(token.token)
        if token.reason:
            piece += text.end()
        if piece:
            running.asked.tell(TextDelta(piece))
        if text.stopped and not token.reason:
            running.lane.remove(running.ticket)
        if text.stopped or token.reason == "stop":
            self._end(running, Finished("stop", running.tokens))
        elif token.reason:
            self._end(running, Finished("length", running.tokens))

    def _end(self, running: _Running, last: GenerationEvent | None = None) -> None:
        del self._running[id(running.lane), running.ticket]
        self._opened.shelf.give_back(running.seat)
        if last is not None:
            running.asked.tell(last)
