"""What leaves in any layout comes back through the importer as it was, or is named as left out."""

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.dataset import ExportItem, ExportSettings, export
from trainer.dataset.export import ExportPairs
from trainer.dataset.export_lines import ExportPair, with_system
from trainer.dataset.layouts import FORMATS
from trainer.formats import to_messages
from trainer.importing.importer import Rows, read_rows
from trainer.reasoning import without_reasoning
from trainer.similarity import normalise

Turns = tuple[tuple[str, str], ...]
FEW = 30
"""Sets of lessons that are tried for each layout: every one is written to the disk and read."""

LETTERS = st.characters(
    exclude_categories=("Cc", "Cs"), include_characters="\n\t", exclude_characters="`~"
)


def sayable(text: str) -> bool:
    """Whether a lesson may say it: no marker of a template, and no reasoning of a model."""
    return bool(text) and "<|" not in text and without_reasoning(text) == text


TEXTS = (
    st.one_of(
        st.text(LETTERS, max_size=30),
        st.builds("{}{}".format, st.sampled_from(["=", "+", "-", "@", "'", '"']), st.text(LETTERS)),
        st.sampled_from(
            ["1;2", "a,b\tc", '"quoted"', "sep=;", "0", "null", "Thanks!", "- one\n- two"]
        ),
    )
    .map(str.strip)
    .filter(sayable)
)
SYSTEMS = st.none() | TEXTS
TALKS = st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=3)
SOURCES = st.sampled_from([None, "teach", "import"])


@st.composite
def lessons(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Rows with different questions: several turns, a system message, and a source or none."""
    rows = []
    talks = draw(
        st.lists(TALKS, min_size=1, max_size=4, unique_by=lambda talk: normalise(talk[-1][0]))
    )
    for number, talk in enumerate(talks, start=1):
        messages = [
            {"role": role, "content": text}
            for turn in talk
            for role, text in zip(("user", "assistant"), turn, strict=True)
        ]
        if system := draw(SYSTEMS):
            messages.insert(0, {"role": "system", "content": system})
        row: dict[str, Any] = {"messages": messages, "id": number}
        if source := draw(SOURCES):
            row["source"] = source
        rows.append(row)
    return rows


def turns(row: dict[str, Any]) -> Turns:
    return tuple((turn["role"], turn["content"].strip()) for turn in to_messages(row))


def read_back(folder: Path) -> list[Rows]:
    """What the importer makes of the files of an export that hold its rows."""
    files = sorted(file for file in folder.iterdir() if file.stem in ("train", "valid"))
    return [read_rows(file) for file in files]


@pytest.mark.parametrize("layout", [name for name in FORMATS if name != "dpo"])
@settings(max_examples=FEW)
@given(rows=lessons())
def test_lessons_come_back_with_their_turns_system_message_and_source(
    layout: str, rows: list[dict[str, Any]]
) -> None:
    # One that every layout can hold, so that there is something to export.
    rows = [*rows, {"prompt": "What is the last question?", "completion": "This.", "id": 0}]
    items = [ExportItem(row["id"], row) for row in rows]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "set"
        done = export(items, folder, ExportSettings(format=layout))
        for read in read_back(folder):
            assert read.rejected == ()
            assert read.pairs == ()
        found = [row.row for read in read_back(folder) for row in read.rows]
    back = {(turns(row), row.get("source")) for row in found}
    kept = {item.id for item in (*done.train, *done.held_out)}
    assert back == {(turns(row), row.get("source")) for row in rows if row["id"] in kept}
    left = {one.id for one in done.left_out}
    assert left | kept == {row["id"] for row in rows}
    talks = {row["id"] for row in rows if len(to_messages(row)) > 3}
    assert left <= talks if layout in ("completions", "csv") else not left


@settings(max_examples=FEW)
@given(rows=lessons(), rejected=TEXTS)
def test_disliked_answers_come_back_as_pairs_and_never_as_lessons(
    rows: list[dict[str, Any]], rejected: str
) -> None:
    item = ExportItem(1, rows[0] | {"messages": rows[0]["messages"][-2:]})
    question, answer = (turn["content"] for turn in to_messages(item.row))
    if normalise(answer) == normalise(rejected):
        return
    pairs = ExportPairs([ExportPair(7, question, answer, rejected)])
    for layout in ("kto", "dpo"):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "set"
            export([item], folder, ExportSettings(format=layout), preferences=pairs)
            for read in read_back(folder):
                assert read.rejected == ()
                (pair,) = read.pairs
                assert (pair.prompt, pair.chosen, pair.rejected) == (question, answer, rejected)
                lessons = [] if layout == "dpo" else [turns(item.row)]
                assert [turns(row.row) for row in read.rows] == lessons


def test_the_bots_system_message_stands_before_what_has_none() -> None:
    row = {"prompt": "q", "completion": "a"}
    assert [turn["content"] for turn in with_system(row, "Be brief.")] == ["Be brief.", "q", "a"]
    own = row | {"system": "Be kind."}
    assert [turn["content"] for turn in with_system(own, "Be brief.")] == ["Be kind.", "q", "a"]
