"""`nightschool examples`: names and fields that others rely on."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.cli.context import Context
from bot.cli.examples.group import SHOWN
from bot.home import Home
from bot.messages import Message
from bot.store import Store
from bot.store.examples.rows import NewExample
from tests.bot.cli.conftest import Command
from trainer.formats import format_conversation


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


def test_an_export_says_how_many_are_left_out(nightschool: Command, tmp_path: Path) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    assert "left out" not in nightschool("examples", "export", str(tmp_path / "all")).out
    nightschool("teach", "Who bakes?", "Noor.")
    nightschool("examples", "withdraw", "2")
    said = nightschool("examples", "export", str(tmp_path / "out")).out
    assert said.startswith("1 examples are in ")
    assert "1 are left out; manifest.json says why." in said


def test_words_of_the_bot_are_marked_and_the_turns_before_them_are_shown(
    nightschool: Command, store: Store
) -> None:
    turns = [("user", "Hi"), ("assistant", "Hello."), ("user", "Lunch?"), ("assistant", "At noon.")]
    store.examples.add(
        NewExample(
            "Lunch?",
            "At noon.",
            "reaction",
            "U1",
            messages=tuple(Message(role, text) for role, text in turns),
        )
    )
    shown = nightschool("examples", "show", "1").out
    assert shown.startswith("user: Hi\nassistant: Hello.\nQ: Lunch?\nA: At noon.\n")
    assert "bot's own words" in shown
    assert "adapters trained on it: none yet" in shown


def test_as_many_are_listed_as_are_asked_for(nightschool: Command) -> None:
    for number in range(3):
        nightschool("teach", f"Question {number}?", "Yes.")
    listed = nightschool("examples", "list", "--limit", "2", "--json").document["examples"]
    assert [example["id"] for example in listed] == [3, 2]


def test_adapters_of_an_example_are_those_of_nights_that_made_one(
    nightschool: Command, store: Store
) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    store.runs.trained_on(store.runs.start(1).id, [1])
    assert nightschool("examples", "show", "1", "--json").document["adapters"] == []


def test_a_list_can_be_of_one_status_or_of_what_has_a_word(nightschool: Command) -> None:
    for question in ("When is lunch?", "Who bakes?"):
        nightschool("teach", question, "Yes.")
    nightschool("examples", "withdraw", "1")
    for options in (("--status", "withdrawn"), ("--search", "lunch")):
        (example,) = nightschool("examples", "list", *options, "--json").document["examples"]
        assert example["id"] == 1
    assert nightschool("examples", "list", "--status", "learned").code == 2


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


@pytest.mark.parametrize(
    ("kind", "keys"),
    [("chat", {"messages"}), ("completions", {"prompt", "completion"}), ("text", {"text"})],
)
def test_an_export_has_the_format_that_is_asked_for(
    nightschool: Command, tmp_path: Path, kind: str, keys: set[str]
) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    done = nightschool("examples", "export", str(tmp_path / "out"), "--format", kind, "--json")
    assert done.document["folder"] == str(tmp_path / "out")
    assert set(json.loads((tmp_path / "out" / "train.jsonl").read_text())) == {"id", *keys}


def test_validate_names_lines_of_a_file_also_those_that_are_no_json(
    nightschool: Command, tmp_path: Path
) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('not json\n{"prompt": "", "completion": "x"}\n')
    done = nightschool("examples", "validate", str(file))
    assert done.code == 1
    first, second, third = done.out.splitlines()
    assert first == "0 valid, 2 not."
    assert second.startswith("line 1: not JSON")
    assert third.startswith("line 2: ")
    errors = nightschool("examples", "validate", str(file), "--json").document["errors"]
    assert [error["line"] for error in errors] == [1, 2]


def test_validate_names_examples_that_are_longer_than_the_settings_allow(
    nightschool: Command, home: Home
) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    nightschool("teach", "Who bakes?", "Noor.")
    home.config.write_text("[examples]\nmax_prompt_length = 10\n")
    done = nightschool("examples", "validate")
    assert done.code == 1
    assert done.out.startswith("1 valid, 1 not.\nexample 1: ")
    (error,) = nightschool("examples", "validate", "--json").document["errors"]
    assert error["id"] == 1


def test_an_example_is_shown_with_its_source_its_end_its_history_and_its_adapters(
    nightschool: Command, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.cli.ask.getpass.getuser", lambda: "noor")
    link = "https://tea.slack.example/p4"
    store.examples.add(
        NewExample("Lunch?", "At noon.", "teach", "U1", permalink=link, expires_on="2999-01-31")
    )
    run = store.runs.start(1).id
    store.runs.trained_on(run, [1])
    store.runs.finish(run, "promoted", "Good.", version="v0003", examples=1, seconds=1.0)
    nightschool("examples", "withdraw", "1", "--why", "It moved.")
    lines = nightschool("examples", "show", "1").out.splitlines()
    assert "withdrawn, teach by U1" in lines
    assert f"from {link}" in lines
    assert "true until 2999-01-31" in lines
    assert lines[-2].endswith(" withdrawn by noor: It moved.")
    assert lines[-1] == "adapters trained on it: v0003"
    assert nightschool("examples", "show", "1", "--json").document["adapters"] == ["v0003"]


@pytest.mark.parametrize("name", ["approve", "reject", "withdraw"])
def test_help_says_what_a_change_of_status_does(nightschool: Command, name: str) -> None:
    assert f"{name.capitalize()} one example." in nightschool("examples", name, "--help").out


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


def test_whom_an_example_is_for_is_said_and_changed(nightschool: Command) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    assert nightschool("examples", "show", "1", "--json").document["scope"] == "everyone"
    changed = nightschool("examples", "scope", "1", "C0SHUT", "--json").document
    assert changed == {"id": 1, "status": "approved", "scope": "channel", "scope_id": "C0SHUT"}
    assert "one channel (C0SHUT)" in nightschool("examples", "scope", "1", "C0SHUT").out
    (row,) = nightschool("examples", "list", "--json").document["examples"]
    assert (row["scope"], row["scope_id"]) == ("channel", "C0SHUT")
    assert nightschool("examples", "scope", "1", "everyone", "--json").document["scope_id"] is None
    assert nightschool("examples", "scope", "1", "#general").code == 2


@pytest.mark.parametrize("whom", ["C0SHUT", "U0ANNA"])
def test_private_words_are_shown_only_when_they_are_asked_for(
    nightschool: Command, whom: str
) -> None:
    nightschool("teach", "When is lunch?", "At noon.", "--for", whom)
    nightschool("teach", "Who are we?", "A team.")
    nightschool("examples", "reject", "1", "--why", "lunch is cancelled")
    for shown in (
        nightschool("examples", "list"),
        nightschool("examples", "list", "--json"),
        nightschool("examples", "show", "1"),
        nightschool("examples", "show", "1", "--json"),
    ):
        assert whom in shown.out
        assert "lunch" not in shown.out
        assert "noon" not in shown.out
    hidden = nightschool("examples", "show", "1", "--json").document
    assert (hidden["prompt"], hidden["completion"], hidden["messages"]) == ("", "", None)
    assert hidden["hidden"] is True
    for words in ("lunch", "noon"):
        assert (
            nightschool("examples", "list", "--search", words, "--json").document["examples"] == []
        )
    found = nightschool("examples", "list", "--search", "noon", "--private", "--json").document
    assert [e["completion"] for e in found["examples"]] == ["At noon."]
    shown = nightschool("examples", "show", "1", "--private", "--json").document
    assert (shown["prompt"], shown["hidden"]) == ("When is lunch?", False)
    assert "At noon." in nightschool("examples", "list", "--private").out


def test_what_is_checked_and_measured_is_what_a_night_trains_on(
    nightschool: Command, school: Home
) -> None:
    assert school
    nightschool("teach", "When is lunch?", "At noon.", "--for", "C0SHUT")
    nightschool("teach", "Who are we?", "A team.")
    assert nightschool("examples", "validate", "--json").document["valid_count"] == 1
    assert nightschool("examples", "stats", "--json").document["total_examples"] == 1


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
