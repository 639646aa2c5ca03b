"""Each export as a file: the importer takes it for what it is, and loses no entry."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.trainer.importing.applications.slack_export.export import files, folder, packed
from tests.trainer.importing.applications.slack_export.test_reader import ANSWERED
from tests.trainer.importing.applications.test_any_document import GOOD
from trainer.importing.applications import JsonReader
from trainer.importing.importer import Rows, read_rows


def counted(rows: Rows) -> tuple[int, int, int]:
    return len(rows.rows), len(rows.pairs), len(rows.rejected)


@pytest.mark.parametrize(("reader", "good"), GOOD, ids=lambda one: getattr(one, "name", ""))
def test_a_list_and_lines_of_an_application_are_recognised(
    tmp_path: Path, reader: JsonReader, good: list[Any]
) -> None:
    found = list(reader.read(good))
    (tmp_path / "list.json").write_text(json.dumps(good, indent=1))
    (tmp_path / "lines.jsonl").write_text("".join(json.dumps(one) + "\n" for one in good))
    for name in ("list.json", "lines.jsonl"):
        rows = read_rows(tmp_path / name)
        assert rows.format == reader.name
        assert sum(counted(rows)) == len(found)
        assert {row.line for row in rows.rows} <= set(range(1, len(good) + 1))


def test_a_slack_export_a_page_and_their_names(tmp_path: Path) -> None:
    export = files({"help": ANSWERED})
    (tmp_path / "faq.md").write_text("## Where?\n\nHere.\n")
    (tmp_path / "faq.html").write_text("<h2>Where?</h2><p>Here.</p>")
    for path, name in (
        (folder(tmp_path / "export", export), "a Slack export"),
        (packed(tmp_path / "export.zip", export), "a Slack export"),
        (tmp_path / "faq.md", "a Markdown page"),
        (tmp_path / "faq.html", "an HTML page"),
    ):
        rows = read_rows(path)
        assert rows.format == name
        assert counted(rows) == (1, 0, 0)
        assert rows.rows[0].proposed is (name == "a Slack export")
