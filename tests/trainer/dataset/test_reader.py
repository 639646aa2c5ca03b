"""Training files read back as conversations, and refused with file and line."""

import json
import os
from pathlib import Path

import pytest

from trainer.dataset.reader import check_for_mlx_lm, conversations, read_training_data
from trainer.errors import DatasetError
from trainer.formats import format_conversation, to_jsonl


def turns(question: str, answer: str, system: str = "") -> list[dict[str, str]]:
    before = [{"role": "system", "content": system}] if system else []
    return [
        *before,
        {"role": "user", "content": question},
        {"role": "assistant", "content": answer},
    ]


def write(file: Path, *talks: list[dict[str, str]]) -> Path:
    file.write_text(to_jsonl([format_conversation(talk) for talk in talks]), encoding="utf-8")
    return file


def test_rows_with_reasoning_on_which_mlx_lm_trains_are_named(tmp_path: Path) -> None:
    file = tmp_path / "train.jsonl"
    rows = [{"prompt": "Q", "completion": said} for said in ("A", "<think>plan</think>A")]
    file.write_text("\n\n".join(map(json.dumps, rows)))
    assert check_for_mlx_lm(file) == [3]


def test_rows_of_all_kinds_are_conversations(tmp_path: Path) -> None:
    file = tmp_path / "train.jsonl"
    kinds = ("messages", "completions", "text")
    file.write_text(to_jsonl([format_conversation(turns("q", "a"), kind) for kind in kinds]))
    assert conversations(file) == [turns("q", "a")] * 3


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ('{"messages": []}', "no answer to learn"),
        ('{"messages": [{"role": "user", "content": "q"}]}', "no answer to learn"),
        ('{"prompt": "q", "completion": " "}', "no answer to learn"),
        ('{"messages": [{"role": "assistant", "content": "a"}]}', "no question"),
        ('{"question": "q"}', "prompt"),
        ("nonsense", "not JSON"),
    ],
)
def test_a_row_that_cannot_be_trained_on_is_named_by_file_and_line(
    tmp_path: Path, row: str, reason: str
) -> None:
    file = tmp_path / "train.jsonl"
    file.write_text('{"prompt": "q", "completion": "a"}\n' + row + "\n")
    for read in (conversations, check_for_mlx_lm):
        with pytest.raises(DatasetError, match=rf"train\.jsonl, line 2: .*{reason}"):
            read(file)


def test_mlx_lm_also_trains_on_plain_text(tmp_path: Path) -> None:
    file = tmp_path / "train.jsonl"
    file.write_text('{"text": "Once upon a time."}\n')
    check_for_mlx_lm(file)
    with pytest.raises(DatasetError, match="line 1"):
        conversations(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"train\.jsonl cannot be read: No such file"):
        read_training_data(tmp_path)


def test_only_what_is_not_trained_on_counts_as_held_out(tmp_path: Path) -> None:
    write(tmp_path / "train.jsonl", turns("q", "a"), turns("r", "b"))
    write(tmp_path / "valid.jsonl", turns("r", "b"), turns("s", "c"))
    data = read_training_data(tmp_path)
    assert data.train == (turns("q", "a"), turns("r", "b"))
    assert data.held_out == (turns("s", "c"),)


def test_an_exam_may_be_missing_and_lessons_may_not(tmp_path: Path) -> None:
    write(tmp_path / "train.jsonl", turns("q", "a"))
    assert read_training_data(tmp_path).held_out == ()
    (tmp_path / "train.jsonl").write_text("")
    with pytest.raises(DatasetError, match="has no lesson"):
        read_training_data(tmp_path)


def test_the_system_prompt_is_the_one_that_most_lessons_have(tmp_path: Path) -> None:
    kind, brief = turns("q", "a", "Be kind."), turns("r", "b", "Be brief.")
    write(tmp_path / "train.jsonl", kind, brief, turns("s", "c", "Be brief."))
    assert read_training_data(tmp_path).system == "Be brief."
    write(tmp_path / "train.jsonl", turns("q", "a"), turns("r", "b"), brief)
    assert read_training_data(tmp_path).system == ""


def test_a_pipe_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    """Without a writer it would be waited for without an end."""
    os.mkfifo(tmp_path / "train.jsonl")
    with pytest.raises(DatasetError, match="a pipe or a device"):
        read_training_data(tmp_path)


def test_reasoning_before_an_answer_is_not_trained(tmp_path: Path) -> None:
    """Models answer with reasoning switched off, so that it would be learned behind its end."""
    before = turns("q", "<think>\nwhy\n</think>\n\na")
    file = write(tmp_path / "train.jsonl", [*before, *before])
    assert conversations(file) == [[*turns("q", "a"), *turns("q", "a")]]
    write(file, turns("<think>q</think>", "<think>never ends"))
    with pytest.raises(DatasetError, match="line 1: it has no answer"):
        conversations(file)
