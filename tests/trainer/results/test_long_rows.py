"""Rows that are cut are named in one line, and all of them in the result."""

from trainer.results.long_rows import NAMED, LongRow, cut_sentence, rows_of


def test_one_row_is_named_with_its_line_its_tokens_and_the_limit() -> None:
    assert cut_sentence([LongRow("train.jsonl", 7, 2300, 2048)]) == (
        "1 row is longer than the 2048 tokens that are trained, and cut off at the end: "
        "train.jsonl, line 7 (2300 tokens). Shorten what is cut or raise max_seq_length."
    )


def test_of_many_rows_some_are_named_and_a_lesson_has_its_number() -> None:
    rows = [LongRow("train.jsonl", line, 9, 8, id=line + 100) for line in range(1, NAMED + 3)]
    said = cut_sentence(rows)
    assert f"{NAMED + 2} rows are longer than the 8 tokens" in said
    assert f"line {NAMED}, lesson {NAMED + 100} (9 tokens); and 2 more." in said
    assert f"line {NAMED + 1}," not in said


def test_rows_are_read_out_of_a_result_of_any_version() -> None:
    assert rows_of([{"file": "a", "line": 1, "tokens": 3, "limit": 2, "new": 0}]) == (
        LongRow("a", 1, 3, 2),
    )
    assert rows_of(None) == rows_of([]) == ()
