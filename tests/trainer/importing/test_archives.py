"""Zip archives of others: what may not be opened is refused before it is unpacked."""

import io
import stat
import struct
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.errors import DatasetError
from trainer.importing.archives import ZipLimits, opened_zip

SMALL = ZipLimits(entries=3, size=3_000_000, ratio=50, depth=2)


def packed(tmp_path: Path, *entries: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    file = tmp_path / "export.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return file


def refusal(file: Path, limits: ZipLimits = SMALL) -> str:
    with pytest.raises(DatasetError) as caught, opened_zip(file, limits):
        pass
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_files_are_read_by_their_names(tmp_path: Path) -> None:
    with opened_zip(packed(tmp_path, ("a/b.json", b"one"), ("a/", b""), ("c", b"two"))) as archive:
        assert archive.names == ("a/b.json", "c")
        assert archive.size("c") == 3
        assert archive.read("a/b.json") == b"one"
        with archive.open("c") as stream:
            assert stream.read(1) == b"t"
        with pytest.raises(DatasetError, match="over 0 MB"):
            archive.read("c", limit=2)


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd",
        "../up",
        "a/../../up",
        "a//b",
        "./a",
        "C:/a",
        "a\\b",
        "c:a",
        "a\x07b",
        "a\x9bb",
    ],
)
def test_a_name_that_is_no_plain_path_is_refused(tmp_path: Path, name: str) -> None:
    entry = zipfile.ZipInfo("x" * len(name))
    entry.filename = name
    assert "a name in it" in refusal(packed(tmp_path, (entry, b"x")))


@pytest.mark.parametrize(
    "name",
    [
        "FC:F0CANVAS:Our plan/2026-01-04.json",
        "aux/a.json",
        "con",
        "a/team \U0001f468\u200d\U0001f469",
    ],
)
def test_a_name_that_only_a_disk_would_not_take_is_read(tmp_path: Path, name: str) -> None:
    with opened_zip(packed(tmp_path, (name, b"x"))) as archive:
        assert archive.names == (name,)
        assert archive.read(name) == b"x"


def test_a_name_in_utf_8_is_read_as_such_where_its_archive_does_not_say_so(tmp_path: Path) -> None:
    file = packed(tmp_path, ("größe/a", b"1"))
    content = file.read_bytes()
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = content.index(mark) + place
        (flags,) = struct.unpack_from("<H", content, start)
        content = content[:start] + struct.pack("<H", flags & ~0x800) + content[start + 2 :]
    file.write_bytes(content)
    assert zipfile.ZipFile(file).namelist() != ["größe/a"]
    with opened_zip(file) as archive:
        assert archive.names == ("größe/a",)
        assert archive.read("größe/a") == b"1"


def lying(tmp_path: Path, content: bytes, size: int) -> Path:
    """An archive whose only file says that it has another size, with the check sum of that much."""
    file = packed(tmp_path, ("a", content))
    whole = bytearray(file.read_bytes())
    for mark, place in ((b"PK\x03\x04", 14), (b"PK\x01\x02", 16)):
        start = whole.index(mark) + place
        (packed_size,) = struct.unpack_from("<L", whole, start + 4)
        struct.pack_into("<3L", whole, start, zlib.crc32(content[:size]), packed_size, size)
    file.write_bytes(whole)
    return file


@pytest.mark.parametrize("size", [100, 29_999_999, 30_000_001])
def test_a_file_of_another_size_than_it_says_is_refused_and_takes_no_memory(
    tmp_path: Path, size: int
) -> None:
    file = lying(tmp_path, bytes(30_000_000), size)
    with opened_zip(file, ZipLimits(ratio=10_000)) as archive:
        tracemalloc.start()
        try:
            with pytest.raises(DatasetError, match="the archive is damaged"):
                archive.read("a")
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    # Pieces are joined once; nothing beyond the size that is named is unpacked.
    assert peak < 2 * size + 2_000_000


def test_links_are_refused(tmp_path: Path) -> None:
    entry = zipfile.ZipInfo("link")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    assert "a link" in refusal(packed(tmp_path, (entry, b"/etc/passwd")))


def test_too_deep_too_many_too_large_and_too_well_packed_are_refused(tmp_path: Path) -> None:
    assert "over 2 deep" in refusal(packed(tmp_path, ("a/b/c/d", b"x")))
    assert "over 3 files" in refusal(packed(tmp_path, *((str(n), b"x") for n in range(4))))
    assert "packed over 50 times" in refusal(packed(tmp_path, ("a", bytes(2_000_000))))
    parts = [(str(n), bytes(range(256)) * 40 + bytes(889_000)) for n in range(3)]
    assert "over 2 MB unpacked" in refusal(packed(tmp_path, *parts), ZipLimits(size=2_000_000))


def test_a_name_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        file = packed(tmp_path, ("a", b"1"), ("a", b"2"))
    assert "a name is in it twice" in refusal(file)


def test_a_password_is_named(tmp_path: Path) -> None:
    file = packed(tmp_path, ("a", b"1"))
    content = bytearray(file.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    file.write_bytes(content)
    assert "it has a password" in refusal(file)


def test_a_list_of_entries_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    file = packed(tmp_path, ("a", b"1"))
    content = bytearray(file.read_bytes())
    struct.pack_into("<L", content, content.index(b"PK\x05\x06") + 12, 40_000_000)
    file.write_bytes(content)
    assert "lists too many files" in refusal(file)


def test_damage_is_one_line(tmp_path: Path) -> None:
    file = packed(tmp_path, ("a", b"hello" * 100))
    content = bytearray(file.read_bytes())
    content[40] ^= 0xFF
    file.write_bytes(content)
    with (
        pytest.raises(DatasetError, match="the archive is damaged"),
        opened_zip(file) as archive,
    ):
        archive.read("a")
    file.write_bytes(b"PK\x03\x04 and no more")
    assert "no zip archive" in refusal(file)


@given(st.binary(max_size=200), st.integers(0, 400), st.integers(0, 255))
def test_any_bytes_are_an_archive_or_one_line(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, place: int, byte: int
) -> None:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/b.json", content)
        archive.writestr("c", content * 2)
    damaged = bytearray(whole.getvalue())
    damaged[place % len(damaged)] = byte
    file = tmp_path_factory.getbasetemp() / "any.zip"
    file.write_bytes(damaged)
    try:
        with opened_zip(file) as opened:
            for name in opened.names:
                opened.read(name)
    except DatasetError as error:
        assert "\n" not in str(error)  # noqa: PT017  either way is right
