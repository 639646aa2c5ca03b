"""Which rows are trained together, and in what order.

mlx-lm's own batches leave out the last rows of a set for ever, fail on sets smaller than a
batch, and pad to a random longest row. Here every lesson is seen in every epoch, in one of its
wordings, and rows of like length go together.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import trainer.hardware.device

# isort: split
import mlx.core as mx
import numpy as np

from trainer.models.tokenization import TokenRow
from trainer.tuning.gradient_checkpointing import NONE

COARSE = not trainer.hardware.device.on_cpu()
"""Whether lengths are rounded up: on a GPU every new shape costs seconds, for it is compiled."""
LENGTH_STEP = 32
"""Lengths are rounded up to a multiple of this; of twice it from 8 times it on, and so forth."""
ANSWER_PARTS = 4
"""The number of answer tokens is rounded up to so many parts of all tokens of a batch."""
WORTH = 8
"""Tokens at the beginning of all rows from which on they are computed once for a batch."""
BLUR = 8.0
"""Tokens by which lengths are blurred when rows are sorted, so that not always the same meet."""


class Source(Protocol):
    """A source of rows, epoch by epoch, that batches are made of."""

    def __len__(self) -> int:
        """How many rows an epoch has."""

    def epoch(self, number: int, random: np.random.Generator) -> list[TokenRow]:
        """The rows of an epoch; the first one has the number 0."""


@dataclass(frozen=True)
class Fixed:
    """A source that gives the same rows in every epoch: for validation."""

    rows: Sequence[TokenRow]

    def __len__(self) -> int:
        return len(self.rows)

    def epoch(self, number: int, random: np.random.Generator) -> list[TokenRow]:  # noqa: ARG002
        """Returns all rows, in every epoch the same."""
        return list(self.rows)


@dataclass(frozen=True)
class Batch:
    """Arrays of one batch, as the loss takes them; B rows, L tokens, C answer tokens in all."""

    prefix: mx.array
    """(1, P) int32: how all rows begin; P is 0 where that is not worth it."""
    tokens: mx.array
    """(B, L) int32: what follows, padded with zeros."""
    places: mx.array
    """(C,) int32: where in the flattened (B * L) the answer tokens are predicted."""
    targets: mx.array
    """(C,) int32: the answer tokens."""
    weights: mx.array
    """(C,) float32: 1, and 0 for padding."""

    @property
    def arrays(self) -> tuple[mx.array, ...]:
        """What the loss is called with, after the model."""
        return self.prefix, self.tokens, self.places, self.targets, self.weights


def common_start(rows: Sequence[TokenRow]) -> int:
    """How many tokens all rows begin with, a place before every answer left out.

    Nearly all begin with the same system prompt and opening; to compute that once for a batch is
    exact and saves up to half of the work. 0 where it would save next to nothing.
    """
    shortest = min((row.start for row in rows), default=1) - 1
    first = rows[0].tokens[:shortest] if rows else ()
    for row in rows:
        while row.tokens[: len(first)] != first:
            first = first[: _agreeing(first, row.tokens)]
    return len(first) if len(first) >= WORTH else 0


def collate(rows: Sequence[TokenRow], shared: int = 0) -> Batch:
    """Pads rows to a common length and points at their answers.

    Args:
        rows: of one batch.
        shared: tokens that all rows may begin with; left alone where not all of these do.
    """
    prefix = rows[0].tokens[:shared]
    if len(rows) == 1 or any(row.tokens[:shared] != prefix or row.start <= shared for row in rows):
        shared, prefix = 0, ()
    length = padded(max(len(row) for row in rows) - 1 - shared)
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
        seed: of the order of rows and batches.
        longest: tokens that are computed of a row, up to which what all rows begin with is set
            apart. Blocks that compute longer ones again for their gradients must not go on from
            kept values.
    """

    def __init__(self, seed: int = 0, *, longest: int = NONE):
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
        """Yields the arrays of a Batch, for ever if `loop`, else one epoch.

        In a loop all batches are full: what is left of an epoch goes to the next one's first
        batches. Otherwise the last one may be smaller. Of several workers, each takes every
        n-th row of a batch.
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
    """Batches of rows of like length in random order, and the rows that fill none."""
    left = [] if partial else rows[len(rows) - len(rows) % size :]
    used = rows if partial else rows[: len(rows) - len(left)]
    keys = [len(row) + random.uniform(0, BLUR) for row in used]
    order = sorted(range(len(used)), key=keys.__getitem__)
    groups = [[used[i] for i in order[k : k + size]] for k in range(0, len(order), size)]
    return [groups[i] for i in random.permutation(len(groups))], left


def _agreeing(one: Sequence[int], other: Sequence[int]) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))


def padded(tokens: int) -> int:
    """The length that rows of so many tokens are given."""
    if not COARSE:
        return max(tokens, 1)
    step = LENGTH_STEP
    while tokens > 8 * step:
        step *= 2
    return _rounded(tokens, step)


def _rounded(length: int, step: int) -> int:
    return -(-max(length, 1) // step) * step
