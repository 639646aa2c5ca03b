"""Opens zip archives of others: every bound is looked at before a byte is unpacked.

An archive of a few kilobytes can unpack to terabytes, name files outside of its folder, or list
millions of entries. Nothing is ever written to the disk here.
"""

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from trainer.errors import DatasetError

ENTRY_SIZE = 50_000_000
"""Bytes of one unpacked entry."""
_DIRECTORY_SIZE = 30_000_000  # bytes of the list of entries, which is read as a whole
_FREE_RATIO = 1_000_000  # bytes that an entry may unpack to, however well it was packed
_END = b"PK\x05\x06"
_END_SIZE = 22
_ZIP64 = 0xFFFF_FFFF  # stands for a number that does not fit
_LONGEST_COMMENT = 65_535
_LINK = 0o120000
_FORMAT = 0o170000
# Windows opens these as devices, whatever their extension.
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_UNPACKABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@dataclass(frozen=True)
class ZipLimits:
    """What an archive may have.

    Attributes:
        entries: files in it.
        size: bytes of all of them, unpacked.
        ratio: how many times as large an entry may be as its packed form, where it is large.
        depth: folders above a file.
    """

    entries: int = 100_000
    size: int = 2_000_000_000
    ratio: int = 200
    depth: int = 10


class SafeZip:
    """An archive whose entries are all within the limits."""

    def __init__(self, archive: zipfile.ZipFile, entries: Mapping[str, zipfile.ZipInfo]) -> None:
        self._archive = archive
        self._entries = entries

    @property
    def names(self) -> tuple[str, ...]:
        """The files in it, with slashes, in the archive's order; folders are left out."""
        return tuple(self._entries)

    def size(self, name: str) -> int:
        """Returns the bytes of a file, unpacked."""
        return self._entries[name].file_size

    def open(self, name: str) -> IO[bytes]:
        """Opens a file to be read in pieces; close it.

        Raises:
            DatasetError: it is packed in a way that cannot be read.
        """
        try:
            return self._archive.open(self._entries[name])
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
            raise DatasetError(f"the archive is damaged ({_reason(error)})") from error

    def read(self, name: str, limit: int = ENTRY_SIZE) -> bytes:
        """Returns a whole file.

        Raises:
            DatasetError: it is over `limit` bytes, or damaged.
        """
        if self.size(name) > limit:
            raise DatasetError(f"a file in the archive is over {limit // 10**6} MB")
        try:
            with self.open(name) as stream:
                return stream.read()
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            raise DatasetError(f"the archive is damaged ({_reason(error)})") from error


@contextmanager
def opened_zip(path: Path, limits: ZipLimits | None = None) -> Iterator[SafeZip]:
    """Opens an archive whose list of entries is within the limits.

    Raises:
        DatasetError: it is no archive, has a password, or is over a limit; the text says which.
    """
    limits = limits or ZipLimits()
    _check_directory(path)
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error) as error:
        raise DatasetError(f"{path.name} is no zip archive that can be read") from error
    with archive:
        yield SafeZip(archive, _checked(path.name, archive.infolist(), limits))


def _check_directory(path: Path) -> None:
    """Refuses an archive whose list of entries alone would fill the memory."""
    with path.open("rb") as stream:
        whole = stream.seek(0, 2)
        stream.seek(max(0, whole - _END_SIZE - _LONGEST_COMMENT))
        tail = stream.read()
    place = tail.rfind(_END)
    if place < 0 or len(tail) - place < _END_SIZE:
        raise DatasetError(f"{path.name} is no zip archive, or its end is missing")
    size, start = struct.unpack_from("<2L", tail, place + 12)
    if size > _DIRECTORY_SIZE or start == _ZIP64:
        raise DatasetError(f"{path.name} lists too many files: unpack it and import the folder")


def _checked(
    name: str, entries: list[zipfile.ZipInfo], limits: ZipLimits
) -> dict[str, zipfile.ZipInfo]:
    files: dict[str, zipfile.ZipInfo] = {}
    for entry in entries:
        if reason := _fault(entry, limits):
            raise DatasetError(f"{name} is not opened: {reason}")
        if not entry.is_dir():
            if entry.filename in files:
                raise DatasetError(f"{name} is not opened: a name is in it twice")
            files[entry.filename] = entry
    if len(files) > limits.entries:
        raise DatasetError(f"{name} has over {limits.entries} files")
    if sum(entry.file_size for entry in files.values()) > limits.size:
        raise DatasetError(f"{name} would be over {limits.size // 10**6} MB unpacked")
    return files


def _fault(entry: zipfile.ZipInfo, limits: ZipLimits) -> str | None:
    """Why an entry is not to be opened; its name is not shown, it may be anybody's text."""
    if reason := _name_fault(entry.filename, limits.depth):
        return reason
    if (entry.external_attr >> 16) & _FORMAT == _LINK:
        return "there is a link in it"
    if entry.flag_bits & 1:
        return "it has a password: save it without one"
    if entry.compress_type not in _UNPACKABLE:
        return "it is packed in a way that is not read here: pack it again as a plain zip"
    most = max(_FREE_RATIO, entry.compress_size * limits.ratio)
    if entry.file_size > most:
        return f"a file in it is packed over {limits.ratio} times"
    return None


def _name_fault(name: str, depth: int) -> str | None:
    parts = name.rstrip("/").split("/")
    unsafe = name.startswith("/") or "\\" in name or ":" in parts[0]
    if unsafe or any(part in ("", ".", "..") for part in parts):
        return "a name in it points outside of its folder"
    if any(_DEVICE.fullmatch(part) for part in parts):
        return "a name in it is a device of Windows"
    if not name.isprintable():
        return "a name in it has control characters"
    if len(parts) - 1 > depth:
        return f"its folders are over {depth} deep"
    return None


def _reason(error: BaseException) -> str:
    """The kind of an error: its text may hold a name out of the archive."""
    return "a check sum is wrong" if "CRC" in str(error) else type(error).__name__
