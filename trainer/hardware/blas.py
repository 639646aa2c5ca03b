"""A fast BLAS for mlx on Linux: import it before anything imports mlx.

The CPU wheel of mlx comes with a reference BLAS, thirty times slower than OpenBLAS. A library
that was loaded earlier, and for everybody, wins the symbol look-up: that is all it takes.
"""

import ctypes
import importlib.util
import logging
import os
import sys
import tempfile
import time
from pathlib import Path

import psutil

from trainer.hardware.cache import cache_folder

_log = logging.getLogger(__name__)
_FORTRAN = "libgfortran.so.5"
INTERVAL = 1.0
"""Seconds between two looks at what others do."""
ALLOWED = 0.3
"""How much of a processor others may use while it still counts as free."""


def find_library() -> Path | None:
    """Where the OpenBLAS of the wheel `ngsolve-openblas` is, if it is installed."""
    package = importlib.util.find_spec("ngsolve_openblas")
    if sys.platform != "linux" or package is None or package.origin is None:
        return None
    return next(Path(package.origin).parent.glob("libopenblas*.so*"), None)


def _load() -> ctypes.CDLL | None:
    library = find_library()
    if library is None:
        return None
    if "mlx.core" in sys.modules:
        _log.warning(
            "mlx was imported before trainer.hardware.device: products run on its slow BLAS"
        )
        return None
    try:
        return _for_everybody(library)
    except OSError as error:
        _log.warning("the fast BLAS cannot be loaded (%s): everything will be slow", error)
        return None


def _for_everybody(library: Path) -> ctypes.CDLL:
    try:
        return ctypes.CDLL(str(library), mode=ctypes.RTLD_GLOBAL)
    except OSError:
        # A bare Linux has no Fortran runtime; mlx brings one under a name of its own.
        ctypes.CDLL(str(fortran_runtime()))
        return ctypes.CDLL(str(library), mode=ctypes.RTLD_GLOBAL)


def fortran_runtime() -> Path:
    """A copy of mlx's Fortran runtime that answers to the usual name.

    Raises:
        OSError: mlx's wheel has none, or the cache cannot be written.
    """
    package = importlib.util.find_spec("mlx")
    folders = list(package.submodule_search_locations or []) if package else []
    for folder in folders:
        for runtime in (Path(folder).parent / "mlx_cpu.libs").glob("libgfortran-*.so*"):
            for needed in runtime.parent.glob("libquadmath-*.so*"):
                ctypes.CDLL(str(needed))
            return _renamed(runtime)
    raise OSError(f"{_FORTRAN} is not installed")


def _renamed(library: Path) -> Path:
    """The dynamic loader compares the name inside the file (DT_SONAME): the copy has another."""
    place = cache_folder() / "lib" / library.name / _FORTRAN
    if not place.exists():
        old = b"\0" + library.name.encode() + b"\0"
        new = (b"\0" + _FORTRAN.encode()).ljust(len(old), b"\0")
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=place.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(library.read_bytes().replace(old, new))
        Path(temporary).replace(place)
    return place


def look() -> tuple[float, float, float]:
    """Returns the time, and the processor time that all and that our own processes used, in s."""
    times, own = psutil.cpu_times(), psutil.Process().cpu_times()
    busy = sum(times[:8]) - times.idle - getattr(times, "iowait", 0.0)
    return time.monotonic(), busy, own.user + own.system


class ThreadShare:
    """Takes as many threads as there are processors that nobody else is using.

    OpenBLAS's threads wait for each other by spinning. One that has to wait for a processor holds
    up all the others: on two busy processors, two threads are seven times slower than one.

    Args:
        library: OpenBLAS; None does nothing.
        processors: that we may use.
    """

    def __init__(self, library: ctypes.CDLL | None, processors: int) -> None:
        self._library = library
        self._processors = processors
        self._threads = processors
        self._before = look() if library else (0.0, 0.0, 0.0)

    def settle(self) -> None:
        """Looks at what others did since the last time, and adapts; cheap to call often."""
        if self._library is None or self._processors == 1:
            return
        if time.monotonic() - self._before[0] < INTERVAL:
            return
        at, busy, own = look()
        others = (busy - self._before[1] - (own - self._before[2])) / (at - self._before[0])
        self._before = (at, busy, own)
        threads = min(max(int(self._processors - others + ALLOWED), 1), self._processors)
        if threads != self._threads:
            self._library.openblas_set_num_threads(threads)
            self._threads = threads


settle = ThreadShare(_load(), len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1).settle
"""To be called between pieces of work: leaves processors to those who need them."""
