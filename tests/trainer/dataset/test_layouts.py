"""The layouts that examples leave in, and what each of them refuses with a reason."""

import csv
import io
from typing import Any

import pytest

from trainer.dataset.layouts import FORMATS, labelled, layout_of, row_line, table_head, table_line
from trainer.errors import DatasetError

SYSTEM = {"role": "system", "content": "Be brief."}
ASKED = {"role": "user", "content": "When is lunch?"}
ANSWERED = {"role": "assistant", "content": "At noon."}
BEFORE = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}]


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("chat", {"messages": [SYSTEM, ASKED, ANSWERED]}),
        (
            "completions",
            {"prompt": "When is lunch?", "completion": "At noon.", "system": "Be brief."},
        ),
        (
            "sharegpt",
            {
                "conversations": [
                    {"from": "system", "value": "Be brief."},
                    {"from": "human", "value": "When is lunch?"},
                    {"from": "gpt", "value": "At noon."},
                ]
            },
        ),
        (
            "alpaca",
            {
                "instruction": "When is lunch?",
                "input": "",
                "output": "At noon.",
                "system": "Be brief.",
            },
        ),
        ("kto", {"prompt": [SYSTEM, ASKED], "completion": [ANSWERED], "label": True}),
        ("csv", {"prompt": "When is lunch?", "completion": "At noon.", "system": "Be brief."}),
    ],
)
def test_a_question_and_its_answer_have_the_keys_of_the_layout(
    name: str, row: dict[str, Any]
) -> None:
    assert layout_of(name).row([SYSTEM, ASKED, ANSWERED]) == row


def test_a_text_is_chatml() -> None:
    text = layout_of("text").row([ASKED, ANSWERED])["text"]
    assert text.startswith("<|im_start|>user\nWhen is lunch?<|im_end|>")


@pytest.mark.parametrize("name", ["chat", "sharegpt", "kto", "text"])
def test_turns_before_the_question_are_kept(name: str) -> None:
    row = str(layout_of(name).row([*BEFORE, ASKED, ANSWERED]))
    assert row.index("Hello.") < row.index("When is lunch?")


def test_turns_before_the_question_are_the_history_of_an_alpaca_row() -> None:
    row = layout_of("alpaca").row([*BEFORE, ASKED, ANSWERED])
    assert (row["history"], row["instruction"]) == ([["Hi", "Hello."]], "When is lunch?")


@pytest.mark.parametrize(
    ("name", "turns", "reason"),
    [
        ("completions", [*BEFORE, ASKED, ANSWERED], "has no place in completions"),
        ("csv", [*BEFORE, ASKED, ANSWERED], "has no place in a table"),
        ("alpaca", [ASKED, ASKED, ANSWERED], "questions and answers in turn"),
        ("dpo", [ASKED, ANSWERED], "no disliked answer"),
    ],
)
def test_what_a_layout_cannot_hold_is_refused_with_a_reason(
    name: str, turns: list[dict[str, str]], reason: str
) -> None:
    with pytest.raises(DatasetError, match=reason):
        layout_of(name).row(turns)


def test_every_format_of_the_command_line_has_a_layout_and_another_is_refused() -> None:
    assert {layout_of(name).pairs for name in FORMATS} == {"beside", "within", "all"}
    with pytest.raises(DatasetError, match=r"no format is called 'parquet', use one of .*csv"):
        layout_of("parquet")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_no_cell_is_a_formula(start: str) -> None:
    """A space in front makes it text in every spreadsheet; an import takes it off."""
    row = {"prompt": f"{start}1+1", "completion": f"{start}cmd", "system": "a = b", "id": 3}
    (cells,) = csv.reader(io.StringIO(table_line(row)))
    assert cells == [f" {start}1+1", f" {start}cmd", "a = b", "", "3"]


def test_a_table_says_that_it_is_utf_8_and_keeps_lines_and_quotes_in_a_cell() -> None:
    row = {"prompt": 'Say "a, b"\r\nand go', "completion": "x\ry", "source": "teach"}
    text = table_head() + row_line(layout_of("csv"), row)
    assert text.encode().startswith(b"\xef\xbb\xbfprompt,")
    (cells,) = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    assert cells == {
        "prompt": 'Say "a, b"\nand go',
        "completion": "x\ny",
        "system": "",
        "source": "teach",
        "id": "",
    }


def test_a_disliked_answer_says_so() -> None:
    row = labelled([ASKED, ANSWERED], liked=False)
    assert row == {"prompt": [ASKED], "completion": [ANSWERED], "label": False}
