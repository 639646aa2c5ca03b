"""Values are put into nightschool.toml, and all else in it stays."""

import tomllib
from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.operations.settings_file import put

VALUES = {"learning_rate": 5e-05, "rank": 8, "layers": -1}


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
            "[training] # ours\nseed = 3\nrank = 4 # wide\n\n[engine]\nport = 1\n",
            (
                "[training] # ours\nseed = 3\nrank = 8\nlearning_rate = 5e-05\nlayers = -1\n"
                "\n[engine]\nport = 1\n"
            ),
        ),
    ],
)
def test_only_these_values_change(tmp_path: Path, before: str, after: str) -> None:
    file = tmp_path / "nightschool.toml"
    if before:
        file.write_text(before)
    put(file, "training", VALUES)
    assert file.read_text() == after
    assert tomllib.loads(after)["training"]["learning_rate"] == 5e-05
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


@pytest.mark.parametrize(
    "content", ["broken = \n", "training = 3\n", "training = {rank = 4}\n", "training.rank = 4\n"]
)
def test_what_cannot_be_changed_safely_stays_and_is_told(tmp_path: Path, content: str) -> None:
    file = tmp_path / "nightschool.toml"
    file.write_text(content)
    with pytest.raises(SettingsError, match=r"put .*rank = 8.* under \[training\] yourself"):
        put(file, "training", VALUES)
    assert file.read_text() == content
