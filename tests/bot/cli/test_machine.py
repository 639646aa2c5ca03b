"""`nightschool models`, `doctor` and `slack-manifest`."""

from dataclasses import replace

import pytest

from bot.errors import TrainingError
from bot.home import Home
from bot.operations.diagnosis import Diagnosis
from tests.bot.cli.conftest import Command, Version
from trainer.adapters.registry import Registry, write_card
from trainer.results.run import MachineSpeed


def test_doctor_names_what_is_missing(nightschool: Command) -> None:
    document = nightschool("doctor", "--json").document
    said = " ".join(finding["what"] for finding in document["findings"])
    assert "SLACK_BOT_TOKEN is not set" in said
    assert "Python" in said


def test_doctor_finishes_a_restore_that_was_cut_off_first(nightschool: Command, home: Home) -> None:
    """Between its moves there is no database, so that nothing else would open one."""
    nightschool("teach", "When is lunch?", "At noon.")
    home.database.rename(home.data / "nightschool.before-restore-20260101T000000Z.db")
    nightschool("doctor")
    assert home.database.exists()


def test_doctor_tells_the_rest_where_a_restore_cannot_be_finished(
    nightschool: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Home) -> None:
        raise PermissionError

    monkeypatch.setattr("bot.cli.machine.settle", refuse)
    assert nightschool("doctor", "--json").document["findings"]


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
    diagnosis = Diagnosis("Slack", state, "Set a token.")  # type: ignore[arg-type]  # a plain string stands for its Literal
    monkeypatch.setattr("bot.cli.machine.examine", lambda _: [Diagnosis("Python"), diagnosis])
    done = nightschool("doctor")
    assert (done.code, done.out) == (code, f"ok    Python\n{shown}\n      Set a token.\n")
    assert nightschool("doctor", "--json").document["ok"] is (code == 0)


def test_what_a_model_takes_is_reckoned_from_this_machine_and_its_own_trainings(
    nightschool: Command, monkeypatch: pytest.MonkeyPatch, home: Home, version: Version
) -> None:
    class Measured:
        def __init__(self, *_: object) -> None: ...

        def run(self, _: object) -> MachineSpeed:
            return MachineSpeed(gflops=100.0, memory_gb=0.001)

    monkeypatch.setattr("bot.cli.machine.TrainerProcess", Measured)
    version("v0001")
    registry = Registry(home.adapters)
    trained = replace(registry.card("v0001"), base_model="starter", peak_memory_gb=7.5)
    write_card(home.adapters / "v0001", trained)
    models = nightschool("models", "--json").document["models"]
    starter = next(model for model in models if model["name"] == "starter")
    assert starter["training_memory_gb"] == 7.5
    assert not any(model["fits"] for model in models), "a card of one megabyte holds no model"
    assert all(model["training_minutes"] is not None for model in models)
    shown = nightschool("models").out
    assert "7.5 GB" in shown
    assert "yes" not in shown
    assert "starter: " in shown


@pytest.mark.parametrize("error", [TrainingError("no mlx"), FileNotFoundError(2, "No python")])
def test_models_are_listed_also_where_no_training_runs(
    nightschool: Command, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    class Broken:
        def __init__(self, *_: object) -> None: ...

        def run(self, _: object) -> None:
            raise error

    monkeypatch.setattr("bot.cli.machine.TrainerProcess", Broken)
    shown = nightschool("models").out
    assert "starter" in shown
    assert "All else is estimated" in shown
    assert ": estimated" not in shown, "that is said once, not of every model"


def test_doctor_says_that_an_old_installation_lacks_scopes_and_learns_channels_first(
    nightschool: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []

    def installed(*_: object) -> list[Diagnosis]:
        order.append("installation")
        return [Diagnosis("The app in Slack lacks mpim:read.", "warning", "Paste it.")]

    def examined(_: Home) -> list[Diagnosis]:
        order.append("examine")
        return [Diagnosis("Python")]

    monkeypatch.setattr("bot.slack.installation.examine_installation", installed)
    monkeypatch.setattr("bot.cli.machine.examine", examined)
    done = nightschool("doctor")
    assert done.out == "ok    Python\nnote  The app in Slack lacks mpim:read.\n      Paste it.\n"
    assert order == ["installation", "examine"]
