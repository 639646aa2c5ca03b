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
        size: the expected number of processes; None accepts any.

    Raises:
        TrainingError: the number of processes is another one, or they cannot connect.
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
        """Whether this process is the first of its group, which has the data and reports."""
        return self.rank == 0

    def share(self, make: Callable[[], Any]) -> Any:
        """Returns in every process what the first one makes, sent as JSON."""
        if self.size == 1:
            return make()
        content = self.share_bytes(json.dumps(make()).encode() if self.first else b"")
        return json.loads(content)

    def share_bytes(self, content: bytes) -> bytes:
        """Returns in every process the bytes that the first one passes."""
        if self.size == 1:
            return content
        own = mx.array([len(content) if self.first else 0], mx.int32)
        length: Any = self._sum(own).item()
        parts = np.zeros(length, np.uint8)
        if self.first:
            parts[:] = np.frombuffer(content, np.uint8)
        return np.array(self._sum(mx.array(parts))).tobytes() if length else b""

    def agree(self, mark: str, what: str) -> None:
        """Checks that every machine has the same text as the first one.

        Args:
            mark: a text, such as a hash, to compare.
            what: what it belongs to, for the error.

        Raises:
            TrainingError: the marks differ.
        """
        if self.share(lambda: mark) != mark:
            raise TrainingError(f"{what} on machine {self.rank + 1} differs from the first one's.")

    def whole_batch(self, size: int) -> int:
        """Returns a batch size raised to a multiple of the number of processes."""
        return -(-size // self.size) * self.size

    def averaged(self, loss: Callable[..., tuple[mx.array, mx.array]]) -> Any:
        """Returns a loss whose mean over all processes is the mean over all answer tokens.

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
        """Drops the stream argument of `all_sum` while the context is open.

        mlx-lm's loop sums on the processor's stream, which NCCL cannot. Without a stream mlx takes
        the graphics card for NCCL and the processor for every other backend.
        """
        if self.size == 1:
            yield
            return
        original = mx.distributed.all_sum

        def all_sum(x: mx.array, *, group: Any = None, stream: Any = None) -> mx.array:  # noqa: ARG001  ignored
            return original(x, group=group)

        mx.distributed.all_sum = all_sum
        try:
            yield
        finally:
            mx.distributed.all_sum = original

    def _sum(self, array: mx.array) -> mx.array:
        return mx.distributed.all_sum(array, group=self._group)
