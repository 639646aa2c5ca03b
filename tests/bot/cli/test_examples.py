"""`nightschool teach` and `nightschool examples`: names and fields that others rely on."""

import json
from pathlib import Path

import pytest

from tests.bot.cli.conftest import Command
from trainer.formats import format_conversation


def test_teach_says_what_became_of_the_lesson(nightschool: Command) -> None:
    assert nightschool("teach", "When is lunch?", "At noon.", "--json").document == {
        "id": 1,
        "status": "approved",
        "errors": [],
        "replaced": [],
        "redacted": [],
        "conflicts": [],
    }
    again = nightschool("teach", "when is LUNCH?", "At noon.", "--json").document
    assert (again["id"], again["status"]) == (1, "duplicate")


@pytest.mark.parametrize(
    ("prompt", "completion", "word"),
    [("", "a", "prompt"), ("q", "", "completion"), ("q" * 4097, "a", "4096")],
)
def test_a_bad_lesson_fails_in_one_line(
    nightschool: Command, prompt: str, completion: str, word: str
) -> None:
    done = nightschool("teach", prompt, completion)
    assert done.code == 1
    assert done.err.startswith("nightschool: ")
    assert word in done.err
    assert done.err.count("\n") == 1
    done = nightschool("teach", prompt, completion, "--json")
    assert done.code == 1
    assert done.document["status"] == "refused"
    assert word in done.document["errors"][0]


def test_list_and_show(nightschool: Command) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    listed = nightschool("examples", "list", "--json").document
    assert [e["prompt"] for e in listed["examples"]] == ["When is lunch?"]
    shown = nightschool("examples", "show", "1", "--json").document
    assert shown["status"] == "approved"
    assert [change["after"] for change in shown["history"]] == ["approved"]
    assert shown["adapters"] == []
    assert "At noon." in nightschool("examples", "list").out
    assert "At noon." in nightschool("examples", "show", "1").out


@pytest.mark.parametrize(
    ("command", "status"),
    [("reject", "rejected"), ("withdraw", "withdrawn"), ("approve", "approved")],
)
def test_an_example_changes_its_status(nightschool: Command, command: str, status: str) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    done = nightschool("examples", command, "1", "--why", "because", "--json")
    assert done.document == {"id": 1, "status": status}


def test_an_unknown_example_is_one_line(nightschool: Command) -> None:
    done = nightschool("examples", "show", "7")
    assert (done.code, done.out) == (1, "")
    assert done.err == "nightschool: there is no example 7\n"


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


def test_export_writes_what_mlx_lm_reads(nightschool: Command, tmp_path: Path) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    out = tmp_path / "out"
    nightschool("examples", "export", str(out))
    row = json.loads((out / "train.jsonl").read_text())
    assert [m["content"] for m in row["messages"]] == ["When is lunch?", "At noon."]
    assert (out / "manifest.json").exists()


def test_stats_of_nothing_are_zeros(nightschool: Command) -> None:
    stats = nightschool("examples", "stats", "--json").document
    for field in (
        "total_examples",
        "avg_prompt_length",
        "min_prompt_length",
        "max_completion_length",
    ):
        assert stats[field] == 0


def test_stats_of_a_file(nightschool: Command, tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(
        '{"prompt": "abcd", "completion": "ab"}\n{"prompt": "ab", "completion": "abcd"}\n'
    )
    stats = nightschool("examples", "stats", str(file), "--json").document
    assert stats["total_examples"] == 2
    assert stats["avg_prompt_length"] == 3
    assert (stats["min_prompt_length"], stats["max_prompt_length"]) == (2, 4)


def test_validate_names_bad_rows(nightschool: Command, tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"prompt": "abcd", "completion": "ab"}\n{"prompt": "", "completion": "x"}\n')
    done = nightschool("examples", "validate", str(file), "--json")
    assert done.code == 1
    assert (done.document["valid_count"], done.document["invalid_count"]) == (1, 1)


def test_another_answer_replaces_the_old_one_unless_told_otherwise(nightschool: Command) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    kept = nightschool("teach", "When is lunch?", "At two.", "--on-conflict", "ask", "--json")
    assert (kept.code, kept.document["status"], kept.document["conflicts"]) == (
        1,
        "contradiction",
        [1],
    )
    replaced = nightschool("teach", "When is lunch?", "At one.", "--json").document
    assert replaced["replaced"] == [1]
    counts = nightschool("examples", "list", "--json").document["counts"]
    assert (counts["approved"], counts["superseded"]) == (1, 1)


def test_a_lesson_can_end_on_a_day(nightschool: Command) -> None:
    nightschool("teach", "Where is the party?", "In the yard.", "--until", "2999-01-31")
    assert nightschool("examples", "show", "1", "--json").document["expires_on"] == "2999-01-31"
    over = nightschool("teach", "Where was the party?", "In the yard.", "--until", "2020-01-31")
    assert over.code == 1
    assert "the last day, 2020-01-31, is over" in over.err
    assert len(nightschool("examples", "list", "--json").document["examples"]) == 1
    assert nightschool("teach", "a", "b", "--until", "tomorrow").code == 2


def test_what_is_worth_a_look_is_shown(nightschool: Command) -> None:
    nightschool("teach", "Where is the wiki?", "https://wiki.lantern.example/start")
    shown = nightschool("examples", "show", "1", "--json").document
    assert shown["marks"] == ["only a link"]
    assert "only a link" in nightschool("examples", "show", "1").out


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


def test_validate_and_stats_tell_examples_by_id_and_by_source(nightschool: Command) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    nightschool("teach", "Who bakes?", "Noor.")
    nightschool("examples", "withdraw", "1")
    assert nightschool("examples", "validate", "--json").document["valid_count"] == 1
    found = nightschool("examples", "stats", "--json").document
    assert found["sources"] == {"teach": 1}
    assert found["by_source"]["teach"]["prompt"]["max"] == len("Who bakes?")
    told = nightschool("examples", "stats").out
    assert "teach" in told


def test_a_reason_is_kept_without_personal_data(nightschool: Command) -> None:
    nightschool("teach", "Who bakes?", "Noor.")
    nightschool("examples", "withdraw", "1", "--why", "noor@tea.example asked for it")
    history = nightschool("examples", "show", "1", "--json").document["history"]
    assert history[-1]["why"] == "[e-mail] asked for it"


@pytest.mark.parametrize("answer", ["loud [/b] words", "a [red] van", "[e-mail] it", ":tada: now"])
def test_what_looks_like_markup_is_listed_as_it_is(nightschool: Command, answer: str) -> None:
    nightschool("teach", "Q?", answer)
    done = nightschool("examples", "list")
    assert done.code == 0
    assert all(word in done.out for word in answer.split())


@pytest.mark.parametrize("command", ["show", "approve", "reject", "withdraw"])
@pytest.mark.parametrize("number", ["0", "9" * 30])
def test_an_impossible_id_is_wrong_usage(nightschool: Command, command: str, number: str) -> None:
    done = nightschool("examples", command, number)
    assert done.code == 2
    assert "is not in the range" in done.err
    assert nightschool("examples", "list", "--limit", number).code == 2


def test_stats_name_the_bad_lines_and_fail_where_nothing_is_left(
    nightschool: Command, tmp_path: Path
) -> None:
    file = tmp_path / "notes.jsonl"
    good = '{"prompt": "When is lunch?", "completion": "At noon."}'
    file.write_text(f"not json\n{good}\n")
    done = nightschool("examples", "stats", str(file), "--json")
    assert (done.code, done.document["total_examples"]) == (0, 1)
    assert [bad["line"] for bad in done.document["rejected"]] == [1]
    assert done.err.startswith("line 1: not JSON")
    file.write_text("not json\n")
    done = nightschool("examples", "stats", str(file), "--json")
    assert (done.code, done.document["total_examples"]) == (1, 0)
    assert "no row that can be measured" in done.err


def test_teach_says_what_it_replaced(nightschool: Command) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    assert "It replaces example 1." in nightschool("teach", "When is lunch?", "At one.").out
