"""Data sets that a `dataset_info.json` names, from files beside it and nowhere else."""

import json
from pathlib import Path
from typing import Any

import pytest

from trainer.errors import DatasetError
from trainer.importing.applications.llama_factory import LlamaFactoryReader
from trainer.importing.importer import Rows, read_rows
from trainer.importing.lines import FoundPair

KEY = "Where is the spare key?"
ROW = {"prompt": KEY, "completion": "On the hook."}


def described(folder: Path, files: dict[str, Any], **datasets: Any) -> Path:
    for name, content in files.items():
        text = content if isinstance(content, str) else json.dumps(content)
        (folder / name).write_text(text)
    path = folder / "dataset_info.json"
    path.write_text(json.dumps(datasets))
    return path


def read(folder: Path, files: dict[str, Any], **datasets: Any) -> Rows:
    rows = read_rows(described(folder, files, **datasets))
    assert rows.format == LlamaFactoryReader.name
    return rows


def test_alpaca_is_read_by_its_own_names_and_by_given_ones(tmp_path: Path) -> None:
    usual = [{"instruction": KEY, "input": "", "output": "On the hook."}]
    named = json.dumps({"frage": KEY, "dazu": "The old one.", "antwort": "Gone."}) + "\n"
    columns = {"prompt": "frage", "query": "dazu", "response": "antwort"}
    rows = read(
        tmp_path,
        {"a.json": usual, "b.jsonl": named},
        a={"file_name": "a.json"},
        b={"file_name": "b.jsonl", "columns": columns},
    )
    joined = {"prompt": f"{KEY}\n\nThe old one.", "completion": "Gone."}
    assert [row.row for row in rows.rows] == [ROW, joined]
    assert rows.rejected == ()
    assert rows.notes == ("a: 1 rows", "b: 1 rows")


@pytest.mark.parametrize("formatting", ["sharegpt", "openai"])
def test_messages_are_read_by_their_tags(tmp_path: Path, formatting: str) -> None:
    tags = {"role_tag": "who", "content_tag": "what", "user_tag": "me", "assistant_tag": "it"}
    talk = [{"who": "me", "what": KEY}, {"who": "it", "what": "On the hook."}]
    about = {
        "file_name": "a.json",
        "formatting": formatting,
        "columns": {"messages": "talk", "system": "sys"},
        "tags": tags,
    }
    (row,) = read(tmp_path, {"a.json": [{"talk": talk, "sys": "Be brief."}]}, a=about).rows
    assert [turn["role"] for turn in row.row["messages"]] == ["system", "user", "assistant"]


def test_ranked_answers_are_pairs(tmp_path: Path) -> None:
    alpaca = [{"instruction": KEY, "chosen": "On the hook.", "rejected": "No."}]
    sharegpt = [
        {
            "conversations": [{"from": "human", "value": KEY}],
            "chosen": {"from": "gpt", "value": "On the hook."},
            "rejected": {"from": "gpt", "value": "No."},
        }
    ]
    columns = {"chosen": "chosen", "rejected": "rejected"}
    rows = read(
        tmp_path,
        {"a.json": alpaca, "b.json": sharegpt},
        a={"file_name": "a.json", "ranking": True, "columns": columns | {"prompt": "instruction"}},
        b={
            "file_name": "b.json",
            "ranking": True,
            "formatting": "sharegpt",
            "columns": columns | {"messages": "conversations"},
        },
    )
    pair = (KEY, "On the hook.", "No.")
    assert rows.pairs == (FoundPair(1, *pair), FoundPair(2, *pair))
    assert rows.rows == ()


def test_a_disliked_answer_of_a_kto_set_is_no_lesson(tmp_path: Path) -> None:
    talk = [{"from": "human", "value": KEY}]
    data = [
        {"conversations": [*talk, {"from": "gpt", "value": said}], "liked": liked}
        for said, liked in (("On the hook.", True), ("No.", False))
    ]
    about: dict[str, Any] = {"file_name": "a.json", "formatting": "sharegpt"}
    about["columns"] = {"messages": "conversations", "kto_tag": "liked"}
    rows = read(tmp_path, {"a.json": data}, a=about)
    assert len(rows.rows) == 1
    assert rows.pairs == (FoundPair(2, KEY, "On the hook.", "No."),)


BESIDE: list[dict[str, Any]] = [
    *({"rating": 1}, {"is_approved": False}, {"label": False}, {"thumbs_down": True}),
    *({"status": "rejected"}, {"metadata": {"is_approved": False}}, {"Feedback": "bad"}),
    *({"approved": ""}, {"score": 0.1}, {"weight": 0}),
]


@pytest.mark.parametrize("formatting", ["alpaca", "sharegpt"])
@pytest.mark.parametrize("beside", BESIDE)
def test_a_judged_row_means_what_it_means_in_the_file_alone(
    tmp_path: Path, formatting: str, beside: dict[str, Any]
) -> None:
    row: dict[str, Any] = {"instruction": KEY, "output": "On the hook."}
    if formatting == "sharegpt":
        answer = {"from": "gpt", "value": "On the hook."}
        row = {"conversations": [{"from": "human", "value": KEY}, answer]}
    about = {"file_name": "a.json", "formatting": formatting}
    rows = read(tmp_path, {"a.json": [row | beside, row]}, a=about)
    alone = read_rows(tmp_path / "a.json")
    assert not any(one.line == 1 and not one.proposed for one in rows.rows)
    assert [(one.line, one.proposed) for one in rows.rows] == [
        (one.line, one.proposed) for one in alone.rows
    ]
    assert len(rows.rejected) == len(alone.rejected)


def test_a_judgement_at_the_message_that_answers_is_kept(tmp_path: Path) -> None:
    answer = {"from": "gpt", "value": "On the hook.", "rating": "bad"}
    talk = [{"from": "human", "value": KEY}, answer]
    about = {"file_name": "a.json", "formatting": "sharegpt"}
    rows = read(tmp_path, {"a.json": [{"conversations": talk}]}, a=about)
    assert rows.rows == ()
    assert "its rating is bad" in rows.rejected[0].errors[0]


def test_tools_and_pictures_are_refused_by_their_row(tmp_path: Path) -> None:
    talk = [{"from": "human", "value": KEY}, {"from": "function_call", "value": "{}"}]
    files = {"a.json": [{"conversations": talk}], "b.json": [{"images": ["x.png"]}]}
    rows = read(
        tmp_path,
        files,
        a={"file_name": "a.json", "formatting": "sharegpt"},
        b={"file_name": "b.json", "columns": {"images": "images"}},
    )
    tools, pictures = rows.rejected
    assert tools.errors[0].startswith("a, row 1: tool calls")
    assert pictures.errors == ("b, row 1: it has images: only text can be learned",)


@pytest.mark.parametrize(
    ("about", "reason"),
    [
        ({}, "it has no file_name"),
        ({"file_name": "../outside.json"}, "leads out of the folder"),
        ({"file_name": "/etc/hosts"}, "leads out of the folder"),
        ({"file_name": "link.json"}, "leads out of the folder"),
        ({"file_name": "a\0b.json"}, "is no name of a file"),
        ({"file_name": "x" * 5000}, "is no name of a file"),
        ({"file_name": "missing.json"}, "is not there"),
        ({"file_name": "a.parquet"}, "save it as JSON"),
        ({"file_name": "a.json", "formatting": "poem"}, "alpaca and sharegpt are expected"),
        ({"file_name": "a.csv", "ranking": True}, "save it as JSON Lines"),
    ],
)
def test_what_cannot_be_read_of_a_set_is_one_line_and_the_others_are_kept(
    tmp_path: Path, about: Any, reason: str
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (tmp_path / "outside.json").write_text("[]")
    (folder / "link.json").symlink_to(tmp_path / "outside.json")
    files = {"a.json": [{"instruction": KEY, "output": "On the hook."}], "a.csv": "a,b\n"}
    files["a.parquet"] = "PAR1"
    rows = read(folder, files, bad=about, good={"file_name": "a.json"})
    assert [row.row for row in rows.rows] == [ROW]
    ((error,),) = [bad.errors for bad in rows.rejected]
    assert error.startswith("bad: ")
    assert reason in error


def test_data_sets_on_hubs_are_left_out_and_said(tmp_path: Path) -> None:
    hubs = {f"far{n}": {"hf_hub_url": f"someone/far{n}"} for n in range(5)}
    data = [{"instruction": KEY, "output": "On the hook."}]
    rows = read(tmp_path, {"a.json": data}, a={"file_name": "a.json"}, **hubs)
    assert rows.rejected == ()
    assert rows.notes[-1] == (
        "only files beside dataset_info.json are read: 5 data sets lie elsewhere "
        "(far0, far1, far2, ...)"
    )


def test_a_folder_is_read_by_its_description_and_samples_are_counted(tmp_path: Path) -> None:
    data = [{"instruction": f"{KEY} {n}", "output": "On the hook."} for n in range(5)]
    described(tmp_path, {"a.json": data}, a={"file_name": "a.json", "num_samples": 2})
    assert len(read_rows(tmp_path).rows) == 2


def test_a_table_is_read_by_its_columns(tmp_path: Path) -> None:
    about = {"file_name": "a.csv", "columns": {"prompt": "Ticket", "response": "Fix"}}
    rows = read(tmp_path, {"a.csv": f"Ticket,Fix\n{KEY},On the hook.\n"}, a=about)
    assert [row.row for row in rows.rows] == [ROW]


def test_the_description_of_another_library_is_not_taken_for_one(tmp_path: Path) -> None:
    path = tmp_path / "dataset_info.json"
    path.write_text('{"features": {}, "splits": {}}')
    assert not LlamaFactoryReader().recognises(path, path.read_bytes())


def test_a_broken_description_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "dataset_info.json"
    path.write_text('{"a": {"file_name": "a.json"}')
    with pytest.raises(DatasetError, match="no JSON that can be read"):
        read_rows(path)
