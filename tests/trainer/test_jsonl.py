"""JSON Lines: any reader agrees with them, and an error has a line."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.jsonl import JsonlError, line, parse_jsonl


def test_a_row_is_one_ended_line_that_people_can_read() -> None:
    assert line({"text": "ü\n日本"}) == '{"text": "ü\\n日本"}\n'


@given(st.dictionaries(st.text(), st.text(), max_size=3))
def test_one_line_however_lines_are_cut(row: dict[str, str]) -> None:
    assert [json.loads(text) for text in line(row).splitlines()] == [row]


@given(st.text(st.characters(categories=["Cs", "Cc", "Zl", "Zp", "Cf"])))
def test_even_half_surrogates_and_line_separators_come_back(text: str) -> None:
    """JSON readers take two halves that meet for one character, so they are kept apart."""
    apart = " ".join(text)
    assert parse_jsonl(line({"text": apart}).encode()) == [{"text": apart}]


def test_byte_order_mark_crlf_and_blank_lines_are_passed_over() -> None:
    assert parse_jsonl('\ufeff{"a": 1}\r\n\r\n  \n{"b": 2}') == [{"a": 1}, {"b": 2}]
    assert parse_jsonl(b'\xef\xbb\xbf{"a": 1}\r\n') == [{"a": 1}]


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ('{"a": 1}\n{"a": ', 2, "not JSON"),
        ("[1]", 1, "not a JSON object"),
        ('\n\n{"a": 1, "a": 2}', 3, "a key appears twice"),
        ('{"role": 1, "role": 2}', 1, "the key role appears twice"),
        ('{"a": NaN}', 1, "NaN is not JSON"),
        ('{"a": ' + "[" * 100_000, 1, "nested too deeply"),
        ('{"a": ' + "9" * 5000 + "}", 1, "a number has too many digits"),
        (b'{"a": 1}\n{"a": "\xff"}', 2, "not UTF-8"),
        ('{"a": 1}{"b": 2}', 1, "not JSON"),
    ],
)
def test_a_line_that_is_no_row_is_named(text: str | bytes, line: int, reason: str) -> None:
    with pytest.raises(JsonlError, match=reason) as caught:
        parse_jsonl(text)
    assert caught.value.line == line
    assert str(caught.value).startswith(f"line {line}: ")
    assert len(str(caught.value)) < 200
