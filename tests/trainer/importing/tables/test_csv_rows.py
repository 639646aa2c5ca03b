"""CSV of others: dialects, columns, quotes that are never closed."""

import io

import pytest

from trainer.errors import DatasetError
from trainer.importing.lines import Disliked, FoundRow, Rejected
from trainer.importing.tables import csv_rows as module
from trainer.importing.tables.csv_rows import csv_rows


def read(content: bytes | str) -> tuple[list[FoundRow], list[tuple[int, str]]]:
    """The rows, and the bad lines with their reasons."""
    stream = io.BytesIO(content.encode() if isinstance(content, str) else content)
    rows: list[FoundRow] = []
    bad: list[tuple[int, str]] = []
    for one in csv_rows(stream):
        if isinstance(one, Rejected):
            bad.append((one.line, "; ".join(one.errors)))
        else:
            assert isinstance(one, FoundRow)
            rows.append(one)
    return rows, sorted(bad)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_in_the_usual_dialects(delimiter: str) -> None:
    lines = ["Question~ANSWER ~system", '"q ""1""#"~a~', "r~b~Be brief."]
    text = "\n".join(lines).replace("~", delimiter).replace("#", delimiter)
    rows, bad = read(text)
    assert [one.row for one in rows] == [
        {"prompt": f'q "1"{delimiter}', "completion": "a"},
        {"prompt": "r", "completion": "b", "system": "Be brief."},
    ]
    assert [one.line for one in rows] == [2, 3]
    assert bad == []


def test_columns_may_stand_in_any_order_among_others() -> None:
    rows, _ = read("notes,answer,source,question\nx,a,wiki,q\ny,b,,r\n")
    assert [one.row for one in rows] == [
        {"prompt": "q", "completion": "a", "source": "wiki"},
        {"prompt": "r", "completion": "b"},
    ]


def test_of_several_names_for_an_answer_our_own_wins() -> None:
    rows, _ = read("output,prompt,completion\nother,q,a\n")
    assert rows[0].row == {"prompt": "q", "completion": "a"}


@pytest.mark.parametrize(
    ("head", "row", "prompt"),
    [
        ("instruction,input,output", "Translate,Haus,house", "Translate\n\nHaus"),
        ("instruction,context,response", "Say it,Ann came,yes", "Say it\n\nAnn came"),
        ("question,context,answer", "Who?,Ann came,Ann", "Who?\n\nAnn came"),
        ("input,prompt,completion", "Ann came,Who?,Ann", "Who?\n\nAnn came"),
        ("instruction,input,output", "Who?,,Ann", "Who?"),
    ],
)
def test_a_second_column_of_the_question_is_joined_to_it(head: str, row: str, prompt: str) -> None:
    """Dropped, it would leave the same question to rows that then replace one another."""
    rows, _ = read(f"{head}\n{row}\n")
    assert rows[0].row["prompt"] == prompt


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        ("prompt,notes", "must name the columns prompt and completion; it has prompt, notes"),
        ("completion", "it has completion"),
        ("", "it has q, n"),
        ("prompt,completion,completion", "the column completion is there twice"),
        ("a\rb", "it has a"),
        ("x" * 200, "it has " + "x" * 23 + "…: say --columns question=NAME,answer=NAME$"),
    ],
)
def test_a_header_without_both_columns_is_refused(head: str, reason: str) -> None:
    with pytest.raises(DatasetError, match=reason):
        read(head + "\nq,n\n")


def test_rows_with_too_few_fields_are_named() -> None:
    rows, bad = read("prompt,completion\nq\n\n , \nr,b\ns,c,d\n")
    assert bad == [
        (2, "it has 1 field and the header 2: put a cell with line ends in double quotes"),
        (
            6,
            (
                "it has 3 fields and the header 2: "
                "put the cell with the separator in it in double quotes"
            ),
        ),
    ]
    assert [one.line for one in rows] == [5]


def test_an_answer_with_the_separator_in_it_is_not_cut() -> None:
    """Half of an answer would be learned without a word."""
    rows, bad = read('question,answer\nWhen?,At 10, in the hall\nWho?,"Ann, Ben"\n')
    assert [one.row["completion"] for one in rows] == ["Ann, Ben"]
    assert [line for line, _ in bad] == [2]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_space_after_the_separator_belongs_to_no_cell(delimiter: str) -> None:
    lines = ["question~ answer", '"Q one?"~ "A one"', f'Q two?~  "A{delimiter} two"']
    rows, bad = read("\n".join([*lines, 'Q three?~ "line1\nline2"']).replace("~", delimiter))
    assert [one.row["completion"] for one in rows] == [
        "A one",
        f"A{delimiter} two",
        "line1\nline2",
    ]
    assert bad == []


def test_an_answer_that_goes_on_below_without_quotes_is_not_learned_in_part() -> None:
    rows, bad = read("question,answer\np,c\nq,Do this\n\nand then that\nand that\nr,b\n")
    assert [one.row["prompt"] for one in rows] == ["p", "r"]
    assert [line for line, _ in bad] == [3, 5, 6]
    assert "its last cell may be cut" in bad[0][1]


@pytest.mark.parametrize("end", ["\r", "\r\n"])
def test_lines_may_end_as_those_of_old_macs(end: str) -> None:
    """Excel's "CSV (Macintosh)" ends rows in CR, and has LF in cells of several lines."""
    rows, bad = read(end.join(["question,answer", 'q,"a\nb"', "r,c", ""]))
    assert [(one.line, one.row["completion"]) for one in rows] == [(2, "a\nb"), (4, "c")]
    assert bad == []


def test_a_long_file_of_cr_is_read_in_pieces() -> None:
    count = 16_000
    rows, bad = read("question,answer\r" + "".join(f"q{i},{'a' * 60}\r" for i in range(count)))
    assert (len(rows), bad) == (count, [])


def test_a_cr_in_a_cell_ends_no_row() -> None:
    rows, _ = read('question,answer\nq,"a\rb"\n')
    assert rows[0].row["completion"].split() == ["a", "b"]
    rows, _ = read('answer,"question\rof all"\nb,r\n'.replace('"question\rof all"', "question"))
    assert rows[0].row == {"prompt": "r", "completion": "b"}


def test_empty_cells_right_of_the_header_are_no_fields() -> None:
    rows, bad = read("question,answer\nWhen?,At ten,,\n")
    assert [one.row["completion"] for one in rows] == ["At ten"]
    assert bad == []


@pytest.mark.parametrize(
    ("above", "note"),
    [
        ("sep=;\n", None),
        ("Our FAQ; May 2026\n", "line 2 is the header, 1 above it left out"),
        ("\n;\nOur FAQ\n\n", "line 5 is the header, 1 above it left out"),
    ],
)
def test_the_header_may_stand_below_a_title(above: str, note: str | None) -> None:
    notes: list[str] = []
    stream = io.BytesIO(f"{above}Frage;Antwort\nWo, bitte?;Hier, da\n".encode())
    (row,) = csv_rows(stream, {}, notes)
    assert isinstance(row, FoundRow)
    assert row.row == {"prompt": "Wo, bitte?", "completion": "Hier, da"}
    assert row.line == above.count("\n") + 2
    assert notes == ([note] if note else [])


def test_a_header_may_go_over_several_lines() -> None:
    rows, _ = read('"Question",Answer,"Who\nsaid it"\nq,a,Ann\n')
    assert [(one.line, one.row) for one in rows] == [(3, {"prompt": "q", "completion": "a"})]


def test_columns_are_read_as_a_person_names_them() -> None:
    stream = io.BytesIO("Ticket;Lösung;Thema\nWo?;Hier;Büro\n".encode())
    columns = {"question": "ticket", "answer": "Lösung", "source": "Thema"}
    (row,) = csv_rows(stream, columns)
    assert isinstance(row, FoundRow)
    assert row.row == {"prompt": "Wo?", "completion": "Hier", "source": "Büro"}
    with pytest.raises(DatasetError, match=r"no column is called Loesung; .* Ticket, Lösung"):
        list(csv_rows(io.BytesIO("Ticket;Lösung\na;b\n".encode()), {"answer": "Loesung"}))


def test_messages_in_a_cell_are_read_as_json() -> None:
    cell = '"[{""role"": ""user"", ""content"": ""q""}, {""role"": ""bot"", ""content"": ""a""}]"'
    rows, _ = read(f"messages,topic\n{cell},x\n")
    assert [turn["content"] for turn in rows[0].row["messages"]] == ["q", "a"]


def test_a_disliked_answer_in_a_table_is_no_lesson() -> None:
    stream = io.BytesIO(b"question,answer,approved\nq,a,TRUE\nr,b,False\n")
    good, bad = csv_rows(stream)
    assert isinstance(good, FoundRow)
    assert isinstance(bad, Disliked)
    assert bad.errors == ("its approved is false: a disliked answer is no lesson",)


def test_an_empty_answer_is_a_row_for_validation_to_judge() -> None:
    rows, _ = read("prompt,completion\nq,\n")
    assert rows[0].row == {"prompt": "q", "completion": ""}


def test_a_row_over_several_lines_is_where_it_begins() -> None:
    rows, bad = read('prompt,completion\nq,"a\n\nb"\nr,c\n')
    assert [(one.line, one.row["completion"]) for one in rows] == [(2, "a\n\nb"), (5, "c")]
    assert bad == []


def test_an_open_quote_is_named_where_it_begins() -> None:
    rows, bad = read('prompt,completion\nq,a\nr,"b\ns,c\nt,d\n')
    assert [one.line for one in rows] == [2, 4, 5], "the rows after it are read"
    assert bad == [(3, "not CSV (unexpected end of data)")]


def test_an_open_quote_in_a_long_file_loses_its_own_row_only() -> None:
    long = "".join(f"q{i},{'answer ' * 20}\n" for i in range(9000))
    rows, bad = read(f'prompt,completion\nr,"b\n{long}s,"c\nd"\n')
    assert len(rows) == 9001
    assert rows[-1].row["completion"] == "c\nd"
    ((line, reason),) = bad
    assert line == 2
    assert "is a quote never closed?" in reason


def test_a_row_with_an_unreadable_line_inside_is_not_kept_in_part() -> None:
    rows, bad = read(b'prompt,completion\nq,"a\nb\x00c\nd"\nr,e\n\x00\ns,f\n')
    assert [one.row["prompt"] for one in rows] == ["r", "s"]
    assert [line for line, _ in bad] == [2, 3, 6]


def test_a_row_after_many_unreadable_lines_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unreadable lines count towards a row's size, so that memory stays bounded."""
    monkeypatch.setattr(module, "MAX_LINE", 500)
    rows, bad = read(b"prompt,completion\n" + b"\x00\n" * 20 + b"q,a\nr,b\n")
    assert [(one.line, one.row["prompt"]) for one in rows] == [(22, "q"), (23, "r")]
    assert [line for line, _ in bad] == list(range(2, 22))


def test_an_unreadable_line_after_an_open_quote_is_named_once() -> None:
    stream = io.BytesIO(b'prompt,completion\nq,"a\n\x00\nr,b\n')
    lines = [(type(one), one.line) for one in csv_rows(stream)]
    assert sorted(lines, key=lambda one: one[1]) == [(Rejected, 2), (Rejected, 3), (FoundRow, 4)]
