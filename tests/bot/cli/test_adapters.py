"""`nightschool adapters`: which versions there are, which one answers, and their export."""

import json
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.home import Home
from bot.store import Store
from bot.store.examples.rows import NewExample
from bot.store.examples.scope import Scope
from tests.bot.cli.conftest import Command, Version
from tests.tiny_models import build_adapter, build_model
from trainer.adapters.registry import AdapterCard, Registry, write_card


def test_adapters_of_an_empty_school(nightschool: Command) -> None:
    assert nightschool("adapters", "list", "--json").document == {"current": None, "adapters": []}
    done = nightschool("adapters", "show", "v0009")
    assert done.code == 1
    assert "v0009" in done.err
    assert nightschool("adapters", "rollback").code == 1
    assert nightschool("adapters", "promote", "v0009").code == 1


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The command lines of trainers, none of which runs."""
    lines: list[list[str]] = []

    class Recorded:
        def __init__(self, arguments: list[str], log: Path) -> None:
            lines.append(arguments)
            assert log.suffix == ".log"

        def run(self, read: Callable[[object], Any]) -> Any:
            return read({"phase": "done", "seconds": 1.0, "agreed": 4})

    monkeypatch.setattr("bot.cli.adapters.TrainerProcess", Recorded)
    return lines


def test_the_list_marks_the_version_that_answers(nightschool: Command, version: Version) -> None:
    version("v0001")
    version("v0002", 1, 2)
    nightschool("adapters", "promote", "v0002")
    document = nightschool("adapters", "list", "--json").document
    assert document["current"] == "v0002"
    rows = [(row["version"], row["current"], row["examples"]) for row in document["adapters"]]
    assert rows == [("v0001", False, 0), ("v0002", True, 2)]
    assert {row["reason"] for row in document["adapters"]} == {"It knows more."}
    (line,) = [line for line in nightschool("adapters", "list").out.splitlines() if "→" in line]
    assert "v0002" in line
    assert "2026-01-31 02:03" in line
    assert "No adapter yet" not in line


def test_a_version_is_shown_with_what_was_withdrawn_since(
    nightschool: Command, version: Version, store: Store, home: Home
) -> None:
    for number in (1, 2, 3):
        nightschool("teach", f"Question {number}?", "Yes.")
    nightschool("examples", "withdraw", "2")
    nightschool("examples", "reject", "3")
    link = "https://tea.slack.example/p4"
    store.examples.add(NewExample("Question 4?", "Yes.", "reaction", "U1", permalink=link))
    version("v0001", 1, 2, 3, 4)
    document = nightschool("adapters", "show", "v0001", "--json").document
    assert (document["withdrawn_since"], document["current"]) == ([2, 3], False)
    assert document["path"] == str(home.adapters / "v0001")
    assert [example["permalink"] for example in document["examples"]] == [None, None, None, link]
    shown = nightschool("adapters", "show", "v0001").out
    assert "v0001: promoted. It knows more." in shown
    assert "2: Question 2? [withdrawn since]\n" in shown
    assert "3: Question 3? [rejected since]\n" in shown
    assert "1: Question 1?\n" in shown
    assert f"4: Question 4? {link}\n" in shown
    assert "\n  Memory was short.\n" in shown
    assert "\n  Not mastered yet: Question 1?\n" in shown
    assert document["mastery"]["missing"] == [1]


def test_a_lesson_that_became_private_is_shown_without_its_words(
    nightschool: Command, version: Version, store: Store
) -> None:
    nightschool("teach", "Who is zanzibar?", "Hush.")
    store.examples.set_scope(1, Scope("channel", "C1"), "U0BEN")
    version("v0001", 1)
    for arguments in ((), ("--json",)):
        shown = nightschool("adapters", "show", "v0001", *arguments).out
        assert "zanzibar" not in shown
    assert "  1: for one channel alone since\n" in nightschool("adapters", "show", "v0001").out
    (row,) = nightschool("adapters", "show", "v0001", "--json").document["examples"]
    assert (row["prompt"], row["scope"]) == ("", "channel")


def test_the_base_model_can_be_promoted_and_rolled_back_to(
    nightschool: Command, version: Version, home: Home
) -> None:
    version("v0001")
    nightschool("adapters", "promote", "v0001")
    assert "answers with the base model now" in nightschool("adapters", "rollback").out
    nightschool("adapters", "promote", "v0001")
    assert nightschool("adapters", "promote", "base", "--json").document == {"current": None}
    assert Registry(home.adapters).current() is None


def test_what_learned_a_lesson_that_is_private_now_is_not_gone_back_to(
    nightschool: Command, version: Version, store: Store, home: Home
) -> None:
    nightschool("teach", "Who is zanzibar?", "Hush.")
    version("v0001", 1)
    version("v0002")
    for name in ("v0001", "v0002"):
        assert nightschool("adapters", "promote", name).code == 0
    store.examples.set_scope(1, Scope("channel", "C1"), "U0BEN")
    for arguments in (("promote", "v0001"), ("rollback",)):
        refused = nightschool("adapters", *arguments)
        assert refused.code == 1
        assert "must not be told to everyone" in refused.err
    assert Registry(home.adapters).current() == "v0002"
    assert nightschool("adapters", "promote", "base").code == 0


def test_a_fuse_is_of_the_version_that_is_named_or_answers(
    nightschool: Command, version: Version, home: Home, tmp_path: Path, started: list[list[str]]
) -> None:
    version("v0001")
    version("v0002")
    refused = nightschool("adapters", "fuse", str(tmp_path / "whole"))
    assert refused.code == 1
    assert "No adapter answers yet" in refused.err
    nightschool("adapters", "promote", "v0002")
    nightschool("adapters", "fuse", str(tmp_path / "whole"))
    nightschool("adapters", "fuse", str(tmp_path / "whole"), "--adapter", "v0001")
    paths = [line[line.index("--adapter") + 1] for line in started]
    assert paths == [str(home.adapters / "v0002"), str(home.adapters / "v0001")]
    assert {line[line.index("--model") + 1] for line in started} == {"starter"}
    document = nightschool("adapters", "fuse", str(tmp_path / "whole"), "--json").document
    assert (document["version"], document["path"]) == ("v0002", str(tmp_path / "whole"))
    assert document["agreed"] == 4


def test_an_export_is_of_the_version_that_is_named_and_of_its_own_base_model(
    nightschool: Command, version: Version, home: Home, tmp_path: Path, started: list[list[str]]
) -> None:
    version("v0001")
    out = tmp_path / "peft"
    assert nightschool("adapters", "export", str(out)).code == 1
    done = nightschool("adapters", "export", str(out), "--adapter", "v0001", "--json").document
    assert done == {"version": "v0001", "path": str(out), "format": "peft"}
    place = str(home.adapters / "v0001")
    options = ["--model", "served", "--adapter", place, "--out", str(out)]
    assert started == [["export", *options]]
    version("v0002")
    nightschool("adapters", "promote", "v0002")
    assert nightschool("adapters", "export", str(out), "--json").document["version"] == "v0002"


def test_an_export_for_llama_cpp_says_the_line_that_makes_its_file(
    nightschool: Command, training_school: Home, tmp_path: Path
) -> None:
    """Its base has 4 bits, in a way of MLX that the script does not know."""
    four_bits = build_model(tmp_path / "four bits", bits=4)
    staging = build_adapter(tmp_path / "staging", four_bits)
    write_card(staging, AdapterCard("v0001", str(four_bits)))
    Registry(training_school.adapters).add(staging, "v0001")
    out = tmp_path / "for llama"
    exported = ("adapters", "export", str(out), "--adapter", "v0001", "--format", "gguf")
    document = nightschool(*exported, "--json").document
    assert (document["format"], document["path"]) == ("gguf", str(out))
    assert shlex.split(document["command"]) == [
        *("python", "convert_lora_to_gguf.py", "--base", str(out / "base")),
        *("--outtype", "f32", "--outfile", str(out / "v0001.gguf"), str(out)),
    ]
    assert (out / "adapter_model.safetensors").is_file()
    config = json.loads((out / "base" / "config.json").read_text())
    assert "quantization" not in config
    assert config["model_type"] == "llama"
    shutil.rmtree(out)
    assert document["command"] in nightschool(*exported).out
    refused = nightschool("adapters", "export", str(out), "--format", "gguf")
    assert refused.code == 1
    assert "No adapter answers yet" in refused.err


def test_a_dora_adapter_is_not_exported_for_llama_cpp(
    nightschool: Command, training_school: Home, tiny_folder: Path, tmp_path: Path
) -> None:
    staging = build_adapter(tmp_path / "staging", tiny_folder, kind="dora")
    write_card(staging, AdapterCard("v0001", str(tiny_folder)))
    Registry(training_school.adapters).add(staging, "v0001")
    out = tmp_path / "out"
    asked = ("adapters", "export", str(out), "--adapter", "v0001", "--format")
    refused = nightschool(*asked, "gguf")
    assert refused.code == 1
    assert "adapters fuse" in refused.err
    assert not out.exists()
    assert nightschool(*asked, "peft").code == 0
