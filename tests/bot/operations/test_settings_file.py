"""Values are put into nightschool.toml, and all else in it stays."""

import os
import stat
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import SettingsError
from bot.operations.settings_file import put

VALUES = {"learning_rate": 5e-05, "rank": 8, "layers": -1}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "school").mkdir()
    return tmp_path / "school" / "nightschool.toml"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "[training]\nlearning_rate = 5e-05\nrank = 8\nlayers = -1\n"),
        (
            'model = "starter"\n\n[night]\ncron = "0 2 * * *" # two\n',
            (
                'model = "starter"\n\n[night]\ncron = "0 2 * * *" # two\n'
                "\n[training]\nlearning_rate = 5e-05\nrank = 8\nlayers = -1\n"
            ),
        ),
        (
            "[training] # ours\nseed = 3\nrank   = 4 # wide\n\n[engine]\nport = 1\n",
            (
                "[training] # ours\nseed = 3\nrank   = 8 # wide\nlearning_rate = 5e-05\n"
                "layers = -1\n\n[engine]\nport = 1\n"
            ),
        ),
        (
            "[training]\nseed = 3\n\n# where answers come from\n[engine]\nport = 1\n",
            (
                "[training]\nseed = 3\nlearning_rate = 5e-05\nrank = 8\nlayers = -1\n"
                "\n# where answers come from\n[engine]\nport = 1\n"
            ),
        ),
        (
            "[night]\nport = 1 # no end of line",
            (
                "[night]\nport = 1 # no end of line\n"
                "\n[training]\nlearning_rate = 5e-05\nrank = 8\nlayers = -1\n"
            ),
        ),
        (
            "[training]\r\nlearning_rate = 1\r\nrank = 2 # CRLF\r\nlayers = 3\r\n",
            "[training]\r\nlearning_rate = 5e-05\r\nrank = 8 # CRLF\r\nlayers = -1\r\n",
        ),
    ],
)
def test_only_these_values_change(file: Path, before: str, after: str) -> None:
    if before:
        file.write_bytes(before.encode())
    put(file, "training", VALUES)
    assert file.read_bytes().decode() == after
    assert tomllib.loads(after)["training"]["learning_rate"] == 5e-05
    assert [p.name for p in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize(
    "before",
    [
        "training = {rank = 4, seed = 3} # all in one\n",
        "training.rank = 4\ntraining.seed = 3\n",
        "[training]\nseed = 3\n[training.deep]\nx = 1\n[engine]\nport = 1\n",
        "[training]\nseed = 3\n[engine]\nport = 1\n[training.deep]\nx = 1\n",
    ],
)
def test_a_table_in_any_notation_of_toml_is_changed(file: Path, before: str) -> None:
    expected = tomllib.loads(before)
    expected["training"].update(VALUES)
    file.write_text(before)
    put(file, "training", VALUES)
    assert tomllib.loads(file.read_text()) == expected


LINES = st.sampled_from(
    [
        *("[training]", "[night] # a", "[engine]", "rank = 4", "seed = 3 # b", "layers=1"),
        *("", "# c", "  ", 'name = "x # y"', "list = [\n  1, # one\n]", "[training.deep]"),
    ]
)


@given(st.lists(LINES, max_size=12).map("\n".join))
def test_the_file_says_what_it_said_and_the_new_values(
    tmp_path_factory: pytest.TempPathFactory, before: str
) -> None:
    try:
        expected = tomllib.loads(before)
    except tomllib.TOMLDecodeError:
        return
    file = tmp_path_factory.mktemp("home") / "nightschool.toml"
    file.write_text(before)
    put(file, "training", VALUES)
    expected.setdefault("training", {}).update(VALUES)
    after = file.read_text()
    assert tomllib.loads(after) == expected
    comments = [part.split("\n")[0] for part in before.split("#")[1:]]
    assert [part.split("\n")[0] for part in after.split("#")[1:]] == comments


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"broken = \n", r"at line 1 col 9"),
        (b"[training]\nrank = 1\nrank = 2\n", r'Key "rank" already exists'),
        (b"training = 3\n", "training is no table"),
        (b"[[training]]\nrank = 1\n", "training is no table"),
        (b"name = '\xff'\n", "not in UTF-8"),
    ],
)
def test_what_cannot_be_changed_stays_and_one_line_says_why(
    file: Path, content: bytes, reason: str
) -> None:
    file.write_bytes(content)
    with pytest.raises(SettingsError, match=reason) as told:
        put(file, "training", VALUES)
    assert "put learning_rate = 5e-05, rank = 8, layers = -1 under [training]" in str(told.value)
    assert "\n" not in str(told.value)
    assert file.read_bytes() == content


def test_the_file_keeps_its_mode_and_a_new_one_is_for_its_owner_alone(file: Path) -> None:
    put(file, "training", VALUES)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.chmod(0o640)
    put(file, "training", {"rank": 4})
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_a_link_stays_one_and_leads_to_the_changed_file(file: Path, tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    real = tmp_path / "dotfiles" / "school.toml"
    real.write_text("[training]\nrank = 1\n")
    file.symlink_to(real)
    put(file, "training", {"rank": 4})
    assert file.is_symlink()
    assert real.read_text() == "[training]\nrank = 4\n"


def test_a_file_that_cannot_be_written_stays_whole(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk shows itself when the copy is flushed to it."""
    file.write_text("[training]\nrank = 1\n")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SettingsError, match=r"\(No space left on device\)"):
        put(file, "training", VALUES)
    assert file.read_text() == "[training]\nrank = 1\n"
    assert [p.name for p in file.parent.iterdir()] == [file.name]
