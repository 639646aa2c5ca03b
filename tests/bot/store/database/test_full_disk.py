"""On a full disk everything says the same sentence, and reading and forgetting still work."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from bot.errors import NightschoolError, disk_sentence, full_disk
from bot.home import Home
from bot.lessons.curation import Curation
from bot.privacy.erasure import forget
from bot.settings import Settings
from bot.store import Store

MOUNT, UMOUNT = (shutil.which(name) or name for name in ("mount", "umount"))
SIZE = 8 << 20
MADE_AGAIN = 1 << 20
"""Bytes of what an erasure deletes in any case."""


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Home]:
    """A home with two lessons on a disk of its own, which is full to its last byte."""
    place = tmp_path / "small"
    place.mkdir()
    mount = [MOUNT, "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(place)]
    with suppress(OSError):
        subprocess.run(mount, check=False, capture_output=True)
    if not place.is_mount():
        pytest.skip("this account may not mount a disk")
    home = Home(place)
    try:
        home.prepare()
        with closing(Store(home.database)) as store:
            curation = Curation(store, Settings())
            curation.teach("Where is zanzibar?", "Beside the quokka.", "U0GONE")
            curation.teach("Who stays?", "I do.", "U0STAYS")
        home.paraphrases.mkdir()
        (home.paraphrases / "wordings.jsonl").write_bytes(b" " * MADE_AGAIN)
        _fill(home.root / "ballast")
        yield home
    finally:
        subprocess.run([UMOUNT, "-l", str(place)], check=True)


def _fill(ballast: Path) -> None:
    descriptor = os.open(ballast, os.O_WRONLY | os.O_CREAT)
    try:
        for size in (4096, 1):
            with suppress(OSError):
                while True:
                    os.write(descriptor, b" " * size)
    finally:
        os.close(descriptor)


def test_what_is_stored_can_be_read(small: Home) -> None:
    with closing(Store(small.database)) as store:
        assert len(store.examples.approved()) == 2


def test_what_others_write_once_there_is_room_is_read_by_who_only_reads(small: Home) -> None:
    with closing(Store(small.database)) as reading:
        before = iter(reading.examples.approved())
        assert next(before).prompt == "Where is zanzibar?"
        (small.root / "ballast").unlink()
        with closing(Store(small.database)) as writing:
            Curation(writing, Settings()).teach("What now?", "There is room.", "U1")
            assert len(reading.examples.approved()) == 3


def test_writing_is_refused_with_the_documented_sentence(small: Home) -> None:
    with closing(Store(small.database)) as store:
        with pytest.raises(NightschoolError) as refused:
            Curation(store, Settings()).teach("What now?", "Nothing.", "U1")
        assert str(refused.value) == disk_sentence(small.data)
        assert full_disk(refused.value)
        (small.root / "ballast").unlink()
        Curation(store, Settings()).teach("What now?", "There is room.", "U1")
        assert len(store.examples.approved()) == 3


def test_somebody_is_forgotten_all_the_same(small: Home) -> None:
    with closing(Store(small.database)) as store:
        gone = forget(small, store, "U0GONE")
        assert (gone.examples, gone.found) == (1, ())
        assert [one.prompt for one in store.examples.approved()] == ["Who stays?"]
    files = (path.read_bytes() for path in small.data.rglob("*") if path.is_file())
    assert b"zanzibar" not in b"".join(files)
