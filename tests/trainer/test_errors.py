"""A full disk is known however it is said, and is one sentence."""

import errno
import sqlite3
from pathlib import Path

import pytest

from trainer.errors import NightschoolError, disk_sentence, full_disk, os_sentence


def caused_by(cause: Exception) -> Exception:
    error = NightschoolError("it failed")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "full"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), True),
        (OSError(errno.EACCES, "Permission denied"), False),
        (sqlite3.OperationalError("database or disk is full"), True),
        (sqlite3.OperationalError("disk I/O error"), False),
        (RuntimeError("[write] No space left on device"), True),
        (ValueError("disk is full"), False),
        (caused_by(OSError(errno.ENOSPC, "No space left on device")), True),
        (caused_by(ValueError("a number")), False),
    ],
)
def test_a_full_disk_is_known_by_what_the_system_says(error: Exception, full: bool) -> None:
    assert full_disk(error) is full


def test_the_sentence_names_the_folder_of_a_file(tmp_path: Path) -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    assert os_sentence(full, tmp_path / "file", "cannot be written") == disk_sentence(tmp_path)
    denied = PermissionError(errno.EACCES, "Permission denied")
    assert os_sentence(denied, tmp_path / "file", "cannot be written") == (
        f"{tmp_path / 'file'} cannot be written: permission denied"
    )
