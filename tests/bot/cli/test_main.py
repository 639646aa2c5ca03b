"""Exit codes, one line for what goes wrong, and where the home is."""

from pathlib import Path

import pytest

from bot.home import Home
from tests.bot.cli.conftest import Command


def test_wrong_usage_is_2(nightschool: Command) -> None:
    assert nightschool("teach").code == 2
    assert nightschool("nonsense").code == 2
    assert nightschool("adapters", "show").code == 2


def test_a_wrong_setting_is_1_with_its_name(nightschool: Command, home: Home) -> None:
    home.config.write_text("modle = 3")
    done = nightschool("ask", "x", "--json")
    assert done.code == 1
    assert "modle" in done.err
    assert "modle" in done.document["error"]


@pytest.mark.parametrize("before", [True, False])
def test_home_is_taken_before_or_after_the_command(
    nightschool: Command, tmp_path: Path, before: bool
) -> None:
    other = tmp_path / "other"
    option = ("--home", str(other))
    lesson = ("teach", "a question", "an answer")
    done = nightschool(*option, *lesson) if before else nightschool(*lesson, *option)
    assert done.code == 0
    assert Home(other).database.exists()


def test_serve_without_tokens_says_what_to_set(nightschool: Command) -> None:
    done = nightschool("serve")
    assert done.code == 1
    assert "SLACK_BOT_TOKEN" in done.err
    assert done.err.count("\n") == 1


def test_adapters_of_an_empty_school(nightschool: Command) -> None:
    assert nightschool("adapters", "list", "--json").document == {"current": None, "adapters": []}
    done = nightschool("adapters", "show", "v0009")
    assert done.code == 1
    assert "v0009" in done.err
    assert nightschool("adapters", "rollback").code == 1
    assert nightschool("adapters", "promote", "v0009").code == 1


def test_a_night_without_lessons_is_skipped(nightschool: Command) -> None:
    done = nightschool("night", "--json")
    assert done.code == 0
    document = done.document
    assert document["status"] == "skipped"
    assert set(document) == {
        "run",
        "status",
        "version",
        "reason",
        "notes",
        "examples",
        "seconds",
        "evaluation",
    }


def test_doctor_names_what_is_missing(nightschool: Command) -> None:
    document = nightschool("doctor", "--json").document
    said = " ".join(finding["what"] for finding in document["findings"])
    assert "SLACK_BOT_TOKEN is not set" in said
    assert "Python" in said


def test_the_manifest_is_json(nightschool: Command) -> None:
    manifest = nightschool("slack-manifest").document
    commands = {c["command"] for c in manifest["features"]["slash_commands"]}
    assert {"/teach", "/compare", "/nightschool"} <= commands


def test_models_lists_the_starter(nightschool: Command) -> None:
    models = nightschool("models", "--json").document["models"]
    starter = next(model for model in models if model["name"] == "starter")
    assert starter["fits"] is True
    assert {"path", "memory_gb"} <= set(starter)
