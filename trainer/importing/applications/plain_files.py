"""Reads files of folders that others made: no links, no pipes, nothing over a size."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from trainer.errors import DatasetError


def read_plain(path: Path, limit: int) -> bytes:
    """Returns a whole file that is no link.

    Raises:
        DatasetError: it cannot be read, is no plain file, or is over `limit` bytes.
    """
    try:
        # A pipe that took a file's place would never end.
        opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(opened, "rb") as stream:
            if not stat.S_ISREG(os.fstat(opened).st_mode):
                raise DatasetError("a name in the folder is no file")
            content = stream.read(limit + 1)
    except OSError as error:
        raise DatasetError(f"a file of the folder cannot be read: {error.strerror}") from error
    if len(content) > limit:
        raise DatasetError(f"a file of the folder is over {limit // 10**6} MB")
    return content


def files_called(folder: Path, name: str, most: int) -> Iterator[Path]:
    """Yields the files of one name in a folder and all folders in it; links are not followed.

    Raises:
        DatasetError: there are over `most` files and folders in it.
    """
    seen = 0
    for place, folders, files in os.walk(folder):
        folders.sort()
        seen += len(folders) + len(files)
        if seen > most:
            raise DatasetError(f"the folder has over {most} files")
        if name in files and not (Path(place) / name).is_symlink():
            yield Path(place) / name
