"""Files of folders that others made are opened without links and within bounds."""

import os
from pathlib import Path

import pytest

from trainer.errors import DatasetError
from trainer.importing.applications.plain_files import files_called, read_plain


def test_a_link_a_pipe_and_a_large_file_are_refused(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_bytes(b"x" * 10)
    assert read_plain(plain, 10) == b"x" * 10
    with pytest.raises(DatasetError, match="is over"):
        read_plain(plain, 9)
    (tmp_path / "link").symlink_to(plain)
    with pytest.raises(DatasetError, match="cannot be read"):
        read_plain(tmp_path / "link", 10)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DatasetError, match="is no file"):
        read_plain(tmp_path / "pipe", 10)


def test_a_folder_with_too_many_files_is_refused(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / "folder" / f"{number}").mkdir(parents=True)
        (tmp_path / "folder" / f"{number}" / "a").touch()
    assert len(list(files_called(tmp_path / "folder", "a", 6))) == 3
    with pytest.raises(DatasetError, match="over 5 files"):
        list(files_called(tmp_path / "folder", "a", 5))
