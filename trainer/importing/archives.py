"""Opens zip archives of others: every bound is looked at before a byte is unpacked.

An archive of a few kilobytes can unpack to terabytes, name files outside of its folder, or list
millions of entries, and what it says of its sizes may be a lie. Nothing is ever written to the disk
here, so a name that a disk would not take does no harm.
"""

import copy
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
_UTF8_NAME = 0x800  # the flag of an entry whose name is UTF-8
_DRIVE = re.compile(r"[A-Za-z]:")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
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
        """Opens a file to be read in pieces, a byte more than its size at most; close it.

        A file that is larger than its archive says has a wrong check sum after that byte.

        Raises:
            DatasetError: it is packed in a way that cannot be read.
        """
        entry = copy.copy(self._entries[name])
        entry.file_size += 1
        try:
            return self._archive.open(entry)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
            raise DatasetError(f"the archive is damaged ({_reason(error)})") from error

    def read(self, name: str, limit: int = ENTRY_SIZE) -> bytes:
        """Returns a whole file.

        Raises:
            DatasetError: it is over `limit` bytes, or damaged, or not of the size that it names.
        """
        size = self.size(name)
        if size > limit:
            raise DatasetError(f"a file in the archive is over {limit // 10**6} MB")
        try:
            with self.open(name) as stream:
                # With a number, zipfile stops to unpack there; without one it unpacks everything.
                content = stream.read(size + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            raise DatasetError(f"the archive is damaged ({_reason(error)})") from error
        if len(content) != size:
            raise DatasetError("the archive is damaged (a file has not the size that it names)")
        return content


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
        inside = _name(entry)
        if reason := _fault(entry, inside, limits):
            raise DatasetError(f"{name} is not opened: {reason}")
        if not entry.is_dir():
            if inside in files:
                raise DatasetError(f"{name} is not opened: a name is in it twice")
            files[inside] = entry
    if len(files) > limits.entries:
        raise DatasetError(f"{name} has over {limits.entries} files")
    if sum(entry.file_size for entry in files.values()) > limits.size:
        raise DatasetError(f"{name} would be over {limits.size // 10**6} MB unpacked")
    return files


def _name(entry: zipfile.ZipInfo) -> str:
    """The name of an entry; many programs write UTF-8 and do not say so, and it reads as cp437."""
    if not entry.flag_bits & _UTF8_NAME:
        try:
            return entry.filename.encode("cp437").decode()
        except UnicodeError:
            pass
    return entry.filename


def _fault(entry: zipfile.ZipInfo, name: str, limits: ZipLimits) -> str | None:
    """Why an entry is not to be opened; its name is not shown, it may be anybody's text."""
    if reason := _name_fault(name, limits.depth):
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
    unsafe = name.startswith("/") or "\\" in name or _DRIVE.match(name)
    if unsafe or any(part in ("", ".", "..") for part in parts):
        return "a name in it points outside of its folder"
    if _CONTROL.search(name):
        return "a name in it has control characters"
    if len(parts) - 1 > depth:
        return f"its folders are over {depth} deep"
    return None


def _reason(error: BaseException) -> str:
    """The kind of an error: its text may hold a name out of the archive."""
    return "a check sum is wrong" if "CRC" in str(error) else type(error).__name__
