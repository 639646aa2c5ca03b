"""`nightschool examples validate` and `stats`."""

import json
from pathlib import Path

from bot.home import Home
from bot.store import Store
from tests.bot.cli.conftest import Command


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


def test_what_is_checked_and_measured_is_what_a_night_trains_on(
    nightschool: Command, school: Home
) -> None:
    assert school
    nightschool("teach", "When is lunch?", "At noon.", "--for", "C0SHUT")
    nightschool("teach", "Who are we?", "A team.")
    assert nightschool("examples", "validate", "--json").document["valid_count"] == 1
    assert nightschool("examples", "stats", "--json").document["total_examples"] == 1


def test_pairs_of_a_file_are_checked_as_an_import_checks_them(
    nightschool: Command, tmp_path: Path
) -> None:
    file = tmp_path / "pairs.jsonl"
    rows = [
        {"prompt": "Who?", "chosen": "Noor.", "rejected": said} for said in ("Ben.", "b" * 4097)
    ]
    file.write_text("\n".join(map(json.dumps, rows)))
    done = nightschool("examples", "validate", str(file))
    assert done.code == 1
    assert done.out.startswith("0 valid and 1 of 2 pairs, 1 not.\nline 2: ")


def test_columns_of_a_checked_file_may_be_named(nightschool: Command, tmp_path: Path) -> None:
    file = tmp_path / "lines.jsonl"
    file.write_text(json.dumps({"Ticket": "Who bakes?", "Reply text": "Noor."}))
    columns = ("--columns", "question=Ticket,answer=Reply text")
    assert nightschool("examples", "validate", str(file), *columns).out.startswith("1 valid, 0")
    assert nightschool("examples", "stats", str(file), *columns).code == 0


def test_stats_count_what_no_night_trains_as_nobody_confirmed_it(
    nightschool: Command, store: Store
) -> None:
    nightschool("teach", "When is lunch?", "At noon.")
    nightschool("teach", "Who bakes?", "Noor.")
    assert nightschool("examples", "stats", "--json").document["unconfirmed"] == 0
    with store.connections.write() as db:
        db.table("examples").update(1, {"leaves_on": "2020-01-01"})
    done = nightschool("examples", "stats", "--json")
    assert done.document["unconfirmed"] == 1
    assert "1 lesson was not confirmed for two intervals" in done.err
