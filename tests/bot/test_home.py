"""Everything of one bot lies in its home."""

import os
import stat
from pathlib import Path

import pytest

from bot.home import Home


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("config", "nightschool.toml"),
        ("data", "data"),
        ("database", "data/nightschool.db"),
        ("exports", "data/exports"),
        ("runs", "data/runs"),
        ("sweep", "data/sweep"),
        ("paraphrases", "data/paraphrases"),
        ("adapters", "adapters"),
        ("engine_file", "data/engine.json"),
        ("night_lock", "data/night.lock"),
        ("training_lock", "data/training.lock"),
        ("serving_lock", "data/serving.lock"),
        ("console_file", "data/console.json"),
        ("restore_marker", "data/restore.json"),
        ("restore_lock", "data/restore.lock"),
        ("incoming", "data/.nightschool.db.incoming"),
        ("evaluations", "data/evaluate"),
    ],
)
def test_an_earlier_versions_home_is_found_again(home: Home, name: str, path: str) -> None:
    """The layout is a contract: another path would lose what is there."""
    assert getattr(home, name) == home.root / path


def test_preparing_makes_the_folders_and_loses_nothing(home: Home) -> None:
    home.prepare()
    kept = home.exports / "0001"
    kept.mkdir()
    home.prepare()
    assert kept.is_dir()
    assert [folder.is_dir() for folder in (home.runs, home.adapters)] == [True, True]
    assert not home.database.exists()


def test_the_folders_are_made_for_this_account_alone(home: Home) -> None:
    before = os.umask(0o022)
    try:
        home.prepare()
    finally:
        os.umask(before)
    folders = (home.data, home.exports, home.runs, home.adapters)
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in folders] == [0o700] * 4


def test_databases_set_aside_by_a_restore_are_listed_in_order(home: Home) -> None:
    home.prepare()
    names = [f"nightschool.before-restore-2026010{day}T000000Z.db" for day in (1, 2)]
    for name in (
        *reversed(names),
        "nightschool.db",
        "nightschool.before.db",
        "other.before-restore-1.db",
    ):
        (home.data / name).touch()
    assert [Path(file).name for file in home.before_restore] == names
