"""Sentence vectors beside the answers: texts wait in a queue and are encoded a few at a time.

Between two batches of texts the answers in flight get their next token. The encoder is loaded when
it is first needed, or while nobody asks; where it is missing the chat goes on without it.
"""

import logging
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

import mlx.core as mx
import numpy as np
import numpy.typing as npt

from bot.engine.server.protocol import ApiError
from bot.errors import raised_at
from trainer.errors import ModelError
from trainer.models.embedder import Embedder, encoder_folder

TEXTS_AT_ONCE = 16
"""Texts that are encoded before the answers go on."""
RETRY_SECONDS = 60.0
"""Seconds after which an encoder that could not be loaded is looked for again."""
_log = logging.getLogger(__name__)


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


@dataclass(eq=False)
class _Job:
    texts: Sequence[str]
    result: "Future[Embedded]"
    vectors: list[mx.array] = field(default_factory=list)
    tokens: int = 0
    done: int = 0


class EmbeddingQueue:
    """Texts that wait for their vectors, and the encoder; belongs to the model's thread.

    Only `submit` may be called from other threads.
    """

    def __init__(self, name: str) -> None:
        """Names the encoder, as `encoder_folder` takes it; empty for none."""
        self.name = name
        self._jobs: deque[_Job] = deque()
        self._encoder: Embedder | None = None
        self._why = "No encoder is set (answers.embedder): there are no embeddings."
        self._look_again_at = 0.0

    @property
    def busy(self) -> bool:
        """Whether texts wait."""
        return bool(self._jobs)

    def submit(self, texts: Sequence[str]) -> "Future[Embedded]":
        """Puts texts into the queue; cancelling the Future takes them out of it."""
        result: Future[Embedded] = Future()
        self._jobs.append(_Job(texts, result))
        return result

    def prepare(self) -> None:
        """Loads the encoder, if one is set; not before RETRY_SECONDS where it just failed."""
        if self._encoder is not None or not self.name or time.monotonic() < self._look_again_at:
            return
        try:
            self._encoder = Embedder(encoder_folder(self.name))
        except ModelError as error:
            if str(error) != self._why:
                _log.warning("%s", error)
            self._why = str(error)
            self._look_again_at = time.monotonic() + RETRY_SECONDS

    def step(self) -> None:
        """Encodes the next few texts of the job that has waited longest."""
        job = self._jobs[0]
        if job.result.cancelled():
            self._jobs.popleft()
            return
        try:
            self._encode_some(job)
        except ApiError as error:
            self._fail(job, error)
        except Exception as error:  # noqa: BLE001 - the answers go on
            # Without the message: it could hold what people wrote.
            _log.error("texts could not be encoded: %s %s", type(error).__name__, raised_at(error))
            self._fail(job, ApiError(500, "failed", "The encoder failed at these texts."))

    def close(self, error: ApiError) -> None:
        """Ends what waits with an error."""
        while self._jobs:
            self._fail(self._jobs[0], error)

    def _encode_some(self, job: _Job) -> None:
        self.prepare()
        encoder = self._encoder
        if encoder is None:
            raise ApiError(503, "embedder_unavailable", self._why)
        rows = encoder.tokenize(job.texts[job.done : job.done + TEXTS_AT_ONCE])
        vectors = encoder.embed_tokens(rows)
        mx.eval(vectors)
        job.vectors.append(vectors)
        job.tokens += sum(map(len, rows))
        job.done += len(rows)
        if job.done == len(job.texts):
            self._jobs.popleft()
            together = np.array(mx.concatenate(job.vectors), dtype=np.float32)
            if job.result.set_running_or_notify_cancel():
                job.result.set_result(Embedded(together, job.tokens, encoder.revision))

    def _fail(self, job: _Job, error: ApiError) -> None:
        self._jobs.popleft()
        if job.result.set_running_or_notify_cancel():
            job.result.set_exception(error)
