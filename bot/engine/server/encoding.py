"""Vectors and scores of texts beside the answers: jobs wait in a queue, a few texts at a time.

Between two batches of texts the answers in flight get their next token. Where encoder or reranker
is missing, or gives numbers that are none, the job fails with a sentence and the chat goes on.
"""

import logging
import math
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import mlx.core as mx
import numpy as np
import numpy.typing as npt

from bot.engine.server.lazy_models import FolderFinder, LazyModel
from bot.engine.server.protocol import EMBEDDER, RERANKER, ApiError
from bot.errors import raised_at
from trainer.models.embedder import Embedder
from trainer.models.reranker import Reranker

TEXTS_AT_ONCE = 16
"""Texts that are encoded before the answers go on."""
_log = logging.getLogger(__name__)
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
        if self.done == len(self.texts):
            together = np.array(mx.concatenate(self.vectors), dtype=np.float32)
            _check_numbers(finite=bool(np.isfinite(together).all()))
            if self.result.set_running_or_notify_cancel():
                self.result.set_result(Embedded(together, self.tokens, encoder.revision))


@dataclass(eq=False)
class _Reranking:
    """Pairs of a question and a text that wait for their scores."""

    pairs: Sequence[Pair]
    result: "Future[Reranked]"
    scores: list[float] = field(default_factory=list)

    def go_on(self, queue: "EncodingQueue") -> None:
        """Scores the next few."""
        queue.encoder.get()  # whoever fetches an encoder fetches it once
        reranker = queue.reranker.get()
        done = len(self.scores)
        self.scores += reranker.score(self.pairs[done : done + TEXTS_AT_ONCE])
        if len(self.scores) == len(self.pairs):
            _check_numbers(finite=all(map(math.isfinite, self.scores)))
            if self.result.set_running_or_notify_cancel():
                self.result.set_result(Reranked(tuple(self.scores), reranker.revision))


class EncodingQueue:
    """Jobs of the encoder and the reranker, and both; belongs to the model's thread.

    Only `embed` and `rerank` may be called from other threads.
    """

    def __init__(self, name: str) -> None:
        """Names the encoder, as `encoder_folder` takes it; empty for none."""
        folder = FolderFinder(name)
        self.encoder = LazyModel(folder, Embedder, "embedder_unavailable")
        self.reranker = LazyModel(folder, Reranker, "reranker_unavailable")
        self._jobs: deque[_Embedding | _Reranking] = deque()

    @property
    def busy(self) -> bool:
        """Whether texts wait."""
        return bool(self._jobs)

    def names(self) -> list[str]:
        """Returns the names that can be asked for."""
        if not self.encoder.listed:
            return []
        return [EMBEDDER, RERANKER] if self.reranker.listed else [EMBEDDER]

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
        if self.encoder.loaded:
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


def _check_numbers(*, finite: bool) -> None:
    if not finite:
        why = "The encoder gave numbers that are none: its files may be damaged (answers.embedder)."
        raise ApiError(500, "not_a_number", why)


def _fail(result: "Future[Any]", error: ApiError) -> None:
    if result.set_running_or_notify_cancel():
        result.set_exception(error)
