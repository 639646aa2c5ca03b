"""Batches: which rows are trained together, and in what order.

mlx-lm's own batches never train the last rows of a set, fail on sets smaller than a batch, and pad
to a random longest row. Here every lesson is seen in every epoch, in one of its wordings, and rows
of similar length share a batch.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import trainer.hardware.device

# isort: split
import mlx.core as mx
import numpy as np

from trainer.models.tokenization import TokenRow
from trainer.tuning.gradient_checkpointing import NO_LIMIT

COARSE = not trainer.hardware.device.on_cpu()
"""Whether lengths are rounded up: on a GPU every new shape costs seconds, for it is compiled."""
LENGTH_STEP = 32
"""Lengths are rounded up to a multiple of this; of twice it from 8 times it on, and so forth."""
ANSWER_PARTS = 4
"""The number of answer tokens is rounded up to a multiple of one such part of a batch's tokens."""
MIN_PREFIX = 8
"""Length in tokens from which on a prefix of all rows is computed once for a batch."""
LENGTH_JITTER = 8.0
"""Random tokens added to lengths when rows are sorted, so that batches differ between epochs."""


class Source(Protocol):
    """A source of rows, epoch by epoch, of which batches are made."""

    def __len__(self) -> int:
        """Returns the number of rows of an epoch."""

    def epoch(self, number: int, random: np.random.Generator) -> list[TokenRow]:
        """Returns the rows of an epoch; the first one has the number 0."""


@dataclass(frozen=True)
class FixedRows:
    """A source that gives the same rows in every epoch: for validation."""

    rows: Sequence[TokenRow]

    def __len__(self) -> int:
        return len(self.rows)

    def epoch(self, number: int, random: np.random.Generator) -> list[TokenRow]:  # noqa: ARG002  Source's own signature
        """Returns all rows, in every epoch the same."""
        return list(self.rows)


@dataclass(frozen=True)
class Batch:
    """Arrays of one batch, as the loss takes them; B rows, L tokens, C answer tokens in all."""

    prefix: mx.array
    """(1, P) int32: the shared prefix of all rows; P is 0 where there is none."""
    tokens: mx.array
    """(B, L) int32: the tokens after the prefix, padded with zeros."""
    places: mx.array
    """(C,) int32: the positions in the flattened (B * L) that predict the answer tokens."""
    targets: mx.array
    """(C,) int32: the answer tokens."""
    weights: mx.array
    """(C,) float32: 1, and 0 for padding."""

    @property
    def arrays(self) -> tuple[mx.array, ...]:
        """The arguments of the loss after the model."""
        return self.prefix, self.tokens, self.places, self.targets, self.weights


def common_start(rows: Sequence[TokenRow]) -> int:
    """Returns the length, in tokens, of the prefix that all rows share; 0 if under `MIN_PREFIX`.

    Nearly all rows begin with the same system prompt and opening. Computing that once for a batch
    is exact and saves up to half of the work. The token before an answer is never part of the
    prefix, as it predicts the answer's first token.
    """
    shortest = min((row.start for row in rows), default=1) - 1
    first = rows[0].tokens[:shortest] if rows else ()
    for row in rows:
        while row.tokens[: len(first)] != first:
            first = first[: _agreeing(first, row.tokens)]
    return len(first) if len(first) >= MIN_PREFIX else 0


def collate(rows: Sequence[TokenRow], shared: int = 0) -> Batch:
    """Makes the arrays of a batch: rows padded to a common length, and where their answers are.

    Args:
        rows: the rows of one batch.
        shared: length of the prefix that all rows may share; ignored where these rows do not.
    """
    prefix = rows[0].tokens[:shared]
    if len(rows) == 1 or any(row.tokens[:shared] != prefix or row.start <= shared for row in rows):
        shared, prefix = 0, ()
    length = padded_length(max(len(row) for row in rows) - 1 - shared)
    tokens = np.zeros((len(rows), length), np.int32)
    places: list[int] = []
    targets: list[int] = []
    for i, row in enumerate(rows):
        tokens[i, : len(row) - 1 - shared] = row.tokens[shared:-1]
        begin = i * length - 1 - shared
        places += range(begin + row.start, begin + len(row))
        targets += row.tokens[row.start :]
    room = _rounded(len(targets), max(1, tokens.size // ANSWER_PARTS)) if COARSE else len(targets)
    weights = np.zeros(room, np.float32)
    weights[: len(targets)] = 1
    padding = [0] * (room - len(targets))
    return Batch(
        mx.array(np.array([prefix], np.int32)),
        mx.array(tokens),
        mx.array(np.array(places + padding, np.int32)),
        mx.array(np.array(targets + padding, np.int32)),
        mx.array(weights),
    )


class Batches:
    """The `iterate_batches` that mlx-lm's `train` and `evaluate` call.

    Args:
        seed: seed of the order of rows and batches.
        longest: length in tokens up to which a batch's shared prefix is computed once. Longer rows
            are checkpointed, and recomputed blocks must not continue from a prefix's cache.
    """

    def __init__(self, seed: int = 0, *, longest: int = NO_LIMIT):
        self._seed = seed
        self._longest = longest

    def __call__(
        self,
        dataset: Source,
        batch_size: int,
        max_seq_length: int,  # noqa: ARG002  rows were cut when they were made
        loop: bool = False,
        seed: int | None = None,
        comm_group: Any = None,
    ) -> Iterator[tuple[mx.array, ...]]:
        """Yields the arrays of a Batch, for ever if `loop`, else for one epoch.

        In a loop all batches are full: the rows left over from an epoch join the next one.
        Otherwise the last batch may be smaller. Of n workers, each takes every n-th row of a batch.

        Raises:
            ValueError: the batch size is not divisible by the number of workers.
        """
        random = np.random.default_rng(self._seed if seed is None else seed)
        rank, workers = (comm_group.rank(), comm_group.size()) if comm_group else (0, 1)
        if batch_size % workers:
            raise ValueError("the batch size must be divisible by the number of workers")
        number, left, shared = 0, list[TokenRow](), 0
        while True:
            rows = left + dataset.epoch(number, random)
            if number == 0:
                shared = common_start(rows)
            groups, left = _grouped(rows, batch_size, random, partial=not loop)
            for group in groups:
                trainer.hardware.device.settle()
                if mine := group[rank::workers]:
                    together = max(map(len, mine)) - 1 <= self._longest
                    yield collate(mine, shared if together else 0).arrays
            if not loop:
                return
            number += 1


def _grouped(
    rows: list[TokenRow], size: int, random: np.random.Generator, *, partial: bool
) -> tuple[list[list[TokenRow]], list[TokenRow]]:
    """Returns batches of rows of similar length, in random order, and the rows left over."""
    left = [] if partial else rows[len(rows) - len(rows) % size :]
    used = rows if partial else rows[: len(rows) - len(left)]
    keys = [len(row) + random.uniform(0, LENGTH_JITTER) for row in used]
    order = sorted(range(len(used)), key=keys.__getitem__)
    groups = [[used[i] for i in order[k : k + size]] for k in range(0, len(order), size)]
    return [groups[i] for i in random.permutation(len(groups))], left


def _agreeing(one: Sequence[int], other: Sequence[int]) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))


def padded_length(tokens: int) -> int:
    """Returns the length in tokens that rows of so many tokens are padded to."""
    if not COARSE:
        return max(tokens, 1)
    step = LENGTH_STEP
    while tokens > 8 * step:
        step *= 2
    return _rounded(tokens, step)


def _rounded(length: int, step: int) -> int:
    return -(-max(length, 1) // step) * step
