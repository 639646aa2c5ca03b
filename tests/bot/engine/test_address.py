"""The address file is whole or missing, its owner's alone, and only its engine removes it."""

import stat
from pathlib import Path

import pytest
from filelock import FileLock

from bot.engine.address import (
    EngineAddress,
    lock_file,
    read_address,
    remove_address,
    remove_dead_address,
    write_address,
)

ADDRESS = EngineAddress("http://127.0.0.1:4000", "t0k", 42, "starter")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "engine.json"


def test_what_is_written_is_read_and_only_its_owner_may_read_it(file: Path) -> None:
    write_address(file, ADDRESS)
    assert read_address(file) == ADDRESS
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file], "no temporary file is left"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"token": "x"}', '{"url": "u", "port": 1}'])
def test_a_file_that_is_no_address_is_none(file: Path, content: str) -> None:
    assert read_address(file) is None
    file.parent.mkdir()
    file.write_text(content)
    assert read_address(file) is None


def test_a_write_that_fails_leaves_the_old_address_and_nothing_else(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_address(file, ADDRESS)

    def disk_full(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(Path, "replace", disk_full)
    with pytest.raises(OSError, match="No space"):
        write_address(file, EngineAddress("http://127.0.0.1:5000", None))
    assert read_address(file) == ADDRESS
    assert list(file.parent.iterdir()) == [file]


def test_an_engine_removes_its_own_address_only(file: Path) -> None:
    write_address(file, ADDRESS)
    remove_address(file, 43)
    assert read_address(file) == ADDRESS
    remove_address(file, 42)
    assert not file.exists()
    remove_address(file, 42)


def test_the_lock_lies_beside_the_address(file: Path) -> None:
    assert lock_file(file) == file.parent / "engine.lock"


def test_what_a_dead_engine_left_is_removed_whoever_has_its_process_id(file: Path) -> None:
    write_address(file, ADDRESS)
    with FileLock(lock_file(file)):
        remove_dead_address(file)
        assert read_address(file) == ADDRESS
    remove_dead_address(file)
    assert read_address(file) is None
