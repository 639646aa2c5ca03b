"""The manifest, as far as Slack's own check can be known from here."""

from bot.slack.lessons import marked_messages
from bot.slack.manifest import manifest
from tests.slack_server.limits import check_manifest


def test_slack_takes_the_manifest() -> None:
    check_manifest(manifest())


def test_it_is_an_agent_over_socket_mode_for_one_workspace() -> None:
    asked = manifest()
    assert "agent_view" in asked["features"]
    assert asked["settings"]["socket_mode_enabled"]
    assert not asked["settings"]["org_deploy_enabled"]
    commands = [command["command"] for command in asked["features"]["slash_commands"]]
    assert commands == ["/teach", "/compare", "/nightschool"]


def test_nothing_is_shared_between_two_copies() -> None:
    manifest()["settings"]["event_subscriptions"]["bot_events"].clear()
    assert manifest()["settings"]["event_subscriptions"]["bot_events"]


def test_its_shortcut_is_the_one_that_is_listened_to() -> None:
    (shortcut,) = manifest()["features"]["shortcuts"]
    assert (shortcut["type"], shortcut["callback_id"]) == ("message", marked_messages.SHORTCUT)


def test_a_thumb_that_is_removed_is_told_as_one_that_is_added() -> None:
    events = manifest()["settings"]["event_subscriptions"]["bot_events"]
    assert {"reaction_added", "reaction_removed"} <= set(events)


def test_kinds_of_channels_may_be_asked_for_and_group_messages_are_heard() -> None:
    asked = manifest()
    scopes = set(asked["oauth_config"]["scopes"]["bot"])
    assert {"channels:read", "groups:read", "mpim:read", "mpim:history"} <= scopes
    assert "message.mpim" in asked["settings"]["event_subscriptions"]["bot_events"]
