"""`nightschool examples export`: what leaves, and what is said of it."""

import json
from pathlib import Path

import pytest

from tests.bot.cli.conftest import Command


def test_export_writes_what_mlx_lm_reads(nightschool: Command, tmp_path: Path) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    out = tmp_path / "out"
    nightschool("examples", "export", str(out))
    row = json.loads((out / "train.jsonl").read_text())
    assert [m["content"] for m in row["messages"]] == ["When is lunch?", "At noon."]
    assert (out / "manifest.json").exists()


def test_an_export_says_how_many_are_left_out(nightschool: Command, tmp_path: Path) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    assert "left out" not in nightschool("examples", "export", str(tmp_path / "all")).out
    nightschool("teach", "Who bakes?", "Noor.")
    nightschool("examples", "withdraw", "2")
    said = nightschool("examples", "export", str(tmp_path / "out")).out
    assert said.startswith("1 examples are in ")
    assert "1 are left out; manifest.json says why." in said


@pytest.mark.parametrize(
    ("kind", "keys"),
    [("chat", {"messages"}), ("completions", {"prompt", "completion"}), ("text", {"text"})],
)
def test_an_export_has_the_format_that_is_asked_for(
    nightschool: Command, tmp_path: Path, kind: str, keys: set[str]
) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    done = nightschool("examples", "export", str(tmp_path / "out"), "--format", kind, "--json")
    assert done.document["folder"] == str(tmp_path / "out")
    assert set(json.loads((tmp_path / "out" / "train.jsonl").read_text())) == {
        "id",
        "source",
        *keys,
    }
