"""`nightschool examples import`: what is learned, and what people and programs are told."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.cli.context import Context
from bot.cli.examples.group import SHOWN
from bot.store import Store
from tests.bot.cli.conftest import Command
from tests.bot.lessons.importing.read import found, proposal
from trainer.formats import format_conversation
from trainer.importing.importer import Rows
from trainer.importing.lines import FoundPair
from trainer.importing.options import ReadOptions


def test_import_keeps_what_is_good_and_names_what_is_not(
    nightschool: Command, tmp_path: Path
) -> None:
    file = tmp_path / "lessons.jsonl"
    rows = [
        '{"prompt": "When is lunch?", "completion": "At noon."}',
        '{"prompt": "", "completion": "At noon."}',
        "not json",
        json.dumps(format_conversation([("user", "Tea?"), ("assistant", "Yes.")])),
    ]
    file.write_text("\n".join(rows) + "\n")
    done = nightschool("examples", "import", str(file), "--json").document
    assert (done["added"], done["duplicates"]) == (2, 0)
    assert [bad["line"] for bad in done["rejected"]] == [2, 3]
    assert all(bad["errors"] for bad in done["rejected"])
    again = nightschool("examples", "import", str(file), "--json").document
    assert (again["added"], again["duplicates"]) == (0, 2)


def test_a_file_without_a_single_lesson_fails_in_one_line(
    nightschool: Command, tmp_path: Path
) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("hello\n\nworld\n")
    done = nightschool("examples", "import", str(file))
    assert done.code == 1
    assert done.err.startswith("nightschool: notes.txt has no lesson that can be used; line 1: ")
    assert done.err.count("\n") == 1
    done = nightschool("examples", "import", str(file), "--json")
    assert (done.code, [bad["line"] for bad in done.document["rejected"]]) == (1, [1, 3])


def test_a_dry_run_shows_every_row_of_a_file_that_cannot_be_used(
    nightschool: Command, tmp_path: Path
) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_text('{"prompt": "Who?"}\n{"completion": "Noor."}\n')
    done = nightschool("examples", "import", str(file), "--dry-run")
    assert done.code == 1
    assert done.out.count("rejected") == 2


def test_a_thread_from_slack_is_imported(nightschool: Command, tmp_path: Path) -> None:
    file = tmp_path / "thread.txt"
    file.write_text(
        "Anna Berg  9:41 AM\nWhere is the spare key?\n\n"
        "Jonas Weil  9:42 AM\nBehind the moon poster.\n"
    )
    done = nightschool("examples", "import", "--thread", str(file), "--json")
    assert done.document["added"] == 1
    (example,) = nightschool("examples", "list", "--json").document["examples"]
    assert example["prompt"] == "Where is the spare key?"
    assert example["completion"] == "Behind the moon poster."


def test_a_file_without_a_line_fails(nightschool: Command, tmp_path: Path) -> None:
    (tmp_path / "none.jsonl").write_bytes(b"\n")
    done = nightschool("examples", "import", str(tmp_path / "none.jsonl"))
    assert done.code == 1
    assert "it is empty" in done.err


def test_only_the_first_bad_lines_are_named_on_a_terminal(
    nightschool: Command, tmp_path: Path
) -> None:
    file = tmp_path / "lessons.jsonl"
    good = json.dumps({"prompt": "When is lunch?", "completion": "At noon."})
    file.write_text(f"{good}\n" + "not json\n" * (SHOWN + 2))
    done = nightschool("examples", "import", str(file))
    assert done.out == "1 added, 0 known already.\n"
    assert done.err.count("line ") == SHOWN
    assert done.err.endswith("and 2 more lines\n")
    file.write_text("".join(file.read_text().splitlines(keepends=True)[:-2]))
    done = nightschool("examples", "import", str(file))
    assert done.err.count("line ") == SHOWN
    assert "more line" not in done.err


def test_an_import_can_reject_other_answers_and_says_what_is_out_of_use(
    nightschool: Command, tmp_path: Path
) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    nightschool("teach", "Who bakes?", "Noor.")
    nightschool("teach", "Who cooks?", "Ottilie.")
    nightschool("examples", "withdraw", "2")
    file = tmp_path / "lessons.jsonl"
    rows = [
        ("When is lunch?", "At one."),
        ("Who bakes?", "Noor."),
        ("Who cooks?", "Ottilie."),
        ("Which tea?", "Assam."),
        ("Which jam?", "Plum."),
    ]
    file.write_text("".join(json.dumps({"prompt": q, "completion": a}) + "\n" for q, a in rows))
    done = nightschool("examples", "import", str(file), "--on-conflict", "reject")
    assert done.out == "2 added, 2 known already (1 of them out of use).\n"
    assert "line 1: example 1 answers that otherwise" in done.err


def test_an_import_of_what_is_all_known_is_no_failure(nightschool: Command, tmp_path: Path) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    file = tmp_path / "lessons.jsonl"
    file.write_text('{"prompt": "When is lunch?", "completion": "At noon."}\n')
    done = nightschool("examples", "import", str(file))
    assert done.out == "0 added, 1 known already.\n"


@pytest.mark.parametrize(
    ("policy", "said", "approved"),
    [
        ("replace", "1 added, 0 known already, 1 other answers replaced.\n", ["At one."]),
        ("keep", "1 added, 0 known already.\n", ["At noon.", "At one."]),
    ],
)
def test_an_import_replaces_another_answer_or_keeps_both(
    nightschool: Command, tmp_path: Path, store: Store, policy: str, said: str, approved: list[str]
) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    file = tmp_path / "lessons.jsonl"
    file.write_text(json.dumps({"prompt": "When is lunch?", "completion": "At one."}))
    assert nightschool("examples", "import", str(file), "--on-conflict", policy).out == said
    assert sorted(e.completion for e in store.examples.approved()) == approved


def test_an_import_shows_how_far_it_is(
    nightschool: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved: list[tuple[int, int]] = []

    @contextmanager
    def working(_: Context, what: str) -> Iterator[Callable[[int, int], None]]:
        assert what == "importing"
        yield lambda done, of: moved.append((done, of))

    monkeypatch.setattr("bot.cli.examples.importing.working", working)
    file = tmp_path / "lessons.jsonl"
    rows = [{"prompt": f"Question {number}?", "completion": "Yes."} for number in range(2)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    nightschool("examples", "import", str(file))
    assert moved[-1] == (2, 2)


def test_an_import_says_how_much_of_what_kind_was_taken_out(
    nightschool: Command, tmp_path: Path
) -> None:
    file = tmp_path / "lessons.jsonl"
    rows = [
        {"prompt": f"Who has key {number}?", "completion": f"Write to ada{number}@lantern.example."}
        for number in range(2)
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert "e-mail (2)" in nightschool("examples", "import", str(file)).out
    again = nightschool("examples", "import", str(file), "--json").document
    assert again["redacted"] == {}


def mixed(folder: Path) -> Path:
    """A file with what is new, known, another answer, a bad line and a secret."""
    file = folder / "lessons.jsonl"
    rows = [
        {"prompt": "When is lunch?", "completion": "At one."},
        {"prompt": "Who bakes?", "completion": "Noor."},
        {"prompt": "Whom do I ask?", "completion": "Write to ada@lantern.example."},
        {"prompt": "", "completion": "Nothing."},
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def test_a_dry_run_shows_every_row_and_stores_nothing(
    nightschool: Command, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    nightschool("teach", "When is lunch?", "At noon.")
    nightschool("teach", "Who bakes?", "Noor.")
    file = mixed(tmp_path)
    document = nightschool("examples", "import", str(file), "--dry-run", "--json").document
    assert document["dry_run"] is True
    fates = [(row["line"], row["fate"], row["answer"]) for row in document["rows"]]
    assert fates == [
        (1, "replaces", "At one."),
        (2, "duplicate", "Noor."),
        (3, "new", "Write to [e-mail]."),
        (4, "rejected", ""),
    ]
    assert document["rows"][0]["replaces"] == [1]
    assert document["rows"][2]["redacted"] == ["e-mail"]
    assert document["rows"][3]["notes"] == ["empty prompt"]
    assert [(b["line"], b["errors"]) for b in document["rejected"]] == [(4, ["empty prompt"])]
    said = nightschool("examples", "import", str(file), "--dry-run").out
    assert "in place of example 1" in said
    assert "without e-mail" in said
    assert "Nothing was stored. It would be: 2 added, 1 known already" in said
    assert [example.completion for example in store.examples.approved()] == ["At noon.", "Noor."]
    real = nightschool("examples", "import", str(file), "--json").document
    counts = ("added", "duplicates", "replaced", "redacted", "rejected")
    assert {key: real[key] for key in counts} == {key: document[key] for key in counts}
    assert "rows" not in real


def test_a_long_table_is_cut_and_says_so(
    nightschool: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.cli.examples.importing.MOST_ROWS", 2)
    said = nightschool("examples", "import", str(mixed(tmp_path)), "--dry-run").out
    assert "and 2 more rows: --json has them all" in said
    assert "[e-mail]" not in said


def test_an_import_says_what_the_file_was_taken_for(nightschool: Command, tmp_path: Path) -> None:
    document = nightschool("examples", "import", str(mixed(tmp_path)), "--json").document
    assert document["format"] == "JSON Lines"
    assert (document["proposed"], document["pairs"], document["notes"]) == (0, 0, [])


def test_proposals_and_pairs_are_said(
    nightschool: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    notes = ("3 private channels are left out",)
    found(monkeypatch, proposal(), FoundPair(2, "Why?", "Yes.", "No."), notes=notes)
    said = nightschool("examples", "import", str(tmp_path)).out
    assert said.splitlines() == [
        "1 added, 0 known already.",
        "1 of them is a proposal and will wait until a teacher approves.",
        (
            "1 pair of a preferred and a disliked answer is kept: nights train on them where"
            ' `training.preferences` is "auto"; `examples pairs` lists them.'
        ),
        "3 private channels are left out",
    ]


def test_a_file_with_pairs_alone_is_of_use(
    nightschool: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found(monkeypatch, FoundPair(2, "Why?", "Yes.", "No."))
    assert nightschool("examples", "import", str(tmp_path), "--json").code == 0


def test_what_a_person_says_about_a_file_reaches_its_reader(
    nightschool: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given: list[ReadOptions] = []

    def read(_file: Path, options: ReadOptions) -> Rows:
        given.append(options)
        return Rows((), ())

    monkeypatch.setattr("bot.lessons.importing.importer.read_rows", read)
    options = ["--columns", "question=Ticket, answer=Lösung", "--slack-url", "https://a.example"]
    assert nightschool("examples", "import", str(tmp_path), *options).code == 1
    columns = {"question": "Ticket", "answer": "Lösung"}
    assert given == [ReadOptions(columns, slack_url="https://a.example")]


@pytest.mark.parametrize("columns", ["question", "question=", "title=Ticket", "answer=a,answer=b"])
def test_columns_that_say_nothing_are_wrong_usage(
    nightschool: Command, tmp_path: Path, columns: str
) -> None:
    done = nightschool("examples", "import", str(mixed(tmp_path)), "--columns", columns)
    assert done.code == 2
    assert "write question=COLUMN,answer=COLUMN" in done.err
