"""Vectors and scores of texts beside the answers: jobs wait in a queue, a few texts at a time.

Between two batches of texts the answers in flight get their next token. Encoder and reranker are
loaded when they are first needed, or while nobody asks; where one is missing the chat goes on
without it.
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import mlx.core as mx
import numpy as np
import numpy.typing as npt

from bot.engine.server.protocol import EMBEDDER, RERANKER, ApiError
from bot.errors import raised_at
from trainer.errors import ModelError
from trainer.models.embedder import Embedder, encoder_folder
from trainer.models.reranker import Reranker

TEXTS_AT_ONCE = 16
"""Texts that are encoded before the answers go on."""
RETRY_SECONDS = 60.0
"""Seconds after which a model that could not be loaded is looked for again."""
_log = logging.getLogger(__name__)
Model = TypeVar("Model", Embedder, Reranker)
Pair = tuple[str, str]


@dataclass(frozen=True)
class Embedded:
    """The vectors of some texts.

    Attributes:
        vectors: (texts, width) in 32 bits, each of length 1.
        tokens: how many tokens the texts had.
        revision: the fingerprint of the encoder.
    """

    vectors: npt.NDArray[np.float32]
    tokens: int
    revision: str


@dataclass(frozen=True)
class Reranked:
    """The log-odds that each text answers the question, and the reranker's fingerprint."""

    scores: tuple[float, ...]
    revision: str


class _Lazy(Generic[Model]):
    """A model that is loaded when it is needed, and looked for again where it is missing."""

    def __init__(self, make: Callable[[Path], Model], name: str, code: str) -> None:
        self._make: Callable[[Path], Model] = make
        self._name = name
        self._code = code
        self._model: Model | None = None
        self._why = "No encoder is set (answers.embedder): there are no embeddings."
        self._look_again_at = 0.0

    def prepare(self) -> None:
        """Loads it, if a name is set; not before RETRY_SECONDS where that just failed."""
        if self._model is not None or not self._name or time.monotonic() < self._look_again_at:
            return
        try:
            self._model = self._make(encoder_folder(self._name))
        except ModelError as error:
            if str(error) != self._why:
                _log.info("%s", error)
            self._why = str(error)
            self._look_again_at = time.monotonic() + RETRY_SECONDS

    def get(self) -> Model:
        """Returns it, loaded.

        Raises:
            ApiError: it is missing; the sentence says why.
        """
        self.prepare()
        if self._model is None:
            raise ApiError(503, self._code, self._why)
        return self._model

    @property
    def listed(self) -> bool:
        """Whether there is one, for all that is known."""
        return bool(self._name) and not self._look_again_at


@dataclass(eq=False)
class _Embedding:
    """Texts that wait for their vectors."""

    texts: Sequence[str]
    result: "Future[Embedded]"
    vectors: list[mx.array] = field(default_factory=list)
    tokens: int = 0
    done: int = 0

    def go_on(self, queue: "EncodingQueue") -> None:
        """Encodes the next few."""
        encoder = queue.encoder.get()
        rows = encoder.tokenize(self.texts[self.done : self.done + TEXTS_AT_ONCE])
        vectors = encoder.embed_tokens(rows)
        mx.eval(vectors)
        self.vectors.append(vectors)
        self.tokens += sum(map(len, rows))
        self.done += len(rows)
        if self.done == len(self.texts) and self.result.set_running_or_notify_cancel():
            together = np.array(mx.concatenate(self.vectors), dtype=np.float32)
            self.result.set_result(Embedded(together, self.tokens, encoder.revision))


@dataclass(eq=False)
class _Reranking:
    """Pairs of a question and a text that wait for their scores."""

    pairs: Sequence[Pair]
    result: "Future[Reranked]"
    scores: list[float] = field(default_factory=list)

    def go_on(self, queue: "EncodingQueue") -> None:
        """Scores the next few."""
        reranker = queue.reranker.get()
        done = len(self.scores)
        self.scores += reranker.score(self.pairs[done : done + TEXTS_AT_ONCE])
        if len(self.scores) == len(self.pairs) and self.result.set_running_or_notify_cancel():
            self.result.set_result(Reranked(tuple(self.scores), reranker.revision))


class EncodingQueue:
    """Jobs of the encoder and the reranker, and both; belongs to the model's thread.

    Only `embed` and `rerank` may be called from other threads.
    """

    def __init__(self, name: str) -> None:
        """Names the encoder, as `encoder_folder` takes it; empty for none."""
        self.name = name
        self.encoder = _Lazy(Embedder, name, "embedder_unavailable")
        self.reranker = _Lazy(Reranker, name, "reranker_unavailable")
        self._jobs: deque[_Embedding | _Reranking] = deque()

    @property
    def busy(self) -> bool:
        """Whether texts wait."""
        return bool(self._jobs)

    def names(self) -> list[str]:
        """Returns the names that can be asked for."""
        models = ((EMBEDDER, self.encoder), (RERANKER, self.reranker))
        return [name for name, model in models if model.listed]

    def embed(self, texts: Sequence[str]) -> "Future[Embedded]":
        """Puts texts into the queue; cancelling the Future takes them out of it."""
        result: Future[Embedded] = Future()
        self._jobs.append(_Embedding(texts, result))
        return result

    def rerank(self, pairs: Sequence[Pair]) -> "Future[Reranked]":
        """Puts pairs of a question and a text into the queue; likewise."""
        result: Future[Reranked] = Future()
        self._jobs.append(_Reranking(pairs, result))
        return result

    def prepare(self) -> None:
        """Loads what is not loaded yet."""
        self.encoder.prepare()
        self.reranker.prepare()

    def step(self) -> None:
        """Goes on with the job that has waited longest."""
        job = self._jobs[0]
        if job.result.cancelled():
            self._jobs.popleft()
            return
        try:
            job.go_on(self)
        except ApiError as error:
            _fail(job.result, error)
        except Exception as error:  # noqa: BLE001 - the answers go on
            # Without the message: it could hold what people wrote.
            _log.error("texts could not be encoded: %s %s", type(error).__name__, raised_at(error))
            _fail(job.result, ApiError(500, "failed", "The encoder failed at these texts."))
        if job.result.done():
            self._jobs.popleft()

    def close(self, error: ApiError) -> None:
        """Ends what waits with an error."""
        while self._jobs:
            _fail(self._jobs.popleft().result, error)


def _fail(result: "Future[Any]", error: ApiError) -> None:
    if result.set_running_or_notify_cancel():
        result.set_exception(error)
