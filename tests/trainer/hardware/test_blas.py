"""The fast BLAS on Linux: found on a bare machine, and fair to other processes."""

import ctypes
import sys
import time
from collections import namedtuple
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from trainer.hardware import blas

Times = namedtuple(  # noqa: PYI024  psutil's own
    "Times", "user nice system idle iowait irq softirq steal guest guest_nice"
)

linux = pytest.mark.skipif(
    sys.platform != "linux" or blas.find_library() is None, reason="only where mlx needs it"
)


@linux
def test_the_fortran_runtime_is_found_in_mlxs_own_wheel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bare Linux has none; the copy carries the usual name inside, at the same size."""
    monkeypatch.setenv("NIGHTSCHOOL_CACHE", str(tmp_path))
    found = blas.fortran_runtime()
    assert found.name == "libgfortran.so.5"
    assert tmp_path in found.parents
    original = next(p for p in Path(sys.prefix).rglob("mlx_cpu.libs/libgfortran-*"))
    assert found.stat().st_size == original.stat().st_size
    assert b"\0libgfortran.so.5\0" in found.read_bytes()
    ctypes.CDLL(str(found))


class Library:
    """Takes note of the threads it is told to use."""

    def __init__(self) -> None:
        self.threads: list[int] = []

    def openblas_set_num_threads(self, count: int) -> None:
        self.threads.append(count)


@pytest.mark.parametrize(
    ("others", "threads"), [(0.0, []), (0.2, []), (0.6, [3]), (1.9, [2]), (3.5, [1]), (9.0, [1])]
)
def test_it_leaves_processors_to_those_who_use_them(
    others: float, threads: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Spinning threads that have to wait for a processor hold up all the others."""
    library: Any = Library()
    looks = iter([(0.0, 0.0, 0.0), (2.0, 2 * (others + 1.5), 2 * 1.5)])
    monkeypatch.setattr(blas, "look", lambda: next(looks))
    fair = blas.ThreadShare(library, 4)
    fair.settle()
    assert library.threads == threads


def test_it_does_not_look_all_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    library: Any = Library()
    now = time.monotonic()
    looks = iter([(now, 0.0, 0.0)])
    monkeypatch.setattr(blas, "look", lambda: next(looks))
    monkeypatch.setattr(blas, "INTERVAL", 3600.0)
    blas.ThreadShare(library, 4).settle()
    assert library.threads == []


def test_elsewhere_it_does_nothing() -> None:
    blas.ThreadShare(None, 4).settle()


def test_the_second_of_two_processors_is_left_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    library: Any = Library()
    looks = iter([(0.0, 0.0, 0.0), (2.0, 2 * 2.9, 2 * 1.9)])
    monkeypatch.setattr(blas, "look", lambda: next(looks))
    blas.ThreadShare(library, 2).settle()
    assert library.threads == [1]


def test_a_processor_that_waits_is_not_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """Guests' time is part of the user's already."""
    times = Times(10, 1, 5, 100, 30, 0.5, 0.25, 0.25, 4, 2)
    own = SimpleNamespace(user=3.0, system=1.5)
    monkeypatch.setattr(psutil, "cpu_times", lambda: times)
    monkeypatch.setattr(psutil, "Process", lambda: SimpleNamespace(cpu_times=lambda: own))
    assert blas.look()[1:] == (17, 4.5)
