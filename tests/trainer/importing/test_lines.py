"""Lines of others' files, and what becomes of one."""

import io

import pytest

from trainer.importing import lines as module
from trainer.importing.lines import Rejected, texts


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
