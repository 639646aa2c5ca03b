"""One model answering many prompts at once: tokens for all of them, one step at a time.

A lane is a model with its running batch. There is one for the base and every adapter that can
be served row by row, and one for each adapter that needs a model of its own. A model whose
caches cannot be merged gets a lane that answers one prompt after the other.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import trainer.hardware.device  # noqa: F401 - before mlx

# isort: split
import mlx.core as mx
from mlx_lm.generate import BatchGenerator, generate_step
from mlx_lm.models.cache import LRUPromptCache, make_prompt_cache
from mlx_lm.sample_utils import apply_top_p, greedy_sampler

from trainer.inference.multi_lora import Bank, RowModel, Slots

ROWS = 32
"""Prompts answered at once; more wait."""
PREFILL_ROWS = 8
PREFILL_STEP = 512
"""Prompt tokens of a row read between two steps of the others: long ones must not stop them."""

THREADS, THREAD_BYTES = 16, 512 * 2**20
"""Conversations whose computed past is kept, so that a follow-up reads its new words only."""

Sampler = Callable[[mx.array], mx.array]


@dataclass(frozen=True)
class Sampling:
    """How the next token is chosen."""

    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 0

    def sampler(self) -> Sampler:
        """A function from log-probabilities (1, vocabulary) to a token (1,).

        Each answer draws from a stream of its own, so that a seed gives the same answer whoever
        shares the batch.
        """
        if self.temperature == 0:
            greedy: Sampler = greedy_sampler
            return greedy
        key = mx.random.key(self.seed)

        def sample(logprobs: mx.array) -> mx.array:
            nonlocal key
            key, now = mx.random.split(key)
            if self.top_p < 1:
                logprobs = apply_top_p(logprobs, self.top_p)
            return mx.random.categorical(logprobs / self.temperature, key=now)

        return sample


@dataclass(frozen=True)
class Token:
    """What a step gave for one prompt; `reason` is set on the last one."""

    ticket: int
    token: int
    reason: str | None
    """`stop` if the token ends the answer and is no part of it, `length` if it is the last."""


class Batcher(Protocol):
    """A model with its running batch."""

    @property
    def busy(self) -> bool:
        """True if a step would do something."""

    def insert(self, prompt: Sequence[int], limit: int, sampler: Sampler, slot: int) -> int:
        """Lets a prompt join; returns its ticket."""

    def remove(self, ticket: int) -> None:
        """Forgets a prompt that nobody waits for."""

    def step(self) -> list[Token]:
        """Computes; returns at most one token a prompt."""


class ContinuousBatcher:
    """Continuous batching with mlx-lm's BatchGenerator."""

    def __init__(self, model: Any, ends: Sequence[int], bank: Bank | None):
        """Makes an empty batch.

        Args:
            model: an mlx-lm model with caches that can be merged.
            ends: the tokens that end an answer.
            bank: the adapters by row; None if the model has them built in.
        """
        self._model = model
        self._bank = bank
        self._generator: Any = BatchGenerator(
            model if bank is None else RowModel(model, bank),
            stop_tokens=[[token] for token in ends],
            completion_batch_size=ROWS,
            prefill_batch_size=PREFILL_ROWS,
            prefill_step_size=PREFILL_STEP,
            stream=mx.default_stream(mx.default_device()),
        )
        self._slots: dict[int, int] = {}
        self._past = LRUPromptCache(THREADS, THREAD_BYTES)

    @property
    def busy(self) -> bool:
        """True if a prompt is being answered."""
        return bool(self._slots)

    def insert(self, prompt: Sequence[int], limit: int, sampler: Sampler, slot: int) -> int:
        """Lets a prompt join the batch at the next step."""
        *all_but_last, last = prompt
        cache, rest = self._past.fetch_nearest_cache(slot, all_but_last)
        if cache is None:
            cache = make_prompt_cache(self._model)
            if self._bank is not None:
                cache.append(Slots([slot]))
        (ticket,) = self._generator.insert(
            [[*rest, last]],
            [limit],
            [cache],
            [all_but_last[: len(all_but_last) - len(rest)]],
            samplers=[sampler],
        )
        self._slots[ticket] = slot
        return int(ticket)

    def remove(self, ticket: int) -> None:
        """Frees the row."""
        self._slots.pop(ticket, None)
        self._generator.remove([ticket])

    def step(self) -> list[Token]:
        """One token for every row that has its prompt behind it."""
        _, responses = self._generator.next()
        tokens = [Token(r.uid, r.token, r.finish_reason) for r in responses]
        for done in [response for response in responses if response.finish_reason]:
            slot = self._slots.pop(done.uid)
            self._past.insert_cache(slot, done.all_tokens, done.prompt_cache)
        return tokens


@dataclass
class _Waiting:
    ticket: int
    prompt: list[int]
    limit: int
    sampler: Sampler
    tokens: Iterator[Any] | None = field(default=None)
    count: int = 0


class SerialBatcher:
    """One prompt after the other, with mlx-lm's generate_step."""

    def __init__(self, model: Any, ends: Sequence[int]):
        self._model = model
        self._ends = frozenset(ends)
        self._waiting: deque[_Waiting] = deque()
        self._last = 0

    @property
    def busy(self) -> bool:
        """True if a prompt is being answered."""
        return bool(self._waiting)

    def insert(self, prompt: Sequence[int], limit: int, sampler: Sampler, slot: int) -> int:
        """Puts a prompt at the end of the queue; the model has its adapter built in."""
        del slot
        self._last += 1
        self._waiting.append(_Waiting(self._last, list(prompt), limit, sampler))
        return self._last

    def remove(self, ticket: int) -> None:
        """Forgets it, also in the middle of its answer."""
        self._waiting = deque(w for w in self._waiting if w.ticket != ticket)

    def step(self) -> list[Token]:
        """The next token of the first prompt."""
        first = self._waiting[0]
        if first.tokens is None:
            first.tokens = generate_step(
                mx.array(first.prompt),
                self._model,
                mx.default_stream(mx.default_device()),
                max_tokens=first.limit,
                sampler=first.sampler,
                prefill_step_size=PREFILL_STEP,
            )
        token, _ = next(first.tokens)
        first.count += 1
        reason = None
        if token in self._ends:
            reason = "stop"
        elif first.count >= first.limit:
            reason = "length"
        if reason:
            self._waiting.popleft()
        return [Token(first.ticket, int(token), reason)]


def can_batch(model: Any) -> bool:
    """True if sequences of this model can share a batch: all its caches can be merged."""
    return all(hasattr(cache, "merge") for cache in make_prompt_cache(model))


def open_lane(model: Any, ends: Sequence[int], bank: Bank | None = None) -> Batcher:
    """The fastest lane that the model allows."""
    return ContinuousBatcher(model, ends, bank) if can_batch(model) else SerialBatcher(model, ends)
