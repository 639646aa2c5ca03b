"""Everything that depends on the machine. This module is imported before anything of mlx."""

import contextlib
import logging
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from trainer.hardware.blas import settle  # before mlx

# isort: split
import time

import mlx.core as mx
from mlx.utils import tree_flatten
from mlx_lm.utils import dequantize_model

__all__ = [
    "awake",
    "free_memory_gb",
    "on_cpu",
    "peak_memory_gb",
    "settle",
    "suited",
    "weights_dtype",
]
_log = logging.getLogger(__name__)

if not (mx.metal.is_available() or mx.cuda.is_available()):
    # On a processor mlx compiles C++ for every new combination of operations: minutes on a fresh
    # machine, a compiler needed, and not a second gained (measured on training and answering).
    mx.disable_compile()


def on_cpu() -> bool:
    """True where mlx computes on the processor alone."""
    return not (mx.metal.is_available() or mx.cuda.is_available())


def weights_dtype() -> mx.Dtype:
    """The number format to hold weights in: on a processor, 16-bit products are 30 times slower."""
    return mx.float32 if on_cpu() else mx.bfloat16


def suited(model: Any) -> Any:
    """The model in the number format that this machine is quick with.

    On a processor that is 32 bits: products of 16-bit and of quantised weights run some thirty
    times slower there, so that quantised layers become plain ones. Elsewhere it stays as it is.
    """
    if not on_cpu():
        return model
    leaves: Any = tree_flatten(model.parameters())
    kinds = {leaf.dtype for _, leaf in leaves}
    if mx.uint32 in kinds:
        _log.info("quantised weights are widened to 32 bits, which a processor is quick with")
        model = dequantize_model(model)
    if kinds & {mx.uint32, mx.float16, mx.bfloat16}:
        model.set_dtype(mx.float32)
        mx.eval(model.parameters())
    return model


def peak_memory_gb() -> float:
    """The most memory held so far, in 10^9 bytes: the process's own, or mlx's on a GPU."""
    if not on_cpu():
        return mx.get_peak_memory() / 1e9
    if sys.platform == "linux":
        # getrusage would tell the peak of the process that started this one, if that was higher.
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        return int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e9
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e9


def free_memory_gb() -> float:
    """What a run may take now, in 10^9 bytes: of the machine, or of the graphics card."""
    free = min(psutil.virtual_memory().available / 1e9, _container_gb())
    if on_cpu():
        return free
    info = mx.device_info()
    if mx.metal.is_available():
        # Memory is shared, and the system gives the GPU a part of it.
        return min(free, float(info.get("max_recommended_working_set_size", free * 1e9)) / 1e9)
    for name in ("free_memory", "total_memory", "memory_size"):
        if info.get(name):
            return float(info[name]) / 1e9
    return mx.get_memory_limit() / 1e9 if hasattr(mx, "get_memory_limit") else free


def _container_gb() -> float:
    """What is left of a container's own limit (cgroup 2), in 10^9 bytes; endless without one."""
    try:
        limit, used = (
            Path("/sys/fs/cgroup", name).read_text(encoding="ascii").strip()
            for name in ("memory.max", "memory.current")
        )
    except OSError:
        return float("inf")
    return (int(limit) - int(used)) / 1e9 if limit.isdigit() else float("inf")


@contextlib.contextmanager
def awake() -> Iterator[None]:
    """Keeps a Mac from sleeping meanwhile; does nothing elsewhere."""
    if sys.platform != "darwin":
        yield
        return
    command = ["/usr/bin/caffeinate", "-ims", "-w", str(os.getpid())]
    with subprocess.Popen(command) as process:
        try:
            yield
        finally:
            process.terminate()


SIZE = 1024
_SECONDS = 0.4


def card_memory_gb() -> float | None:
    """Memory of an NVIDIA card, in 10^9 bytes; None where the machine's own is what counts."""
    return free_memory_gb() if mx.cuda.is_available() else None


def gflops() -> float:
    """Floating-point operations a second, in 10^9: the best of the products done in 0.4 s."""
    a = mx.random.normal((SIZE, SIZE)).astype(weights_dtype())
    mx.eval(a @ a)
    best, began = float("inf"), time.perf_counter()
    while time.perf_counter() - began < _SECONDS:
        start = time.perf_counter()
        mx.eval(a @ a)
        best = min(best, time.perf_counter() - start)
    return 2 * SIZE**3 / best / 1e9
