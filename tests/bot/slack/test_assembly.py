"""Everything that the manifest promises is listened to, with the settings that were given."""

import pytest

from bot.messages import Completion
from bot.slack.manifest import manifest
from tests.bot.slack.conftest import Drive
from tests.slack_server.workspace import BEN, GENERAL

SUBCOMMANDS = (
    ("status", "examples are"),
    ("examples", "Nothing was taught yet"),
    ("lessons", "Nothing was taught yet"),
    ("night stop", "No night is under way"),
    ("adapters", "I answer with"),
    ("why", "not answered you here"),
    ("export", "admins = ["),
    ("channels", "I listen"),
    ("people", "Nobody has a right yet"),
    ("forget me", "That cannot be undone"),
    ("opt in", "had not opted out"),
    ("help", "/nightschool why"),
)


@pytest.mark.parametrize(("text", "said"), SUBCOMMANDS)
def test_each_subcommand_does_what_it_is_called(drive: Drive, text: str, said: str) -> None:
    assert said in drive().command(text).everything


def test_all_commands_shortcuts_and_events_of_the_manifest_are_listened_to(drive: Drive) -> None:
    direct, features = drive(), manifest()["features"]
    for command in features["slash_commands"]:
        direct.command("", name=command["command"])
    for shortcut in features["shortcuts"]:
        direct.choose(direct.write("Words."), callback_id=shortcut["callback_id"])
    for name in manifest()["settings"]["event_subscriptions"]["bot_events"]:
        kind = name.partition(".")[0]
        direct.dispatch(direct.body({"type": kind, "channel": GENERAL, "user": BEN}))


@pytest.mark.parametrize("blind", [True, False])
def test_comparisons_are_blind_where_the_settings_say_so(
    drive: Drive, monkeypatch: pytest.MonkeyPatch, blind: bool
) -> None:
    direct = drive(blind_compare=blind)

    def complete(_: object, model: str) -> Completion:
        return Completion(f"{model} says.", model, "v0001", 1, 1, 0.0, "stop")

    monkeypatch.setattr(direct.engine, "complete", complete)
    direct.command("What is it?", name="/compare")
    assert direct.think()
    answers = [message.everything for message in direct.workspace.messages]
    assert any("*A*" in text for text in answers) is blind
