"""What can go wrong, each as one line for people: what is wrong and what to do."""

import errno
import sqlite3
from pathlib import Path

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class NightschoolError(Exception):
    """A failure that a person can act on; its text is one plain sentence."""


class ModelError(NightschoolError):
    """A model folder or hub name that cannot be used."""


class DatasetError(NightschoolError):
    """Rows or files that cannot become a training set."""


class AdapterError(NightschoolError):
    """An adapter version that is unknown, broken or made for another model."""


class TrainingError(NightschoolError):
    """A training run that could not start or finish."""


class MemoryShortError(TrainingError):
    """A training run that did not fit into memory; a smaller one may."""


def full_disk(error: BaseException) -> bool:
    """Returns whether an error, or what it came from, says that there is no room on a disk."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.errno in _FULL:
            return True
        # SQLite and mlx say it in words alone.
        if isinstance(seen, sqlite3.Error | RuntimeError) and _says_full(str(seen)):
            return True
        seen = seen.__cause__
    return False


def disk_sentence(folder: Path | str) -> str:
    """Returns the one sentence for people about a full disk."""
    return f"the disk of {folder} is full: free some room"


def os_sentence(error: OSError, place: Path, what: str) -> str:
    """Returns a sentence about a file that the system refused.

    Args:
        error: what the system said.
        place: the file or folder.
        what: what could not be done with it, such as "cannot be written".
    """
    if full_disk(error):
        return disk_sentence(place if place.is_dir() else place.parent)
    return f"{place} {what}: {(error.strerror or type(error).__name__).lower()}"


def _says_full(text: str) -> bool:
    return "disk is full" in text or "No space left on device" in text
