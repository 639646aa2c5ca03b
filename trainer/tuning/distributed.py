"""Several processes, on one machine or on several, train one adapter together.

They were started by `mlx.launch`, which also tells them how to reach each other. Data and settings
are with the first one alone, which also reports, examines and writes; the others get from it what
they need. Each takes every n-th row of a batch, so that together they train what one alone would.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx
import numpy as np

from trainer.errors import TrainingError


class ProcessGroup:
    """This process among those that train together; alone unless `mlx.launch` started it.

    Args:
        size: how many there should be; None takes whoever is there.

    Raises:
        TrainingError: not all of them are there.
    """

    def __init__(self, size: int | None = None) -> None:
        try:
            self._group = mx.distributed.init()
        except RuntimeError as error:
            raise TrainingError(
                "The machines cannot reach each other: check the addresses in the hosts file."
            ) from error
        self.rank: int = self._group.rank()
        self.size: int = self._group.size()
        if size is not None and self.size != size:
            raise TrainingError(
                f"{size} processes should train together, but {self.size} found it."
            )

    @property
    def first(self) -> bool:
        """Whether this process has the data and speaks for all."""
        return self.rank == 0

    def share(self, make: Callable[[], Any]) -> Any:
        """Gives every process what the first one makes, as JSON has it."""
        if self.size == 1:
            return make()
        content = self.share_bytes(json.dumps(make()).encode() if self.first else b"")
        return json.loads(content)

    def share_bytes(self, content: bytes) -> bytes:
        """Gives every process the bytes that the first one has."""
        if self.size == 1:
            return content
        own = mx.array([len(content) if self.first else 0], mx.int32)
        length: Any = self._sum(own).item()
        parts = np.zeros(length, np.uint8)
        if self.first:
            parts[:] = np.frombuffer(content, np.uint8)
        return np.array(self._sum(mx.array(parts))).tobytes() if length else b""

    def agree(self, mark: str, what: str) -> None:
        """Stops where a machine has something else than the first one.

        Raises:
            TrainingError: the marks differ.
        """
        if self.share(lambda: mark) != mark:
            raise TrainingError(f"{what} on machine {self.rank + 1} differs from the first one's.")

    def whole_batch(self, size: int) -> int:
        """A batch's size, raised so that everyone has the same number of its rows."""
        return -(-size // self.size) * self.size

    def averaged(self, loss: Callable[..., tuple[mx.array, mx.array]]) -> Any:
        """A loss whose mean over all processes is the mean over all answer tokens.

        mlx-lm averages the gradients of the processes as if all had equally many tokens. So each
        one's mean is weighted with its share of the tokens.
        """
        if self.size == 1:
            return loss

        def weighted(*arguments: Any) -> tuple[mx.array, mx.array]:
            mean, count = loss(*arguments)
            everyone = self._sum(mx.stop_gradient(count))
            return mean * count * (self.size / everyone), count

        return weighted

    @contextmanager
    def summing(self) -> Iterator[None]:
        """While this lasts, sums over all processes are taken where their way of talking can.

        mlx-lm's loop asks for the processor. Without a word about it mlx takes the graphics card
        for NCCL and the processor for all others.
        """
        if self.size == 1:
            yield
            return
        original = mx.distributed.all_sum

        def all_sum(x: mx.array, *, group: Any = None, stream: Any = None) -> mx.array:  # noqa: ARG001  unheard
            return original(x, group=group)

        mx.distributed.all_sum = all_sum
        try:
            yield
        finally:
            mx.distributed.all_sum = original

    def _sum(self, array: mx.array) -> mx.array:
        return mx.distributed.all_sum(array, group=self._group)
