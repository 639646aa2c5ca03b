"""Files of a home belong to the bot's own account alone; those of old versions are closed."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from bot.home import Home
from bot.operations.doctor import examine
from bot.operations.file_modes import OTHERS, close, open_to_others
from bot.operations.private_data import mend_files
from bot.store import Store


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def old_home(home: Home) -> Home:
    """A home as an earlier version made it, with a file that a link leads out of it to."""
    os.umask(0o022)
    for folder in (home.data, home.exports, home.sweep / "data", home.adapters / "v0001"):
        folder.mkdir(parents=True, mode=0o755)
    home.config.write_text("[console]\nenabled = false\n")
    for file in ("engine.log", "exports/train.jsonl"):
        (home.data / file).write_text("words")
    (home.adapters / "v0001" / "card.json").write_text("{}")
    outside = home.root.parent / "outside"
    outside.write_text("not ours")
    (home.data / "link").symlink_to(outside)
    Store(home.database).close()
    home.root.chmod(0o777)
    return home


def test_a_home_of_an_earlier_version_is_named_and_closed(old_home: Home) -> None:
    opened = open_to_others(old_home)
    assert {old_home.root, old_home.data, old_home.config, old_home.database} <= set(opened)
    assert old_home.data / "link" not in opened
    assert close(old_home, opened) == []
    assert open_to_others(old_home) == []
    assert mode(old_home.database) & OTHERS == 0
    assert mode(old_home.sweep) == 0o700, "that it has a folder `data` makes it no home"
    assert mode(old_home.root) == 0o755
    assert mode(old_home.root.parent / "outside") == 0o644


def test_folders_and_a_database_that_links_lead_elsewhere_are_closed_too(home: Home) -> None:
    os.umask(0o022)
    elsewhere = home.root.parent / "volume"
    (elsewhere / "exports").mkdir(parents=True)
    (elsewhere / "exports" / "train.jsonl").write_text("words")
    home.data.symlink_to(elsewhere)
    (home.root.parent / "school.db").write_text("words")
    home.database.symlink_to(home.root.parent / "school.db")
    files = [elsewhere, elsewhere / "exports" / "train.jsonl", home.root.parent / "school.db"]
    assert set(files) <= set(open_to_others(home))
    (named,) = [one.what for one in examine(home) if "other accounts" in one.what]
    assert str(elsewhere) in named
    assert close(home, open_to_others(home)) == []
    assert [file for file in files if mode(file) & OTHERS] == []


def test_the_doctor_names_them_and_mends_them_when_told_to(old_home: Home) -> None:
    def said() -> str:
        (found,) = [one for one in examine(old_home) if "other accounts" in one.what]
        return found.what

    number = len(open_to_others(old_home))
    assert f"{number} files can be reached by other accounts of this machine: ., " in said()
    assert mode(old_home.database) & OTHERS
    (mended,) = mend_files(old_home)
    assert mended.what == f"{number} files could be reached by other accounts, and cannot any more."
    assert said() == "No file is open to other accounts of this machine."
    assert list(mend_files(old_home)) == []


def test_what_cannot_be_closed_is_returned(old_home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "chmod", refuse)
    opened = open_to_others(old_home)
    assert close(old_home, opened) == opened
    (left,) = mend_files(old_home)
    assert (left.state, len(opened)) == ("warning", int(left.what.split()[0]))


def test_a_real_command_makes_files_for_this_account_alone(tmp_path: Path) -> None:
    """However wide the umask is that it is started with."""
    home = tmp_path / "fresh"
    code = (
        "import os, sys; os.umask(0); from bot.cli import main; "
        "sys.argv[1:] = ['teach', 'When is lunch?', 'At noon.']; main()"
    )
    environment = {**os.environ, "NIGHTSCHOOL_HOME": str(home)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True)
    files = [path for path in home.rglob("*") if path.name != "nightschool.toml"]
    assert home / "data" / "nightschool.db" in files
    assert [path for path in files if mode(path) & OTHERS] == []
