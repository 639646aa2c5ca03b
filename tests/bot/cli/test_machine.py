"""`nightschool models`, `doctor` and `slack-manifest`."""

import pytest

from bot.errors import TrainingError
from bot.operations.doctor import Diagnosis
from tests.bot.cli.conftest import Command


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


@pytest.mark.parametrize(
    ("state", "code", "shown"),
    [("ok", 0, "ok    Slack"), ("warning", 0, "note  Slack"), ("missing", 1, "MEND  Slack")],
)
def test_doctor_fails_only_where_something_must_be_mended(
    nightschool: Command, monkeypatch: pytest.MonkeyPatch, state: str, code: int, shown: str
) -> None:
    diagnosis = Diagnosis("Slack", state, "Set a token.")  # type: ignore[arg-type]
    monkeypatch.setattr("bot.cli.machine.examine", lambda _: [Diagnosis("Python"), diagnosis])
    done = nightschool("doctor")
    assert (done.code, done.out) == (code, f"ok    Python\n{shown}\n      Set a token.\n")
    assert nightschool("doctor", "--json").document["ok"] is (code == 0)


def test_models_are_listed_also_where_no_training_runs(
    nightschool: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        def __init__(self, *_: object) -> None: ...

        def run(self, _: object) -> None:
            raise TrainingError("no mlx")

    monkeypatch.setattr("bot.cli.machine.TrainerProcess", Broken)
    shown = nightschool("models").out
    assert "starter" in shown
    assert "All else is estimated" in shown
    assert ": estimated" not in shown, "that is said once, not of every model"
