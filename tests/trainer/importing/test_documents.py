"""JSON of applications: who reads a document, and where the importer's own shapes begin."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from trainer.errors import DatasetError
from trainer.importing import documents
from trainer.importing.importer import Rows, read_rows
from trainer.importing.lines import Found, FoundRow
from trainer.importing.options import ReadOptions


class NotesReader:
    """Reads `{"note": ..., "reply": ...}`, alone or in a list."""

    name = "a notes export"

    def recognises(self, document: Any) -> bool:
        first = document[0] if isinstance(document, list) else document
        return isinstance(first, dict) and "note" in first

    def read(self, document: Any) -> Iterator[Found]:
        entries = document if isinstance(document, list) else [document]
        for number, entry in enumerate(entries, 1):
            yield FoundRow(number, {"prompt": entry["note"], "completion": entry["reply"]})


@pytest.fixture(autouse=True)
def _one_application(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "JSON_READERS", (NotesReader(),))


def read(tmp_path: Path, text: str, options: ReadOptions | None = None) -> Rows:
    file = tmp_path / "export.json"
    file.write_text(text)
    return read_rows(file, options)


NOTE = {"note": "q", "reply": "a"}


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("document", [NOTE, [NOTE]])
def test_a_document_of_an_application_is_read_as_a_whole(
    tmp_path: Path, document: Any, indent: int | None
) -> None:
    found = read(tmp_path, json.dumps(document, indent=indent))
    assert [one.row for one in found.rows] == [{"prompt": "q", "completion": "a"}]
    assert found.format == "a notes export"


def test_lines_of_an_application_are_told_by_their_lines(tmp_path: Path) -> None:
    line = json.dumps(NOTE)
    found = read(tmp_path, f"{line}\n\nnonsense\n{line}\n")
    assert [one.line for one in found.rows] == [1, 4]
    assert [bad.line for bad in found.rejected] == [3]


def test_whoever_names_columns_has_rows(tmp_path: Path) -> None:
    options = ReadOptions(columns={"question": "reply", "answer": "note"})
    found = read(tmp_path, json.dumps([NOTE]), options)
    assert [one.row for one in found.rows] == [{"prompt": "a", "completion": "q"}]


def test_an_entry_longer_than_any_row_is_still_an_applications(tmp_path: Path) -> None:
    found = read(tmp_path, json.dumps([NOTE | {"picture": "x" * 4_000_000}]))
    assert len(found.rows) == 1


@pytest.mark.parametrize("text", ["[{0}]", "{0}", "{0}\n{0}\n"])
def test_a_document_that_would_fill_the_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr("trainer.importing.parsing.MAX_DOCUMENT", 10)
    monkeypatch.setattr(documents, "MAX_DOCUMENT", 10)
    with pytest.raises(DatasetError, match="of over 0 MB: split it"):
        read(tmp_path, text.replace("{0}", json.dumps(NOTE)))


def test_many_small_pieces_are_counted_before_they_are_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trainer.importing.parsing.MAX_PIECES", 100)
    with pytest.raises(DatasetError, match="one JSON document of over"):
        read(tmp_path, '{\n"note": "q", "reply": [' + "[]," * 100 + "[]]}")


def test_every_known_list_of_a_document_is_read_and_others_are_said(tmp_path: Path) -> None:
    rows = [{"question": f"q{number}", "answer": "a"} for number in range(5)]
    document = {
        "train": rows[:2],
        "Validation": rows[2:3],
        "test": rows[3:],
        "people": [{"name": "Ann"}],
        "version": 1,
    }
    found = read(tmp_path, json.dumps(document))
    assert [one.row["prompt"] for one in found.rows] == ["q0", "q1", "q2", "q3", "q4"]
    assert found.format == "a JSON document with the lists train, validation, test"
    assert found.notes == ("left out: the lists people (1)",)
