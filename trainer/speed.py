"""How fast this machine computes, by one matrix product, and the memory of its graphics card."""

import time

import trainer.device

# isort: split
import mlx.core as mx

SIZE = 1024
_SECONDS = 0.4


def card_memory_gb() -> float | None:
    """Memory of an NVIDIA card, in 10^9 bytes; None where the machine's own is what counts."""
    return trainer.device.free_memory_gb() if mx.cuda.is_available() else None


def gflops() -> float:
    """Floating-point operations a second, in 10^9: the best of the products done in 0.4 s."""
    a = mx.random.normal((SIZE, SIZE)).astype(trainer.device.weights_dtype())
    mx.eval(a @ a)
    best, began = float("inf"), time.perf_counter()
    while time.perf_counter() - began < _SECONDS:
        start = time.perf_counter()
        mx.eval(a @ a)
        best = min(best, time.perf_counter() - start)
    return 2 * SIZE**3 / best / 1e9
