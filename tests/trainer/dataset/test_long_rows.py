"""Rows of which training cuts something off are found, and no others."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.reasoning_templates import CUT_AWAY
from trainer.dataset.export import ExportSettings, export
from trainer.dataset.long_rows import cut_by_mlx_lm, cut_rows
from trainer.dataset.reader import read_training_data
from trainer.dataset.validation import Limits
from trainer.errors import DatasetError
from trainer.models.loading import LoadedModel
from trainer.models.tokenization import make_row

SHORT = {"prompt": "When?", "completion": "Now."}


def write(folder: Path, rows: list[dict[str, Any]], name: str = "train") -> None:
    lines = "\n".join(json.dumps(row) + "\n" for row in rows)  # with empty lines between them
    (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")


def length(tiny: LoadedModel, row: dict[str, Any]) -> int:
    roles = zip(("user", "assistant"), (row["prompt"], row["completion"]), strict=True)
    return len(make_row(tiny.tokenizer, [{"role": r, "content": c} for r, c in roles], 10**6))


@pytest.mark.parametrize("template", [None, CUT_AWAY])
def test_exactly_the_rows_that_are_cut_are_found_with_line_tokens_and_number(
    tiny: LoadedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, template: str | None
) -> None:
    if template:
        monkeypatch.setattr(tiny.tokenizer._tokenizer, "chat_template", template)
    long = {"prompt": "When?", "completion": "Not before noon, and never on Fridays."}
    tokens = length(tiny, long)
    write(tmp_path, [SHORT, long | {"id": 9}])
    write(tmp_path, [long | {"prompt": "Why?"}, SHORT], "valid")
    data = read_training_data(tmp_path)
    data = data.__class__((*data.train, *data.held_out), (), "", (None, 9, None), (), data.places)
    first, second = cut_rows(tiny.tokenizer, data, tokens - 2)
    assert (first.file, first.line, first.tokens, first.id) == ("train.jsonl", 3, tokens, 9)
    assert (second.file, second.line, second.tokens) == ("valid.jsonl", 1, tokens - 1)
    assert first.limit == tokens - 2
    assert [row.id for row in cut_rows(tiny.tokenizer, data, tokens - 1)] == [9]
    assert cut_rows(tiny.tokenizer, data, tokens) == ()


def test_a_row_without_room_for_its_answer_is_refused_by_file_and_line(
    tiny: LoadedModel, tmp_path: Path
) -> None:
    write(tmp_path, [SHORT, {"prompt": "When? " * 40, "completion": "Now."}])
    data = read_training_data(tmp_path)
    with pytest.raises(DatasetError, match=r"train\.jsonl, line 3: \d+ tokens stand before"):
        cut_rows(tiny.tokenizer, data, 100)
    write(tmp_path, [{"id": 7, "prompt": "When? " * 40, "completion": "Now."}])
    with pytest.raises(DatasetError, match=r"line 1 \(example 7\): "):
        cut_rows(tiny.tokenizer, read_training_data(tmp_path), 100)


def test_a_row_that_the_system_prompt_makes_too_long_is_left_out_of_an_export(
    tiny: LoadedModel, tmp_path: Path
) -> None:
    """Else it would end every night, as it stands before the row that is trained."""
    long = {"id": 2, "prompt": "When? " * 20, "completion": "Now."}
    settings = ExportSettings(
        system="Be brief. " * 5, limits=Limits(max_seq_length=length(tiny, long) + 8)
    )
    done = export([SHORT | {"id": 1}, long], tmp_path / "set", settings, counter=tiny.tokenizer)
    assert [(one.id, one.position) for one in done.left_out] == [(2, 2)]
    assert "with the system prompt" in done.left_out[0].reasons[0]
    alone = ExportSettings(limits=settings.limits)
    done = export([SHORT | {"id": 1}, long], tmp_path / "set", alone, counter=tiny.tokenizer)
    assert done.left_out == []


def test_rows_that_mlx_lm_cuts_are_found_in_both_files_whatever_their_kind(
    tiny: LoadedModel, tmp_path: Path
) -> None:
    write(tmp_path, [SHORT, {"text": "word " * 50}])
    write(tmp_path, [SHORT, SHORT | {"completion": "Now. " * 50}], "valid")
    first, second = cut_by_mlx_lm(tiny.tokenizer, tmp_path, 200)
    assert (first.file, first.line, first.tokens, first.limit) == ("train.jsonl", 3, 250, 200)
    assert (second.file, second.line) == ("valid.jsonl", 3)
    assert second.tokens > 250
    (tmp_path / "valid.jsonl").unlink()
    assert cut_by_mlx_lm(tiny.tokenizer, tmp_path, 200) == (first,)
