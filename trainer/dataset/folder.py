"""The folder of a training set: it appears whole or not at all, and is on the disk then."""

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from trainer.errors import DatasetError, disk_sentence, full_disk

PREFERENCES = "preferences.jsonl"
RATINGS = "ratings.jsonl"
MANIFEST = "manifest.json"
FILES = ("train.jsonl", "valid.jsonl", "train.csv", "valid.csv", PREFERENCES, RATINGS, MANIFEST)


def written(path: Path, lines: Iterable[str]) -> dict[str, Any]:
    """Writes a file to the disk itself, a line at a time; returns its hash and size."""
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for text in lines:
            data = text.encode()
            digest.update(data)
            file.write(data)
        file.flush()
        os.fsync(file.fileno())
        return {"sha256": digest.hexdigest(), "bytes": file.tell()}


@contextmanager
def made_whole(folder: Path) -> Iterator[Path]:
    """Yields a folder to write into; it replaces `folder` at the end, and an error removes it.

    Raises:
        DatasetError: `folder` holds something that is no export, or the disk refuses.
    """
    name = f".{folder.name}.{os.getpid()}"
    partial, old = folder.with_name(f"{name}.partial"), folder.with_name(f"{name}.old")
    try:
        if folder.exists() and not _replaceable(folder):
            raise DatasetError(f"{folder} exists and is not an export: choose another folder")
        # A power cut may have left one of a process that had the same id.
        shutil.rmtree(partial, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
        partial.mkdir(parents=True)
        yield partial
        if folder.exists():
            folder.rename(old)
        partial.rename(folder)
    except OSError as error:
        if full_disk(error):
            raise DatasetError(disk_sentence(folder.parent)) from error
        reason = error.strerror or str(error)
        raise DatasetError(f"the export cannot be written to {folder}: {reason}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _replaceable(folder: Path) -> bool:
    return folder.is_dir() and all(file.name in FILES for file in folder.iterdir())
