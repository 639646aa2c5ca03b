"""Files of others: what is good is kept, what is not is named by its line."""

import io
import json
import os
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.dataset.validation import validate_dataset
from trainer.errors import DatasetError
from trainer.formats import format_example, to_jsonl
from trainer.importing import importer
from trainer.importing.importer import Rows, read_rows, read_thread
from trainer.importing.lines import FoundRow

GOOD = {"prompt": "q", "completion": "a"}
LINE = b'{"prompt": "q", "completion": "a"}\n'


def read(tmp_path: Path, content: bytes | str, name: str = "lessons.jsonl") -> Rows:
    file = tmp_path / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_rows(file)


def told(rows: Rows) -> list[tuple[int, str]]:
    return [(bad.line, "; ".join(bad.errors)) for bad in rows.rejected]


def test_all_three_kinds_of_row_are_read(tmp_path: Path) -> None:
    rows = [format_example("q", "a", kind) for kind in ("messages", "completions", "text")]
    found = read(tmp_path, to_jsonl(rows))
    assert [one.row for one in found.rows] == rows
    assert [one.line for one in found.rows] == [1, 2, 3]
    assert found.rejected == ()


def test_openai_rows_are_read(tmp_path: Path) -> None:
    asked = [{"role": "developer", "content": "s"}, {"role": "user", "content": "q"}]
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    answer = {"role": "assistant", "content": parts, "weight": 1}
    found = read(
        tmp_path,
        to_jsonl(
            [
                {"messages": [*asked, answer], "parallel_tool_calls": False},
                {
                    "input": {"messages": asked},
                    "preferred_output": [answer],
                    "non_preferred_output": [{"role": "assistant", "content": "no"}],
                },
            ]
        ),
    )
    turns = [
        {"role": "system", "content": "s"},
        {"role": "user", "content": "q"},
        {"role": "assistant", "content": "ab"},
    ]
    assert [one.row for one in found.rows] == [{"messages": turns}, {"messages": turns}]


def test_a_bad_line_is_named_and_the_rest_is_kept(tmp_path: Path) -> None:
    found = read(tmp_path, LINE + b"\nnonsense\n[1]\n" + LINE)
    assert [one.line for one in found.rows] == [1, 5]
    assert told(found) == [
        (3, "not JSON (Expecting value at column 1)"),
        (4, "not a JSON object in braces"),
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"prompt": "q"}', "no completion"),
        (b'{"completion": "a"}', "no prompt"),
        (b'{"prompt": "q", "completion": 3}', "not int"),
        (b'{"prompt": "q", "prompt": "r", "completion": "a"}', "the key prompt appears twice"),
        (b'{"prompt": {"a": {"b": 1}}, "completion": "a"}', "not dict"),
        (b'{"x": 1}', "neither prompt and completion"),
        (b'{"text": "Once upon a time."}', "no question and answer"),
        (b'{"messages": [{"role": "user", "content": "q"}]}', "ends with an answer"),
        (b'{"messages": [{"role": "user"}]}', "not nothing"),
        (b'{"messages": ["hello"]}', "role and content"),
        (b'{"messages": [{"role": "wizard", "content": "q"}]}', "role"),
        (b'{"messages": [{"role": "tool", "content": "q"}]}', "tool calls"),
        (
            b'{"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}',
            "only text can be learned",
        ),
        (
            b'{"messages": [{"role": "assistant", "content": "a", "weight": 0}]}',
            "weight 0",
        ),
        (b'{"prompt": "q\xff", "completion": "a"}', "not UTF-8"),
        (b'{"prompt": "q\x00", "completion": "a"}', "NUL bytes"),
        (b'{"prompt": "q", "completion": "a"', "not JSON"),
        (b'{"prompt": ' + b"[" * 200_000, "nested too deeply"),
        (b'{"prompt": "' + b"x" * 2_000_000 + b'"}', "longer than 1000000 bytes"),
    ],
)
def test_each_bad_line_has_one_clear_reason(tmp_path: Path, line: bytes, reason: str) -> None:
    found = read(tmp_path, LINE + line + b"\n" + LINE)
    assert [one.line for one in found.rows] == [1, 3]
    ((number, text),) = told(found)
    assert number == 2
    assert reason in text
    assert len(text) < 160
    assert "\n" not in text


def test_byte_order_mark_and_crlf_are_no_errors(tmp_path: Path) -> None:
    found = read(tmp_path, b"\xef\xbb\xbf" + LINE.replace(b"\n", b"\r\n") * 2)
    assert [one.row for one in found.rows] == [GOOD, GOOD]
    table = b'\xef\xbb\xbfprompt,completion\r\nq,"a\r\nb"\r\n'
    found = read(tmp_path, table, "lessons.csv")
    assert [one.row for one in found.rows] == [{"prompt": "q", "completion": "a\nb"}]


def zip_bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("lessons.jsonl", bytes(20_000_000))
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (zip_bomb(), "zip archive"),
        (b"\x1f\x8b" + bytes(20), "gzip"),
        (("\ufeff" + LINE.decode()).encode("utf-16-le"), "UTF-16"),
        (LINE.decode().encode("utf-16-be"), "UTF-16"),
        (LINE.decode().encode("utf-32"), "UTF-32"),
        (b"\x7fELF" + bytes(200), "no text file"),
        (json.dumps([GOOD], indent=1).encode(), "one JSON document over several lines"),
        (json.dumps(GOOD, indent=1).encode(), "one JSON document over several lines"),
        (b"SQLite format 3\0" + bytes(100), "a database"),
        (b"x\n" * 5000, "is this the right file"),
    ],
)
def test_a_file_of_another_sort_is_refused_in_one_line(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    with pytest.raises(DatasetError, match=reason) as caught:
        read(tmp_path, content)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.jsonl", tmp_path):
        with pytest.raises(DatasetError, match="cannot be read"):
            read_rows(path)


def test_an_empty_file_has_no_rows(tmp_path: Path) -> None:
    assert read(tmp_path, b"") == Rows((), ())


def test_a_huge_file_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importer, "MAX_FILE", 10)
    with pytest.raises(DatasetError, match="split it"):
        read(tmp_path, LINE)


def test_a_line_of_fifty_megabytes_costs_no_more_memory_than_a_short_one(tmp_path: Path) -> None:
    file = tmp_path / "lessons.jsonl"
    with file.open("wb") as stream:
        stream.write(LINE + b'{"prompt": "')
        for _ in range(50):
            stream.write(b"x" * 1_000_000)
        stream.write(b'"}\n' + LINE)
    tracemalloc.start()
    try:
        found = read_rows(file)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [one.line for one in found.rows] == [1, 3]
    assert told(found) == [(2, "longer than 1000000 bytes")]
    assert peak < 5_000_000


def test_a_pasted_thread_is_one_row() -> None:
    found = read_thread("Ann  [10:15 AM]\nWhere is the key?\nBen  [10:16 AM]\nOn the hook.")
    row = {"prompt": "Where is the key?", "completion": "On the hook."}
    assert found == Rows((FoundRow(1, row),), ())
    (bad,) = read_thread("no thread").rejected
    assert bad.line == 1
    assert bad.errors[0].startswith("no names")


@given(st.binary(max_size=400), st.sampled_from(["x.jsonl", "x.csv", "x.tsv"]))
def test_any_bytes_give_rows_or_one_line(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str
) -> None:
    file = tmp_path_factory.getbasetemp() / name
    file.write_bytes(content)
    check(file)


pieces = st.sampled_from(
    [
        *(
            '"',
            ",",
            "\n",
            "\r\n",
            "prompt",
            "completion",
            "{",
            "}",
            "[",
            "]",
            ":",
            "\x00",
            "\ufeff",
        ),
        *('{"prompt": "q", "completion": "a"}', '{"messages": ', '{"role": "user", "content": '),
        *("\x00", "\ufeff", "null", "1e999", "NaN", "\\u0000", "\\ud800", "\u2028", "q,a\n"),
        "prompt,completion\n",
    ]
)


@given(st.lists(pieces, max_size=30).map("".join), st.sampled_from(["y.jsonl", "y.csv"]))
def test_any_mixture_of_almost_right_pieces_gives_rows_or_one_line(
    tmp_path_factory: pytest.TempPathFactory, content: str, name: str
) -> None:
    file = tmp_path_factory.getbasetemp() / name
    file.write_text(content, encoding="utf-8", newline="")
    check(file)


def check(file: Path) -> None:
    try:
        found = read_rows(file)
    except DatasetError as error:
        assert "\n" not in str(error)  # noqa: PT017  either way is right
        return
    for bad in found.rejected:
        assert bad.line >= 1
        assert bad.errors
        assert all(reason and "\n" not in reason for reason in bad.errors)
    lines = [one.line for one in found.rows]
    assert lines == sorted(set(lines))
    validate_dataset(one.row for one in found.rows)


@pytest.mark.parametrize("kind", ["a pipe", "a device", "a folder"])
def test_what_is_no_file_is_refused_before_it_is_opened(tmp_path: Path, kind: str) -> None:
    """A pipe without a writer would be waited for without an end."""
    place = tmp_path / "lessons.jsonl"
    if kind == "a pipe":
        os.mkfifo(place)
    elif kind == "a folder":
        place.mkdir()
    else:
        place = Path("/dev/zero")
    with pytest.raises(DatasetError, match="a pipe, a device or a folder"):
        read_rows(place)
