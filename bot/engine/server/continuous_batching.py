"""One model generates for many prompts at once, one token a prompt at each step.

A batcher is a model with its running batch. There is one for the base and all adapters that can
be applied row by row, and one for each adapter that needs a model of its own. A model whose
KV caches cannot be merged gets a batcher that answers one prompt after the other.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import trainer.hardware.device  # noqa: F401 - before mlx

# isort: split
import mlx.core as mx
from mlx_lm.generate import BatchGenerator, generate_step
from mlx_lm.models.cache import LRUPromptCache, make_prompt_cache

from trainer.inference.generation import Sampler
from trainer.inference.multi_lora import Bank, RowModel, Slots

MAX_ROWS = 32
"""Most prompts that are answered at once; more wait."""
PREFILL_ROWS = 8
"""Most prompts that are read at once."""
PREFILL_STEP = 512
"""Most prompt tokens of a row read between two steps, so that long prompts delay others little."""
CACHED_PROMPTS, CACHED_BYTES = 16, 512 * 2**20
"""Most conversations and bytes of kept KV caches: of a follow-up only the new tokens are read."""


@dataclass(frozen=True)
class Token:
    """One generated token; `reason` is set on the last one of its sequence."""

    sequence_id: int
    token: int
    reason: str | None
    """`stop` if the token ends the answer and is no part of it, `length` if it is the last."""


class Batcher(Protocol):
    """A model with its running batch."""

    @property
    def busy(self) -> bool:
        """True if a step would compute something."""

    def insert(self, prompt: Sequence[int], limit: int, sampler: Sampler, slot: int) -> int:
        """Adds a prompt to the batch.

        Args:
            prompt: its tokens, at least one.
            limit: the most tokens to generate.
            sampler: chooses each token.
            slot: the adapter's place in the bank.

        Returns:
            The id of the sequence in this batcher.
        """

    def remove(self, sequence_id: int) -> None:
        """Drops a sequence that nobody waits for; harmless when it has ended."""

    def step(self) -> list[Token]:
        """Computes one step; returns at most one token a sequence."""


class ContinuousBatcher:
    """Continuous batching with mlx-lm's BatchGenerator."""

    def __init__(self, model: Any, eos_tokens: Sequence[int], bank: Bank | None):
        """Makes an empty batch.

        Args:
            model: an mlx-lm model with caches that can be merged.
            eos_tokens: the tokens that end an answer.
            bank: the adapters by row; None if the model has its adapter built in.
        """
        self._model = model
        self._bank = bank
        self._generator: Any = BatchGenerator(
            model if bank is None else RowModel(model, bank),
            stop_tokens=[[token] for token in eos_tokens],
            completion_batch_size=MAX_ROWS,
            prefill_batch_size=PREFILL_ROWS,
            prefill_step_size=PREFILL_STEP,
            stream=mx.default_stream(mx.default_device()),
        )
        self._slots: dict[int, int] = {}
        self._prompt_cache = LRUPromptCache(CACHED_PROMPTS, CACHED_BYTES)

    @property
    def busy(self) -> bool:
        """True if a prompt is being answered."""
        return bool(self._slots)

    def insert(self, prompt: Sequence[int], limit: int, sampler: Sampler, slot: int) -> int:
        """Adds a prompt to the batch from the next step on; see `Batcher`."""
        *all_but_last, last = prompt
        cache, uncached = self._prompt_cache.fetch_nearest_cache(slot, all_but_last)
        if cache is None:
            cache = make_prompt_cache(self._model)
            if self._bank is not None:
                cache.append(Slots([slot]))
        (sequence_id,) = self._generator.insert(
            [[*uncached, last]],
            [limit],
            [cache],
            [all_but_last[: len(all_but_last) - len(uncached)]],
            samplers=[sampler],
        )
        self._slots[sequence_id] = slot
        return int(sequence_id)

    def remove(self, sequence_id: int) -> None:
        """Frees the row of a sequence."""
        self._slots.pop(sequence_id, None)
        self._generator.remove([sequence_id])

    def step(self) -> list[Token]:
        """Computes one token for every row whose prompt has been read."""
        _, responses = self._generator.next()
        tokens = [Token(r.uid, r.token, r.finish_reason) for r in responses]
        for response in [r for r in responses if r.finish_reason]:
            slot = self._slots.pop(response.uid)
            self._prompt_cache.insert_cache(slot, response.all_tokens, response.prompt_cache)
        return tokens


@dataclass
class _Sequence:
    """One prompt of a SerialBatcher, and the state of its answer."""

    id: int
    prompt: list[int]
    limit: int
    sampler: Sampler
    tokens: Iterator[Any] | None = None
    count: int = 0


class SerialBatcher:
    """Answers one prompt after the other, with mlx-lm's generate_step."""

    def __init__(self, model: Any, eos_tokens: Sequence[int]):
        self._model = model
        self._eos_tokens = frozenset(eos_tokens)
        self._sequences: deque[_Sequence] = deque()
        self._last_id = 0

    @property
    def busy(self) -> bool:
        """True if a prompt is being answered."""
        return bool(self._sequences)

    def insert(self, prompt: Sequence[int], limit: int, sampler: Sampler, slot: int) -> int:
        """Puts a prompt at the end of the queue; the model has its adapter built in."""
        del slot
        self._last_id += 1
        self._sequences.append(_Sequence(self._last_id, list(prompt), limit, sampler))
        return self._last_id

    def remove(self, sequence_id: int) -> None:
        """Drops a sequence, also in the middle of its answer."""
        self._sequences = deque(s for s in self._sequences if s.id != sequence_id)

    def step(self) -> list[Token]:
        """Computes the next token of the first sequence."""
        first = self._sequences[0]
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
        if token in self._eos_tokens:
            reason = "stop"
        elif first.count >= first.limit:
            reason = "length"
        if reason:
            self._sequences.popleft()
        return [Token(first.id, int(token), reason)]


def can_batch(model: Any) -> bool:
    """Returns whether sequences of this model can share a batch: all its caches can be merged."""
    return all(hasattr(cache, "merge") for cache in make_prompt_cache(model))


def open_batcher(model: Any, eos_tokens: Sequence[int], bank: Bank | None = None) -> Batcher:
    """Returns the fastest batcher that the model's caches allow; see ContinuousBatcher."""
    if can_batch(model):
        return ContinuousBatcher(model, eos_tokens, bank)
    return SerialBatcher(model, eos_tokens)
