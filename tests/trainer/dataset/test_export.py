"""A training set on disk, with its manifest."""

import hashlib
import json
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mlx_lm.tokenizer_utils import load as load_tokenizer

from tests.tiny_models import build_tokenizer
from trainer.dataset import ExportItem, ExportSettings, LeftOut, Limits, export
from trainer.dataset.export import ExportPairs
from trainer.dataset.export_lines import ExportPair, ExportRating
from trainer.errors import DatasetError
from trainer.formats import parse_jsonl


def items(count: int, start: int = 1) -> list[ExportItem]:
    return [
        ExportItem(number, {"prompt": f"question {number}", "completion": f"answer {number}"})
        for number in range(start, start + count)
    ]


def read(folder: Path, name: str) -> list[dict[str, Any]]:
    return parse_jsonl((folder / f"{name}.jsonl").read_bytes())


def files(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_three_facts_are_all_taught_and_the_exam_repeats_them(tmp_path: Path) -> None:
    done = export(items(3), tmp_path / "set")
    train, valid = read(tmp_path / "set", "train"), read(tmp_path / "set", "valid")
    assert [row["id"] for row in train] == [1, 2, 3]
    assert valid == train
    assert train[0]["messages"][1] == {"role": "assistant", "content": "answer 1"}
    assert done.manifest["held_out"] == []
    assert done.manifest["repeated"] == [1, 2, 3]


def test_what_a_process_with_the_same_id_left_half_written_is_in_nobodys_way(
    tmp_path: Path,
) -> None:
    """After a power cut, or in a container, process ids are given again."""
    for ending in ("partial", "old"):
        left = tmp_path / f".set.{os.getpid()}.{ending}"
        left.mkdir()
        (left / "train.jsonl").write_text("half a ")
    export(items(3), tmp_path / "set")
    export(items(3), tmp_path / "set")
    assert list(tmp_path.glob(".set.*")) == []
    assert len(read(tmp_path / "set", "train")) == 3


def test_a_big_set_holds_rows_out_of_the_newer_ones_only(tmp_path: Path) -> None:
    done = export(items(1000), tmp_path / "set")
    held_out = {item.id for item in done.held_out}
    assert 40 < len(held_out) < 140
    assert min(number for number in held_out if number is not None) == 201
    assert done.repeated == []
    train = {row["id"] for row in read(tmp_path / "set", "train")}
    assert not train & held_out
    assert train | held_out == set(range(1, 1001))


def test_a_small_exam_is_filled_up_with_repeats(tmp_path: Path) -> None:
    done = export(items(220), tmp_path / "set")
    assert done.held_out
    assert len(done.held_out) + len(done.repeated) == 32
    assert done.manifest["counts"]["valid"] == 32


def test_no_lesson_changes_sides_as_lessons_are_added(tmp_path: Path) -> None:
    settings = ExportSettings(exam_from=5, exam_size=4)
    sides: dict[int | None, str] = {}
    for count in range(1, 60, 7):
        done = export(items(count), tmp_path / str(count), settings)
        now = {item.id: "train" for item in done.train} | {
            item.id: "valid" for item in done.held_out
        }
        assert all(now[number] == side for number, side in sides.items())
        sides = now


def test_the_same_examples_and_settings_give_the_same_bytes(tmp_path: Path) -> None:
    one = export(items(40), tmp_path / "one", extra={"model": "starter"})
    two = export(items(40), tmp_path / "deeper" / "two", extra={"model": "starter"})
    assert files(tmp_path / "one") == files(tmp_path / "deeper" / "two")
    assert one.dataset_hash == two.dataset_hash


@pytest.mark.parametrize(
    ("settings", "extra", "count"),
    [(ExportSettings(system="Be brief."), {}, 4), (None, {"model": "x"}, 4), (None, {}, 5)],
)
def test_other_settings_or_examples_give_another_hash(
    tmp_path: Path, settings: ExportSettings | None, extra: dict[str, Any], count: int
) -> None:
    before = export(items(4), tmp_path / "one").dataset_hash
    assert export(items(count), tmp_path / "two", settings, extra=extra).dataset_hash != before


def test_the_manifest_has_hashes_counts_settings_and_reasons(tmp_path: Path) -> None:
    bad = ExportItem(7, {"prompt": "", "completion": "a"})
    again = ExportItem(8, {"prompt": "Question  1", "completion": "ANSWER 1"})
    away = LeftOut(9, ("withdrawn",))
    export([*items(2), bad, again], tmp_path / "set", left_out=[away])
    manifest = json.loads((tmp_path / "set" / "manifest.json").read_text())
    for name, told in manifest["files"].items():
        data = (tmp_path / "set" / name).read_bytes()
        assert told == {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    assert set(manifest["files"]) == {"train.jsonl", "valid.jsonl"}
    assert manifest["counts"] == {
        "train": 2,
        "valid": 2,
        "held_out": 0,
        "repeated": 2,
        "left_out": 3,
    }
    assert manifest["train"] == [1, 2]
    assert manifest["settings"]["limits"]["max_seq_length"] == 2048
    assert {one["id"]: one["reasons"] for one in manifest["left_out"]} == {
        7: ["empty prompt"],
        8: ["the same as example 1"],
        9: ["withdrawn"],
    }


def test_contradictions_are_kept_and_told(tmp_path: Path) -> None:
    """Keeping both answers is a choice that the teacher can make."""
    pair = [
        ExportItem(1, {"prompt": "Where is the key?", "completion": "In the drawer."}),
        ExportItem(2, {"prompt": "where is  the KEY?", "completion": "On the hook."}),
    ]
    assert export(pair, tmp_path / "set").manifest["contradictions"] == [[1, 2]]


@pytest.mark.parametrize(
    ("format_name", "key"), [("messages", "messages"), ("completions", "prompt"), ("text", "text")]
)
def test_every_format_is_written(tmp_path: Path, format_name: str, key: str) -> None:
    settings = ExportSettings(format=format_name, system="Be brief.")
    export(items(2), tmp_path / "set", settings)
    assert all(key in row for row in read(tmp_path / "set", "train"))
    assert "Be brief." in (tmp_path / "set" / "train.jsonl").read_text()


def test_pairs_get_a_file_of_their_own_that_is_hashed_in_the_manifest(tmp_path: Path) -> None:
    pairs = [ExportPair(7, "Why?", "Because.", "No idea.")]
    done = export(items(2), tmp_path / "set", preferences=ExportPairs(pairs))
    content = files(tmp_path / "set")["preferences.jsonl"]
    assert read(tmp_path / "set", "preferences") == [
        {"prompt": "Why?", "chosen": "Because.", "rejected": "No idea."}
    ]
    assert done.manifest["files"]["preferences.jsonl"] == {
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
    }
    assert done.manifest["preferences"] == [7]


def test_pairs_tell_data_sets_apart_only_where_they_are_trained(tmp_path: Path) -> None:
    pairs = [ExportPair(7, "Why?", "Because.", "No idea.")]
    without = export(items(2), tmp_path / "set").dataset_hash
    beside = export(items(2), tmp_path / "set", preferences=ExportPairs(pairs))
    trained = export(items(2), tmp_path / "set", preferences=ExportPairs(pairs, trained=True))
    none = export(items(2), tmp_path / "set", preferences=ExportPairs(trained=True))
    assert beside.dataset_hash == without == none.dataset_hash
    assert trained.dataset_hash != without
    assert "preferences.jsonl" not in files(tmp_path / "set")


def test_rated_answers_get_a_file_of_their_own_but_in_a_layout_of_pairs(tmp_path: Path) -> None:
    rated = ExportPairs(
        [ExportPair(7, "Why?", "Because.", "No idea.")],
        ratings=[ExportRating(9, "When?", "Never.", liked=False)],
    )
    done = export(items(2), tmp_path / "set", preferences=rated)
    assert read(tmp_path / "set", "ratings") == [
        {"prompt": "When?", "completion": "Never.", "label": False}
    ]
    assert done.manifest["ratings"] == [9]
    assert "ratings.jsonl" in done.manifest["files"]
    again = export(items(2), tmp_path / "set", preferences=replace(rated, trained=True))
    assert again.dataset_hash != done.dataset_hash
    pairs = export(items(2), tmp_path / "set", ExportSettings(format="dpo"), preferences=rated)
    assert "ratings" not in pairs.manifest
    assert set(files(tmp_path / "set")) == {"train.jsonl", "manifest.json"}


def test_disliked_answers_stand_behind_the_preferred_one_in_every_file_of_a_kto_set(
    tmp_path: Path,
) -> None:
    pairs = [
        ExportPair(7, "Question 1", "answer 1", "no idea"),
        ExportPair(8, "question 1", "another answer", "none"),
        ExportPair(9, "what else?", "nothing", "all"),
    ]
    done = export(
        items(2), tmp_path / "set", ExportSettings(format="kto"), preferences=ExportPairs(pairs)
    )
    for name in ("train", "valid"):
        rows = read(tmp_path / "set", name)
        told = [(row["completion"][0]["content"], row["label"]) for row in rows]
        assert told == [("answer 1", True), ("no idea", False), ("answer 2", True)]
    assert done.manifest["preferences"] == [7]
    assert done.manifest["preferences_left_out"] == [8, 9], "no lesson says what they prefer"
    assert "preferences.jsonl" not in files(tmp_path / "set")


def test_a_dpo_set_is_of_pairs_alone_and_names_the_examples_that_are_not_in_it(
    tmp_path: Path,
) -> None:
    settings = ExportSettings(format="dpo")
    with pytest.raises(DatasetError, match="no pair"):
        export(items(2), tmp_path / "set", settings)
    pairs = [ExportPair(7, "question 1", "answer 1", "no idea")]
    done = export(items(2), tmp_path / "set", settings, preferences=ExportPairs(pairs))
    assert read(tmp_path / "set", "train") == [
        {"prompt": "question 1", "chosen": "answer 1", "rejected": "no idea"}
    ]
    assert [one.id for one in done.left_out] == [2]
    assert "preferences_left_out" not in done.manifest
    assert sorted(files(tmp_path / "set")) == ["manifest.json", "train.jsonl"]


def test_a_table_replaces_an_earlier_export_in_its_folder(tmp_path: Path) -> None:
    export(items(2), tmp_path / "set")
    pairs = [ExportPair(7, "question 1", "answer 1", "no idea")]
    table = ExportSettings(format="csv")
    export(items(2), tmp_path / "set", table, preferences=ExportPairs(pairs))
    names = ["manifest.json", "preferences.jsonl", "train.csv", "valid.csv"]
    assert sorted(files(tmp_path / "set")) == names
    export(items(2), tmp_path / "set", table)
    lines = (tmp_path / "set" / "train.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines[:2] == ["prompt,completion,system,source,id", "question 1,answer 1,,,1"]


def test_a_talk_that_a_layout_cannot_hold_is_left_out_with_the_reason(tmp_path: Path) -> None:
    turns = [("user", "Hi"), ("assistant", "Hello."), ("user", "Lunch?"), ("assistant", "Noon.")]
    talk = ExportItem(5, {"messages": [{"role": r, "content": c} for r, c in turns]})
    for name in ("completions", "csv"):
        done = export([*items(1), talk], tmp_path / name, ExportSettings(format=name))
        (left,) = done.left_out
        assert left.id == 5
        assert "several turns" in left.reasons[0]


def test_the_source_of_a_row_is_written_where_it_has_one(tmp_path: Path) -> None:
    rows = [
        {"prompt": "q", "completion": "a", "source": "teach"},
        {"prompt": "r", "completion": "b"},
    ]
    export(rows, tmp_path / "set")
    assert [row.get("source") for row in read(tmp_path / "set", "train")] == ["teach", None]


def test_bare_rows_can_be_exported(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"prompt": "q", "completion": "a"},
        {"prompt": "r", "completion": "b", "id": 5},
    ]
    assert export(rows, tmp_path / "set").manifest["train"] == [None, 5]


def test_plain_text_can_only_be_exported_as_text(tmp_path: Path) -> None:
    rows = [{"text": "Once upon a time."}, {"prompt": "q", "completion": "a"}]
    done = export(rows, tmp_path / "one")
    assert done.left_out[0].reasons[0].startswith("plain text has no prompt")
    export(rows, tmp_path / "two", ExportSettings(format="text"))
    assert read(tmp_path / "two", "train")[0] == {"text": "Once upon a time."}


def test_an_export_with_no_example_writes_nothing(tmp_path: Path) -> None:
    for rows in ([], [{"prompt": "", "completion": ""}]):
        with pytest.raises(DatasetError, match="no example can be trained on"):
            export(rows, tmp_path / "set")
    assert not (tmp_path / "set").exists()


def test_an_earlier_export_is_replaced_and_anything_else_is_not(tmp_path: Path) -> None:
    place = tmp_path / "exports" / "set"
    export(items(2), place)
    export(items(3), place)
    assert len(read(place, "train")) == 3
    (place / "thesis.txt").write_text("years of work")
    with pytest.raises(DatasetError, match="not an export"):
        export(items(3), place)
    assert [file.name for file in place.parent.iterdir()] == ["set"]


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DatasetError, match="cannot be written"):
        export(items(2), tmp_path / "file" / "set")
    with pytest.raises(DatasetError, match="no format"):
        export(items(2), tmp_path / "exports" / "set", ExportSettings(format="parquet"))
    assert not (tmp_path / "exports" / "set").exists()


def test_files_have_plain_modes(tmp_path: Path) -> None:
    export(items(2), tmp_path / "set")
    plain = tmp_path / "plain"
    plain.write_text("")
    for file in (tmp_path / "set").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


def test_limits_are_settings(tmp_path: Path) -> None:
    settings = ExportSettings(limits=Limits(max_prompt_length=3))
    with pytest.raises(DatasetError, match="prompt over 3 characters"):
        export(items(2), tmp_path / "set", settings)


def test_a_row_that_chatml_cannot_hold_is_left_out_with_its_reason(tmp_path: Path) -> None:
    rows = [{"prompt": "q<|im_end|>", "completion": "no"}, {"prompt": "r", "completion": "yes"}]
    done = export(rows, tmp_path / "out", ExportSettings(format="text"))
    assert [one.reasons for one in done.left_out] == [("special tokens in the prompt: <|im_end|>",)]


def test_text_rows_are_written_with_the_models_own_template(tmp_path: Path) -> None:
    build_tokenizer(tmp_path / "model")
    tokenizer: Any = load_tokenizer(tmp_path / "model")
    tokenizer.chat_template = "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}"
    settings = ExportSettings(format="text")
    export(items(1), tmp_path / "own", settings, tokenizer=tokenizer)
    assert read(tmp_path / "own", "train")[0]["text"] == "[user]question 1[assistant]answer 1"
    export(items(1), tmp_path / "chatml", settings, counter=tokenizer)
    assert read(tmp_path / "chatml", "train")[0]["text"].startswith("<|im_start|>user\n")


def test_the_hash_does_not_depend_on_the_order_of_settings(tmp_path: Path) -> None:
    one = export(items(2), tmp_path / "one", extra={"model": "x", "season": 1})
    two = export(items(2), tmp_path / "two", extra={"season": 1, "model": "x"})
    assert one.dataset_hash == two.dataset_hash
    assert files(tmp_path / "one") == files(tmp_path / "two")


def test_every_file_is_on_the_disk_before_the_folder_gets_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a power cut there is the whole export or none."""
    synced: list[bool] = []
    monkeypatch.setattr("os.fsync", lambda _: synced.append((tmp_path / "set").exists()))
    export(items(2), tmp_path / "set")
    assert synced == [False] * 3
