"""Imported pairs can be seen and taken back from the command line."""

import json
from pathlib import Path

from tests.bot.cli.conftest import Command


def test_imported_pairs_are_listed_and_withdrawn(nightschool: Command, tmp_path: Path) -> None:
    file = tmp_path / "pairs.jsonl"
    rows = [
        {"prompt": f"Who bakes {what}?", "chosen": "Noor.", "rejected": "Nobody."}
        for what in ("bread", "cake", "pie")
    ]
    file.write_text("\n".join(map(json.dumps, rows)))
    nightschool("examples", "import", str(file))
    listed = nightschool("examples", "pairs", "--json").document["pairs"]
    assert [pair["prompt"] for pair in listed] == [row["prompt"] for row in rows]
    assert "Who bakes cake?" in nightschool("examples", "pairs").out
    first = str(listed[0]["id"])
    assert nightschool("examples", "pairs", "--withdraw", first).out.startswith("1 pair is")
    again = nightschool("examples", "pairs", "--withdraw", first)
    assert again.code != 0
    assert "no imported pair" in again.err
    assert nightschool("examples", "pairs", "--withdraw-all").out.startswith("2 pairs are")
    assert "No file has brought" in nightschool("examples", "pairs").out
