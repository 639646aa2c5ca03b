"""Lines of others' files, and what becomes of one."""

import io
from typing import Any

import pytest

from trainer.errors import DatasetError
from trainer.importing import lines as module
from trainer.importing.lines import FoundRow, Rejected, native, row_at, texts


def read(content: bytes) -> list[tuple[int, str]]:
    """Each line's number with its text, or with what is wrong in brackets."""
    return [
        (number, f"[{text.errors[0]}]" if isinstance(text, Rejected) else text)
        for number, text in texts(io.BytesIO(content))
    ]


def test_lines_are_numbered_from_one_without_their_ends() -> None:
    assert read(b"a\r\n\nb \n\xc3\xa9") == [(1, "a"), (2, ""), (3, "b "), (4, "é")]
    assert read(b"") == []


def test_a_byte_order_mark_is_taken_off_the_first_line_only() -> None:
    mark = b"\xef\xbb\xbf"
    assert read(mark + b"a\n" + mark + b"b\n") == [(1, "a"), (2, "\ufeffb")]


def test_a_line_that_is_no_text_is_rejected_and_the_next_one_read() -> None:
    assert read(b"a\0\n\xff\nb\n") == [
        (1, "[it has NUL bytes: not a text file?]"),
        (2, "[not UTF-8 text]"),
        (3, "b"),
    ]


def test_the_longest_line_is_read_and_a_longer_one_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MAX_LINE", 4)
    too_long = "[longer than 4 bytes]"
    assert read(b"1234\n12345\n1234567890\nab\n1234") == [
        (1, "1234"),
        (2, too_long),
        (3, too_long),
        (4, "ab"),
        (5, "1234"),
    ]
    assert read(b"123456789") == [(1, too_long)]


def said(*turns: tuple[str, str]) -> list[dict[str, str]]:
    return [{"role": role, "content": content} for role, content in turns]


QUESTION, ANSWER = {"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}


@pytest.mark.parametrize(
    ("row", "ours"),
    [
        (
            {"prompt": "q", "completion": "a", "notes": "x"},
            {"prompt": "q", "completion": "a"},
        ),
        (
            {"prompt": "q", "completion": "a", "system": "s"},
            {"prompt": "q", "completion": "a", "system": "s"},
        ),
        (
            {"prompt": "q", "completion": "a", "system": ""},
            {"prompt": "q", "completion": "a"},
        ),
        (
            {"prompt": "q", "completion": "a", "id": 3, "source": "x", "finish_reason": "length"},
            {"prompt": "q", "completion": "a", "id": 3, "source": "x", "finish_reason": "length"},
        ),
        ({"question": "q", "answer": "a"}, {"prompt": "q", "completion": "a"}),
        ({"text": "t", "meta": 1}, {"text": "t"}),
        (
            {"messages": said(("human", "q"), ("bot", "a"))},
            {"messages": [QUESTION, ANSWER]},
        ),
        (
            {"messages": said(("developer", "s"), ("user", "q"), ("model", "a"))},
            {"messages": said(("system", "s"), ("user", "q"), ("assistant", "a"))},
        ),
        (
            {"input": {"messages": [QUESTION]}, "preferred_output": [ANSWER]},
            {"messages": [QUESTION, ANSWER]},
        ),
        (
            {"messages": [QUESTION, {"role": "assistant", "content": "a", "weight": 1}]},
            {"messages": [QUESTION, ANSWER]},
        ),
    ],
)
def test_rows_of_others_become_ours(row: dict[str, Any], ours: dict[str, Any]) -> None:
    assert native(row) == ours


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({"role": "assistant", "content": "a", "weight": 0}, "weight 0"),
        ({"role": "tool", "content": "a"}, "tool calls"),
        ({"role": "function", "content": "a"}, "tool calls"),
        ({"role": "assistant", "content": "a", "tool_calls": [{}]}, "tool calls"),
        ({"role": "assistant", "content": "a", "function_call": {"name": "f"}}, "tool calls"),
        ({"role": "assistant", "content": [{"type": "image_url"}]}, "only text"),
        ({"role": "assistant", "content": ["a"]}, "only text"),
        ("hello", "role and content"),
    ],
)
def test_a_message_that_is_not_to_be_learned_is_refused(message: Any, reason: str) -> None:
    with pytest.raises(DatasetError, match=reason):
        native({"messages": [QUESTION, message]})


def test_a_question_of_weight_0_does_not_matter() -> None:
    row = {"messages": [QUESTION | {"weight": 0}, ANSWER]}
    assert native(row) == {"messages": [QUESTION, ANSWER]}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"prompt": "q"}, "it has a prompt but no completion"),
        ({"completion": "a"}, "it has a completion but no prompt"),
        ({"x": 1}, "neither prompt and completion, nor messages, nor text"),
        ({"text": "Once upon a time."}, "its text has no question and answer in ChatML"),
        ({"messages": [QUESTION]}, "a user's question and ends with an answer"),
        ({"messages": [ANSWER]}, "a user's question and ends with an answer"),
        ({"messages": []}, "a user's question and ends with an answer"),
    ],
)
def test_a_row_that_cannot_be_learned_from_is_rejected_with_its_line(
    row: dict[str, Any], reason: str
) -> None:
    rejected = row_at(7, row)
    assert isinstance(rejected, Rejected)
    assert rejected.line == 7
    assert reason in rejected.errors[0]


def test_a_row_that_can_be_learned_from_keeps_its_line() -> None:
    assert row_at(7, {"messages": [QUESTION, ANSWER], "n": 1}) == FoundRow(
        7, {"messages": [QUESTION, ANSWER]}
    )
