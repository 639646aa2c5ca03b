"""Files of others: what is good is kept, what is not is named by its line."""

import io
import json
import os
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.dataset.validation import validate_dataset
from trainer.errors import DatasetError
from trainer.formats import format_example, to_jsonl
from trainer.importing import importer
from trainer.importing.importer import Rows, read_rows, read_thread
from trainer.importing.lines import FoundPair, FoundRow
from trainer.importing.options import ReadOptions

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
            ]
        ),
    )
    turns = [
        {"role": "system", "content": "s"},
        {"role": "user", "content": "q"},
        {"role": "assistant", "content": "ab"},
    ]
    assert [one.row for one in found.rows] == [{"messages": turns}]


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
        (b'{"prompt": "q", "completion": [3]}', "not list"),
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
            b'{"prompt": "q", "completion": "b", "weight": 0, "system": "s"}',
            "weight is 0",
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
        (zip_bomb(), "a zip archive that is no export we know"),
        (b"\x1f\x8b" + bytes(20), "gzip"),
        (LINE.decode().encode("utf-32"), "UTF-32"),
        (b"\x7fELF" + bytes(200), "no text file"),
        (json.dumps([GOOD, GOOD], indent=1)[:-9].encode(), "broken JSON in line 8"),
        (json.dumps(GOOD, indent=1)[:-9].encode(), "broken JSON in line 3"),
        (b"\xd0\xcf\x11\xe0" + bytes(100), "an old Excel or Word file"),
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
    assert found == Rows((FoundRow(1, row),), (), format="a thread out of Slack")
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
    """Every place of a file is a row, a pair or a rejection, once, or the whole is refused."""
    try:
        found = read_rows(file)
    except DatasetError as error:
        assert "\n" not in str(error)  # noqa: PT017  either way is right
        return
    for bad in found.rejected:
        assert bad.line >= 1
        assert bad.errors
        assert all(reason and "\n" not in reason for reason in bad.errors)
    lines = [one.line for one in found.rows] + [one.line for one in found.pairs]
    assert len(lines) == len(set(lines))
    assert not set(lines) & {bad.line for bad in found.rejected}
    assert [one.line for one in found.rows] == sorted(one.line for one in found.rows)
    validate_dataset(one.row for one in found.rows)


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 12),
    st.floats(allow_nan=False),
    st.sampled_from(["q", "a", "", "false", "-1", "4/5", "<think>x</think>", "[{", "user", "gpt"]),
    st.text(max_size=5),
)
NAMES = st.sampled_from(
    [
        *("prompt", "completion", "messages", "text", "instruction", "input", "output", "history"),
        *("conversations", "role", "content", "from", "value", "chosen", "rejected", "system"),
        *("rating", "score", "label", "weight", "feedback", "tools", "question", "answer", "data"),
        *("preferred_output", "non_preferred_output", "Antwort", "stars", "status"),
    ]
)
TREES = st.recursive(
    VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


@given(
    st.lists(st.dictionaries(NAMES, TREES, max_size=5) | TREES, max_size=5),
    st.sampled_from(["lines", "a list", "a list on many lines", "a document"]),
)
def test_any_rows_of_known_keys_are_accounted_for(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Any], kind: str
) -> None:
    file = tmp_path_factory.getbasetemp() / "z.json"
    if kind == "lines":
        text = "".join(f"{json.dumps(row)}\n" for row in rows)
    elif kind == "a document":
        text = json.dumps({"data": rows})
    else:
        text = json.dumps(rows, indent=1 if "many" in kind else None)
    file.write_text(text, encoding="utf-8")
    check(file)
    try:
        found = read_rows(file)
    except DatasetError:
        return
    told = len(found.rows) + len(found.pairs) + len(found.rejected)
    if kind.startswith("a list") or (kind == "lines" and len(rows) > 1):
        assert told == len(rows)


@given(st.binary(max_size=300), st.sampled_from(["utf-16", "cp1252", "mac_roman"]))
def test_any_bytes_beside_rows_of_another_encoding_give_rows_or_one_line(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, codec: str
) -> None:
    file = tmp_path_factory.getbasetemp() / "e.jsonl"
    row = '{"prompt": "Où est la clé ?", "completion": "À l\u2019entrée."}\n'
    file.write_bytes(row.encode(codec) * 3 + content)
    check(file)


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


def test_a_list_of_rows_may_stand_on_one_line_or_many(tmp_path: Path) -> None:
    rows = [{"instruction": "q", "input": "", "output": "a"}, {"question": "r", "answer": "b"}]
    for indent in (None, 2):
        found = read(tmp_path, json.dumps([*rows, {"x": 1}, 3], indent=indent), "lessons.json")
        assert [one.row["completion"] for one in found.rows] == ["a", "b"]
        assert [one.line for one in found.rows] == [1, 2]
        assert [line for line, _ in told(found)] == [3, 4]
        assert found.format == "a JSON list"
        assert found.notes == ("what is rejected is counted by entries, not by lines",)


@pytest.mark.parametrize("key", ["data", "Examples", "conversations", "messages", "anything"])
@pytest.mark.parametrize("indent", [None, 1])
def test_a_document_may_hold_the_list_under_a_key(
    tmp_path: Path, key: str, indent: int | None
) -> None:
    document = {"version": 1, "tags": ["x"], key: [GOOD, {"prompt": "r", "completion": "b"}]}
    found = read(tmp_path, json.dumps(document, indent=indent), "lessons.json")
    assert [one.row["completion"] for one in found.rows] == ["a", "b"]


def test_an_entry_that_says_a_key_twice_is_rejected_alone(tmp_path: Path) -> None:
    twice = '{"prompt": "q", "completion": "a", "completion": "b"}'
    found = read(tmp_path, f"[{LINE.decode()}, {twice}, {LINE.decode()}]", "lessons.json")
    assert [one.line for one in found.rows] == [1, 3]
    assert told(found) == [(2, "a key appears twice")]


def test_a_document_may_be_one_row_or_name_its_rows(tmp_path: Path) -> None:
    for indent in (None, 1):
        found = read(tmp_path, json.dumps(GOOD, indent=indent), "lesson.json")
        assert [one.row for one in found.rows] == [GOOD]
        named = json.dumps({"key": GOOD, "door": GOOD}, indent=indent)
        assert len(read(tmp_path, named, "lessons.json").rows) == 2


def test_of_several_lists_in_a_document_none_is_chosen(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="it holds 2 lists and none is called data"):
        read(tmp_path, json.dumps({"one": [GOOD], "two": [GOOD]}, indent=1), "lessons.json")


def test_disliked_answers_become_pairs_with_the_liked_ones_of_their_file(tmp_path: Path) -> None:
    """150 disliked answers of a public file once became lessons."""
    rows = [
        {"prompt": "q", "completion": "no", "label": False},
        {"prompt": "Q ", "completion": "yes", "label": True},
        {"prompt": "q", "completion": "never", "label": False},
        {"prompt": "r", "completion": "bad", "label": False},
    ]
    found = read(tmp_path, to_jsonl(rows))
    assert [one.row["completion"] for one in found.rows] == ["yes"]
    assert found.pairs == (FoundPair(1, "q", "yes", "no"), FoundPair(3, "q", "yes", "never"))
    assert told(found) == [(4, "its label is false: a disliked answer is no lesson")]


@pytest.mark.parametrize(
    ("ratings", "learned"),
    [
        ([5, 4, 3, 2, 1], [0, 1]),
        ([1, -1, 0], [0]),
        (["👍", "👎"], [0]),
        ([10, 8, 6, 3], [0, 1]),
        ([1], []),
        ([1, 1], []),
        (["1/5", "5/5"], [1]),
        ([0.9, 0.2], [0]),
        ([True, False], [0]),
    ],
)
def test_a_rating_is_understood_by_all_ratings_of_its_file(
    tmp_path: Path, ratings: list[Any], learned: list[int]
) -> None:
    rows = [
        {"prompt": f"q{number}", "completion": "a", "rating": rating}
        for number, rating in enumerate(ratings)
    ]
    found = read(tmp_path, to_jsonl(rows))
    assert [one.line - 1 for one in found.rows] == learned
    assert len(found.rejected) == len(ratings) - len(learned)
    assert all("its rating is" in bad.errors[0] for bad in found.rejected)


@pytest.mark.parametrize(
    ("codec", "note"),
    [
        ("utf-8", ()),
        ("utf-8-sig", ()),
        ("utf-16", ("read as UTF-16",)),
        ("utf-16-le", ("read as UTF-16 (a guess)",)),
        ("utf-16-be", ("read as UTF-16 (a guess)",)),
        ("cp1252", ("read as Windows-1252 (a guess)",)),
        ("mac_roman", ("read as Mac Roman (a guess)",)),
    ],
)
def test_the_usual_encodings_are_read_and_told(
    tmp_path: Path, codec: str, note: tuple[str, ...]
) -> None:
    row = {"prompt": "Wo ist der Schlüssel?", "completion": "Fünf Türen weiter, größtenteils."}
    table = f"Frage;Antwort\n{row['prompt']};{row['completion']}\n"
    line = json.dumps(row, ensure_ascii=False)
    for name, text in (("a.csv", table), ("a.jsonl", f"{line}\n"), ("a.json", f"[{line}]")):
        found = read(tmp_path, text.encode(codec), name)
        assert [one.row for one in found.rows] == [row]
        assert found.notes == note


def test_some_wrong_bytes_in_utf_8_are_a_rejected_line(tmp_path: Path) -> None:
    good = '{"prompt": "Où ?", "completion": "à"}\n'.encode()
    found = read(tmp_path, good * 3 + b'{"prompt": "\xe9", "completion": "a"}\n' + good)
    assert told(found) == [(4, "not UTF-8 text")]
    assert len(found.rows) == 4
    found = read(tmp_path, b"[" + b",".join([good, b'{"q": "\xe9", "a": "a"}', good]) + b"]")
    assert told(found) == [(2, "not UTF-8 text")]


def test_columns_are_named_by_the_person_who_imports(tmp_path: Path) -> None:
    file = tmp_path / "tickets.jsonl"
    file.write_text('{"Ticket": "q", "Answer text": "a"}\n')
    options = ReadOptions(columns={"question": "Ticket", "answer": "Answer text"})
    assert [one.row for one in read_rows(file, options).rows] == [GOOD]


def test_a_thread_is_read_from_a_file_that_a_person_says_to_be_one(tmp_path: Path) -> None:
    file = tmp_path / "thread.txt"
    file.write_text("Ann  [10:15 AM]\nWo?\nBen  [10:16 AM]\nDort.")
    found = read_rows(file, ReadOptions(thread=True))
    assert [one.row for one in found.rows] == [{"prompt": "Wo?", "completion": "Dort."}]


def test_a_long_list_is_read_in_bounded_memory(tmp_path: Path) -> None:
    """A list is never parsed as a whole: its entries are seen one after the other."""
    file = tmp_path / "lessons.json"
    with file.open("w") as stream:
        stream.write("[" + ", ".join(["{}"] * 900))
        for _ in range(40):
            stream.write(f', {{"x": "{"y" * 500_000}"}}')
        stream.write("]")
    tracemalloc.start()
    try:
        found = read_rows(file)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(found.rejected) == 940
    assert peak < 15_000_000


@pytest.mark.parametrize("name", ["plain.txt", "export", "faq.dat"])
def test_a_table_is_read_whatever_it_is_called(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_text("Frage;Antwort\nWo, bitte?;Hier\nWann;Um zehn; oder elf\n")
    found = read_rows(file)
    assert found.format == "CSV"
    assert [one.row["completion"] for one in found.rows] == ["Hier"]
    assert [bad.line for bad in found.rejected] == [3]
    file.write_text("Ticket;Lösung\nWo?;Hier\n")
    with pytest.raises(DatasetError, match="it has Ticket, Lösung: say --columns"):
        read_rows(file)


def test_json_lines_may_end_as_those_of_old_macs(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_bytes(LINE.strip() + b"\r" + LINE.strip() + b"\r")
    assert [one.line for one in read_rows(file).rows] == [1, 2]


def test_a_thread_is_a_thread_whatever_its_file_is_called(tmp_path: Path) -> None:
    text = "Ann  10:32 AM\nWhere is the key?\nBen  10:33 AM\nIn the drawer.\n"
    for name in ("thread.txt", "thread.md", "thread.html"):
        file = tmp_path / name
        file.write_text(text)
        found = read_rows(file, ReadOptions(thread=True))
        assert (found.format, len(found.rows)) == ("a thread out of Slack", 1)


def test_columns_that_are_left_out_are_said_once_for_the_file(tmp_path: Path) -> None:
    file = tmp_path / "faq.csv"
    file.write_text("question,answer,topic,team\nq,a,x,\nr,b,,y\ns,c,z,\n")
    assert read_rows(file).notes == ("left out: columns topic, team",)


def test_an_empty_cell_of_approval_is_none(tmp_path: Path) -> None:
    file = tmp_path / "faq.csv"
    file.write_text("question,answer,approved\nq,a,x\nr,b,\n")
    assert [(one.line, one.proposed) for one in read_rows(file).rows] == [(2, False), (3, True)]


def test_of_a_text_that_is_the_whole_row_nothing_is_left_out(tmp_path: Path) -> None:
    """Its own column is no remark: it is what was learned."""
    file = tmp_path / "chatml.jsonl"
    said = "<|im_start|>user\nWhich tea?<|im_end|>\n<|im_start|>assistant\nAssam.<|im_end|>"
    file.write_text(json.dumps({"text": said}) + "\n", encoding="utf-8")
    read = read_rows(file)
    assert [found.row for found in read.rows] == [{"text": said}]
    assert read.notes == ()
