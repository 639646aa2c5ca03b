"""Opens a Slack export, packed or unpacked, and reads one of its files at a time.

It lists only `channels.json`, `users.json` and the like, and `channel/2024-05-31.json`.
"""

import json
import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from trainer.errors import DatasetError
from trainer.importing.applications.fields import entries, mapping
from trainer.importing.applications.plain_files import read_plain
from trainer.importing.archives import SafeZip, opened_zip

CHANNELS = "channels.json"
_MOST_FILES = 500_000
_DAY_SIZE = 30_000_000
"""Bytes of one day of a channel."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\.json")


class _Files(Protocol):
    """Files by their names, with slashes."""

    @property
    def names(self) -> Sequence[str]: ...

    def read(self, name: str, limit: int) -> bytes: ...


class SlackFiles:
    """The lists of a Slack export and the days of its channels."""

    def __init__(self, files: _Files) -> None:
        self._files = files
        lists = [name for name in files.names if _base(name) == CHANNELS and "__MACOSX" not in name]
        if not lists:
            raise DatasetError("channels.json is missing: this is no Slack export")
        self._prefix = min(lists, key=len).removesuffix(CHANNELS)
        self._lists: set[str] = set()
        self._days: Mapping[str, list[str]] = defaultdict(list)
        for name in files.names:
            folder, _, base = name.removeprefix(self._prefix).rpartition("/")
            if not folder:
                self._lists.add(base)
            elif "/" not in folder and _DAY.fullmatch(base):
                self._days[_composed(folder)].append(name)

    def listed(self, name: str) -> Sequence[Any]:
        """Returns a list such as `users.json`, empty where the export does not have it.

        Raises:
            DatasetError: it cannot be read.
        """
        if name not in self._lists:
            return ()
        return entries(_parsed(self._files.read(self._prefix + name, _DAY_SIZE), name))

    def days(self, channel: Mapping[str, Any]) -> list[str]:
        """Returns the names of the days of a channel, in order of time."""
        for folder in (channel.get("name"), channel.get("id")):
            if isinstance(folder, str) and _composed(folder) in self._days:
                return sorted(self._days[_composed(folder)])
        return []

    def day(self, name: str) -> list[Mapping[str, Any]]:
        """Returns the messages of one day.

        Raises:
            DatasetError: it cannot be read.
        """
        document = _parsed(self._files.read(name, _DAY_SIZE), "a day of a channel")
        return [mapping(message) for message in entries(document)]


@contextmanager
def opened_export(path: Path) -> Iterator[SlackFiles]:
    """Opens a Slack export that is a zip archive or a folder.

    Raises:
        DatasetError: it is none, or over a limit.
    """
    if path.is_dir():
        yield SlackFiles(_Folder(path))
        return
    with opened_zip(path) as archive:
        yield SlackFiles(_Zip(archive))


class _Zip:
    def __init__(self, archive: SafeZip) -> None:
        self._archive = archive
        self.names: Sequence[str] = archive.names

    def read(self, name: str, limit: int) -> bytes:
        return self._archive.read(name, limit)


class _Folder:
    """Two levels of a folder; links are left out, they may point anywhere."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.names: Sequence[str] = list(self._listed())

    def read(self, name: str, limit: int) -> bytes:
        return read_plain(self._path / name, limit)

    def _listed(self) -> Iterator[str]:
        count = 0
        for entry in self._entries(self._path):
            names = [entry.name]
            if entry.is_dir(follow_symlinks=False):
                inside = self._entries(Path(entry.path))
                names = [f"{entry.name}/{one.name}" for one in inside if _is_file(one)]
            elif not _is_file(entry):
                names = []
            count += len(names)
            if count > _MOST_FILES:
                raise DatasetError(f"the folder has over {_MOST_FILES} files")
            yield from names

    def _entries(self, path: Path) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(path) as found:
                return sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            raise DatasetError(
                f"a folder of the export cannot be read: {error.strerror}"
            ) from error


def _is_file(entry: os.DirEntry[str]) -> bool:
    return entry.is_file(follow_symlinks=False) and entry.name.endswith(".json")


def _composed(name: str) -> str:
    """Returns a name with its accents in the letters: some disks write them behind."""
    return unicodedata.normalize("NFC", name)


def _base(name: str) -> str:
    return name.rpartition("/")[2]


def _parsed(content: bytes, what: str) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"{what} is no JSON that can be read") from error
