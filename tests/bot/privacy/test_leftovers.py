"""What killed processes left in a home is swept; what a living one writes stays."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from bot.home import Home
from bot.privacy.leftovers import OLD_SECONDS, nothing_trains, sweep


def ended_process() -> int:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def made(path: Path, *, folder: bool = False, old: bool = False, text: str = "words") -> Path:
    place = path / "file" if folder else path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)
    if old:
        long_ago = place.stat().st_mtime - 2 * OLD_SECONDS
        os.utime(place, (long_ago, long_ago))
    return path


@pytest.fixture
def of_trainings(home: Home) -> list[Path]:
    return [
        made(home.adapters / ".staging-3", folder=True),
        made(home.adapters / ".incoming-abc", folder=True),
        made(home.runs / "0003" / ".checkpoint-x.safetensors"),
        made(home.runs / "0003" / "tmpabc", folder=True),
        made(home.runs / "0003" / "nightschool-abc", folder=True),
        made(home.sweep / "data", folder=True),
    ]


def test_what_a_killed_training_left_is_removed(home: Home, of_trainings: list[Path]) -> None:
    kept = made(home.runs / "0003" / "checkpoint.safetensors")
    sweep(home)
    assert [place for place in of_trainings if place.exists()] == []
    assert kept.exists()


@pytest.mark.parametrize("lock", ["night_lock", "training_lock"])
def test_a_living_training_keeps_its_files(home: Home, of_trainings: list[Path], lock: str) -> None:
    with FileLock(getattr(home, lock)):
        sweep(home)
    assert all(place.exists() for place in of_trainings)


def test_what_an_ended_process_left_is_removed_and_a_living_ones_stays(home: Home) -> None:
    dead, alive = ended_process(), os.getpid()
    gone = [
        made(home.exports / f".0001.{dead}.partial", folder=True),
        made(home.exports / f".0001.{dead}.old", folder=True),
        made(home.evaluations / str(dead), folder=True),
    ]
    kept = [
        made(home.exports / f".0002.{alive}.partial", folder=True),
        made(home.exports / "0003", folder=True),
        made(home.evaluations / str(alive), folder=True),
    ]
    sweep(home)
    assert [place for place in gone if place.exists()] == []
    assert all(place.exists() for place in kept)


def test_half_written_files_go_when_they_are_old(home: Home) -> None:
    names = (
        "adapters/.current.json-x",
        "adapters/v0001/.card.json-x",
        "data/.engine.json-x",
        ".nightschool.toml-x",
        "data/.backup.db.partial",
    )
    old = [made(home.root / f"{name}1", old=True) for name in names]
    old[-1] = made(home.root / names[-1], old=True, text="SQLite format 3\0 and pages")
    old.append(made(home.data / "safe" / ".empty.db.partial", old=True, text=""))
    foreign = [
        made(home.root / name, old=True) for name in (".film.partial", "data/x/.film.partial")
    ]
    new = [made(home.root / f"{name}2") for name in names[:-1]]
    sweep(home)
    assert [place for place in old if place.exists()] == []
    assert all(place.exists() for place in new)
    assert all(place.exists() for place in foreign), "what is no database is another program's"


def test_who_holds_the_lock_of_nights_asks_for_trainings_alone(home: Home) -> None:
    home.prepare()
    with FileLock(home.night_lock):
        with nothing_trains(home, night_held=True) as free:
            assert free
        with FileLock(home.training_lock), nothing_trains(home, night_held=True) as free:
            assert not free


def test_nothing_trains_while_a_block_is_open(home: Home) -> None:
    home.prepare()
    with nothing_trains(home) as free:
        assert free
        with nothing_trains(home) as again:
            assert not again


def test_a_home_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    sweep(Home(tmp_path / "nowhere"))
    assert not (tmp_path / "nowhere").exists()
