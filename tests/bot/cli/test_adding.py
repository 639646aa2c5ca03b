"""`nightschool adapters add`: an adapter from elsewhere becomes a version, with an exam."""

import json
import shlex
from pathlib import Path

import pytest

from bot.home import Home
from bot.nights.night_lock import NightLock
from bot.privacy.erasure import forget
from bot.privacy.unlearning import retire
from bot.store import Store
from bot.store.examples.scope import Scope
from tests.bot.cli.conftest import Command
from tests.tiny_models import build_adapter, build_model
from trainer.adapters.peft import to_peft
from trainer.adapters.registry import Registry, read_card


@pytest.fixture
def theirs(tmp_path: Path, tiny_folder: Path) -> Path:
    """What `mlx_lm.lora` left for the tiny model."""
    folder = build_adapter(tmp_path / "theirs", tiny_folder)
    config = json.loads((folder / "adapter_config.json").read_text())
    config |= {"model": str(tiny_folder), "data": "/home/somebody"}
    (folder / "adapter_config.json").write_text(json.dumps(config))
    return folder


def test_an_adapter_is_added_with_a_card_and_an_exam_and_answers_nobody_yet(
    nightschool: Command, training_school: Home, tmp_path: Path, theirs: Path
) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    away = to_peft(theirs, tmp_path / "peft", "served")
    done = nightschool("adapters", "add", str(away), "--same-base", "--json")
    assert done.code == 0, done.err
    document = done.document
    assert (document["version"], document["format"], document["kind"]) == ("v0001", "PEFT", "lora")
    assert (document["rank"], document["modules"], document["examples"]) == (4, 14, 0)
    assert (document["verdict"], document["passed"]) == ("added", False)
    assert "A night would not promote it: Not better than the base model" in document["reason"]
    evaluation = document["evaluation"]
    assert evaluation["candidate"]["asked"] == 1
    assert evaluation["candidate"]["canaries_asked"] > 0
    assert evaluation["candidate"]["kl"] > 0
    assert (document["mastery"]["asked"], document["mastery"]["missing"]) == (1, [1])
    card = nightschool("adapters", "show", "v0001", "--json").document
    assert (card["origin"], card["verdict"], card["current"]) == ("PEFT", "added", False)
    assert card["examples"] == []
    assert any("names its base 'served'" in note for note in card["notes"])
    assert any("Nobody here can tell" in note for note in card["notes"])
    assert Registry(training_school.adapters).current() is None
    assert [path.name for path in training_school.adapters.glob(".staging*")] == []
    assert list(training_school.evaluations.iterdir()) == []
    assert nightschool("adapters", "promote", "v0001").code == 0
    # And the next night compares with it.
    night = nightschool("night", "--json").document
    assert night["evaluation"]["current"]["asked"] == 1


def test_an_adapter_is_told_in_lines_and_without_lessons_there_is_no_exam(
    nightschool: Command, training_school: Home, theirs: Path
) -> None:
    done = nightschool("adapters", "add", str(theirs))
    assert done.code == 0, done.err
    assert "v0001: lora of rank 4 on 14 layers. Added from elsewhere (mlx-lm)." in done.out
    assert "nightschool evaluate --adapter v0001" in done.out
    assert "nightschool adapters promote v0001" in done.out
    assert read_card(training_school.adapters / "v0001").evaluation is None
    (line,) = [row for row in nightschool("adapters", "list").out.splitlines() if "v0001" in row]
    assert line.replace("│", " ").split()[:3] == ["v0001", "?", "added"]
    assert ", added 20" in nightschool("adapters", "show", "v0001").out


def test_another_base_by_name_is_asked_about_and_another_by_shape_is_refused(
    nightschool: Command, training_school: Home, tmp_path: Path, theirs: Path
) -> None:
    away = to_peft(theirs, tmp_path / "peft", "some/Other-7B")
    refused = nightschool("adapters", "add", str(away))
    assert refused.code == 1
    assert "made for 'some/Other-7B'" in refused.err
    assert "--same-base" in refused.err
    other = build_model(tmp_path / "other", "qwen3_moe")
    refused = nightschool("adapters", "add", str(build_adapter(tmp_path / "moe", other)))
    assert refused.code == 1
    assert "It is for another model" in refused.err
    assert Registry(training_school.adapters).versions() == []
    assert [path.name for path in training_school.adapters.glob(".*")] == []


def test_one_of_ours_that_comes_back_is_known_by_what_its_night_noted(
    nightschool: Command, training_school: Home, store: Store, tmp_path: Path
) -> None:
    """Its card names examples too, but anybody may have written that."""
    nightschool("teach", "When is lunch?", "At noon.")
    assert nightschool("night", "--json").document["version"] == "v0001"
    away = to_peft(training_school.adapters / "v0001", tmp_path / "peft", "starter")
    card = json.loads((away / "card.json").read_text())
    (away / "card.json").write_text(json.dumps(card | {"example_ids": [77]}))
    document = nightschool("adapters", "add", str(away), "--json").document
    assert (document["version"], document["examples"]) == ("v0002", 1)
    (note,) = document["notes"]
    assert note.startswith("By its card it is v0001 of this home; whether it was trained on since")
    store.examples.set_scope(1, Scope("channel", "C1"), "U0BEN")
    refused = nightschool("adapters", "add", str(away))
    assert refused.code == 1
    assert "must not be told to everyone" in refused.err
    for command in (
        ("promote", "v0002"),
        ("export", str(tmp_path / "out"), "--adapter", "v0002"),
        ("fuse", str(tmp_path / "out"), "--adapter", "v0002"),
    ):
        refused = nightschool("adapters", *command)
        assert refused.code == 1
        assert "must not be told to everyone" in refused.err


@pytest.mark.parametrize("left", ["forgotten", "private"])
def test_what_nobody_knows_the_lessons_of_leaves_when_something_is_forgotten_or_made_private(
    nightschool: Command, training_school: Home, store: Store, theirs: Path, left: str
) -> None:
    nightschool("adapters", "add", str(theirs))
    nightschool("adapters", "promote", "v0001")
    registry = Registry(training_school.adapters)
    for question in ("Who bakes?", "Who cooks?"):
        nightschool("teach", question, "Ann.")
    assert retire(store, registry) == ""
    if left == "forgotten":
        forget(training_school, store, store.examples.get(1).author)
    else:
        store.examples.set_scope(1, Scope("person", "U0BEN"), "U0BEN")
    assert "came from elsewhere" in retire(store, registry)
    assert registry.current() is None
    refused = nightschool("adapters", "promote", "v0001")
    assert refused.code == 1
    assert "add it once more" in refused.err
    nightschool("adapters", "add", str(theirs))
    assert nightschool("adapters", "promote", "v0002").code == 0


def test_nothing_is_added_while_a_night_is_under_way(
    nightschool: Command, training_school: Home, store: Store, theirs: Path
) -> None:
    lock = NightLock(training_school, store)
    lock.take()
    refused = nightschool("adapters", "add", str(theirs))
    lock.release()
    assert refused.code == 1
    assert "A night is already running" in refused.err
    assert Registry(training_school.adapters).versions() == []


def test_what_a_training_by_hand_left_is_added_by_the_line_that_it_says(
    nightschool: Command, training_school: Home, tmp_path: Path
) -> None:
    data, out = tmp_path / "data", tmp_path / "by hand"
    data.mkdir()
    for name in ("train", "valid"):
        row = {"prompt": f"When is lunch ({name})?", "completion": "At noon."}
        (data / f"{name}.jsonl").write_text(json.dumps(row) + "\n")
    done = nightschool("train", "--data", str(data), "--out", str(out), "--json")
    assert done.code == 0, done.err
    line = shlex.split(done.document["add"])
    assert line == ["nightschool", "adapters", "add", str(out)]
    document = nightschool(*line[1:], "--json").document
    assert document["version"] == "v0001"
    # Its base and its chat template are known, so that there is nothing to say about them.
    assert [note[:20] for note in document["notes"]] == [
        "Nobody here can tell",
        "No exam was held, as",
    ]
    own = training_school.adapters / "v0001"
    assert (own / "adapters.safetensors").stat().st_size > 0
