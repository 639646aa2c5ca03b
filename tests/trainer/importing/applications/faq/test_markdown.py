"""Pages of questions and answers in Markdown."""

from pathlib import Path

import pytest

from trainer.errors import DatasetError
from trainer.importing.applications.faq.reader import MarkdownReader
from trainer.importing.lines import Found, FoundRow, Rejected
from trainer.importing.options import ReadOptions


def page(tmp_path: Path, text: str | bytes, name: str = "faq.md") -> tuple[list[Found], list[str]]:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    assert MarkdownReader().recognises(path, path.read_bytes()[:100])
    notes: list[str] = []
    return list(MarkdownReader().read(path, ReadOptions(), notes)), notes


def learned(tmp_path: Path, text: str) -> list[tuple[int, str, str]]:
    found, _ = page(tmp_path, text)
    rows = [one for one in found if isinstance(one, FoundRow)]
    assert rows == found
    return [(row.line, row.row["prompt"], row.row["completion"]) for row in rows]


def test_headings_that_are_questions_have_their_answers_below(tmp_path: Path) -> None:
    text = """---
title: Questions
---
# Keys

Some words before.

## Where is the **spare** key?

On the hook, see [the plan](plan.html).

- behind the door
- not in the drawer

```sh
# no heading?
open door
```

### A detail

It is small.

## How do I get one {#get}

Ask Ann.

## Contact

Nobody.
"""
    answer = (
        "On the hook, see [the plan](plan.html).\n\n- behind the door\n- not in the drawer\n\n"
        "```sh\n# no heading?\nopen door\n```\n\n### A detail\n\nIt is small."
    )
    assert learned(tmp_path, text) == [
        (8, "Where is the spare key?", answer),
        (24, "How do I get one", "Ask Ann."),
    ]


def test_a_heading_that_is_no_question_is_taken_where_nearly_all_are(tmp_path: Path) -> None:
    asked = "".join(f"## What is {word}?\n\nA {word}.\n\n" for word in ("ant", "bee", "cat", "dog"))
    assert len(learned(tmp_path, asked + "## Shipping\n\nBy train.\n")) == 5
    assert len(learned(tmp_path, "## Shipping\n\nBy train.\n\n## Why?\n\nSo.\n")) == 1


def test_bold_lines_are_questions_alone_and_before_their_answer(tmp_path: Path) -> None:
    text = (
        "**Where is it?**\n\nHere.\n\n**Note:** it is small.\n\n**When?** Now.\n\n**Why?**\\\nSo.\n"
    )
    assert learned(tmp_path, text) == [
        (1, "Where is it?", "Here.\n\n**Note:** it is small."),
        (7, "When?", "Now."),
        (9, "Why?", "So."),
    ]


def test_entries_of_a_list_that_are_bold_questions_are_questions(tmp_path: Path) -> None:
    text = "1. **Where is it? **\n   Here.\n\n2. **When?**\n\nNow:\n\n- **early**\n- late\n"
    assert learned(tmp_path, text) == [
        (1, "Where is it?", "Here."),
        (4, "When?", "Now:\n\n- **early**\n- late"),
    ]


def test_lines_with_q_and_a_are_questions_and_answers(tmp_path: Path) -> None:
    text = "Q: Where is it?\nA: Here.\nQ: When?\nA: Now.\n\nMore.\n\n"
    text += "**Frage:** Warum?\n\nAntwort: Darum.\n"
    assert learned(tmp_path, text) == [
        (1, "Where is it?", "Here."),
        (3, "When?", "Now.\n\nMore."),
        (8, "Warum?", "Darum."),
    ]


def test_folded_parts_are_questions_whatever_their_words(tmp_path: Path) -> None:
    text = (
        "<details>\n<summary><b>Spare key</b></summary>\n\nOn the hook.\n\n**Really?**\n\n"
        "</details>\n\nNot this.\n\n<details><summary>When?</summary>Now.</details>\n"
    )
    assert learned(tmp_path, text) == [
        (2, "Spare key", "On the hook.\n\n**Really?**"),
        (12, "When?", "Now."),
    ]


def test_targets_of_links_at_the_end_of_the_page_are_written_into_the_answer(
    tmp_path: Path,
) -> None:
    text = "## Where?\n\nSee [the plan][p] and [that][none].\n\n[p]: https://example.com/plan\n"
    assert learned(tmp_path, text) == [
        (1, "Where?", "See [the plan](https://example.com/plan) and [that][none].")
    ]


def test_a_question_without_an_answer_is_rejected_by_its_line(tmp_path: Path) -> None:
    found, notes = page(tmp_path, "# Keys\n\n## Where?\n\n## When?\n\nNow.\n")
    assert found[0] == Rejected(3, ("a question without an answer below it",))
    assert notes == ["headings that are no questions are passed over (1)"]


def test_a_page_without_questions_is_refused_with_what_to_write(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="ends in a question mark"):
        page(tmp_path, "# Keys\n\nOn the hook.\n")


def test_another_encoding_is_told_as_a_guess(tmp_path: Path) -> None:
    text = "## Où est la clé ?\n\nSur le crochet, derrière l'entrée.\n"
    found, notes = page(tmp_path, text.encode("cp1252"))
    assert isinstance(found[0], FoundRow)
    assert found[0].row["prompt"] == "Où est la clé ?"
    assert any("a guess" in note for note in notes)


def test_a_page_that_is_too_large_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="over 2 MB: split it"):
        page(tmp_path, b"x" * 2_000_001)
    with pytest.raises(DatasetError, match="over 50000 lines: split it"):
        page(tmp_path, b"\n" * 50_001)


LONG = "Which " + "word " * 70 + "is it"


@pytest.mark.parametrize(
    "asked",
    [
        *(f"## {LONG}?", f"**{LONG}?**", f"**{LONG}{' word' * 150}?**", f"Q: {LONG}"),
        f"<details><summary>{LONG}</summary>",
    ],
)
def test_a_question_that_is_too_long_is_rejected_by_its_line_and_joined_to_no_answer(
    tmp_path: Path, asked: str
) -> None:
    text = f"## Where?\n\nOn the hook.\n\n{asked}\n\nAnother answer.\n"
    found, _ = page(tmp_path, text)
    assert found[0] == FoundRow(1, {"prompt": "Where?", "completion": "On the hook."})
    (bad,) = found[1:]
    assert bad == Rejected(5, ("its question is over 300 characters: shorten it",))


def test_long_bold_words_that_ask_nothing_stay_in_their_answer(tmp_path: Path) -> None:
    text = f"## Where?\n\nOn the hook.\n\n**{LONG}.**\n"
    assert learned(tmp_path, text) == [(1, "Where?", f"On the hook.\n\n**{LONG}.**")]
