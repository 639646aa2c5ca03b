"""`nightschool examples export`: what leaves, and what is said of it."""

import json
from pathlib import Path

import pytest

from bot.messages import Message
from bot.store import Store
from bot.store.examples.rows import NewExample
from tests.bot.cli.conftest import Command
from trainer.dataset.layouts import FORMATS


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
    assert "Left out: 1; manifest.json says why." in said


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


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("csv", "2 examples are in {}. Left out: 1;"),
        (
            "kto",
            "3 examples are in {}. Disliked answers there, each after the preferred one: 1.",
        ),
        ("dpo", "Pairs of a preferred and a disliked answer in {}: 1. Left out: 2;"),
    ],
)
def test_an_export_for_other_programs_says_what_is_in_it_and_what_is_not(
    nightschool: Command, store: Store, tmp_path: Path, kind: str, said: str
) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    nightschool("teach", "Who bakes?", "Noor.")
    turns = [("user", "Hi"), ("assistant", "Hello."), ("user", "Tea?"), ("assistant", "Yes.")]
    talk = tuple(Message(role, text) for role, text in turns)
    store.examples.add(NewExample("Tea?", "Yes.", "import", "root", messages=talk))
    store.ratings.prefer("When is lunch?", "At noon.", "Never.", "import", "root", None)
    done = nightschool("examples", "export", str(tmp_path / "out"), "--format", kind)
    assert done.out.startswith(said.format(tmp_path / "out"))


def test_pairs_alone_can_be_exported_where_no_lesson_is_taught(
    nightschool: Command, store: Store, tmp_path: Path
) -> None:
    done = nightschool("examples", "export", str(tmp_path / "out"), "--format", "dpo")
    assert (done.code, done.err.count("\n")) == (1, 1)
    assert "no pair" in done.err
    store.ratings.prefer("When is lunch?", "At noon.", "Never.", "import", "root", None)
    assert nightschool("examples", "export", str(tmp_path / "out"), "--format", "dpo").code == 0


@pytest.mark.parametrize("kind", FORMATS)
def test_what_leaves_one_home_comes_into_another_as_it_was(
    nightschool: Command, store: Store, tmp_path: Path, kind: str
) -> None:
    """But for the talk, which some layouts cannot hold, and lessons in one of pairs alone."""
    nightschool("teach", "When is lunch?", "=1+1\n- At noon.")
    nightschool("teach", "Who bakes?", "Noor.")
    turns = [("user", "Hi"), ("assistant", "Hello."), ("user", "Tea?"), ("assistant", "Yes.")]
    talk = tuple(Message(role, text) for role, text in turns)
    store.examples.add(NewExample("Tea?", "Yes.", "import", "root", messages=talk))
    store.ratings.prefer("Who bakes?", "Noor.", "Nobody.", "import", "root", None)
    out = tmp_path / "out"
    nightschool("examples", "export", str(out), "--format", kind)
    other = tmp_path / "other"
    for file in sorted(out.iterdir()):
        if file.name != "manifest.json":
            assert nightschool("examples", "import", str(file), "--home", str(other)).code == 0
    there = Store(other / "data" / store.connections.path.name)
    found = {(one.prompt, one.completion, one.messages) for one in there.examples.approved()}
    pairs = [(one.prompt, one.chosen, one.rejected) for one in there.ratings.preferred()]
    there.close()
    single = {("When is lunch?", "=1+1\n- At noon.", None), ("Who bakes?", "Noor.", None)}
    talks = {("Tea?", "Yes.", talk)} if kind not in ("completions", "csv") else set()
    assert found == (set() if kind == "dpo" else single | talks)
    assert pairs == [("Who bakes?", "Noor.", "Nobody.")]
