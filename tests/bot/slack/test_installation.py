"""An app that was installed before an update lacks scopes, and says so to whoever runs it."""

from typing import Any

import pytest
from pydantic import SecretStr

from bot.settings import Settings, SlackSettings
from bot.slack import installation
from bot.slack.installation import examine_installation
from bot.slack.manifest import manifest
from bot.store import Store
from bot.store.examples.rows import NewExample
from tests.slack_server import SlackServer
from tests.slack_server.workspace import ANNA, DIRECT, GENERAL, GROUP, PRIVATE

NEW_SCOPES = ("channels:read", "groups:read", "mpim:read", "mpim:history")


def old_manifest() -> dict[str, Any]:
    """The manifest as it was before lessons had a scope."""
    old = manifest()
    scopes = old["oauth_config"]["scopes"]["bot"]
    old["oauth_config"]["scopes"]["bot"] = [s for s in scopes if s not in NEW_SCOPES]
    old["settings"]["event_subscriptions"]["bot_events"].remove("message.mpim")
    return old


def access(slack: SlackServer) -> SlackSettings:
    return SlackSettings(bot_token=SecretStr(slack.bot_token), api_url=slack.api_url)


def teach_in(store: Store, *channels: str) -> None:
    for channel in channels:
        store.examples.add(NewExample(f"{channel}?", "Here.", "teach", ANNA, channel=channel))


def test_an_old_installation_is_told_to_paste_the_new_manifest(store: Store) -> None:
    teach_in(store, PRIVATE)
    with SlackServer(old_manifest()) as slack:
        (finding,) = examine_installation(access(slack), store)
    assert finding.state == "warning"
    assert all(scope in finding.what for scope in NEW_SCOPES)
    assert "slack-manifest" in str(finding.mend)
    assert "not trained" in str(finding.mend)
    assert store.places.all() == []


def test_a_new_one_is_asked_for_the_channels_of_old_lessons(store: Store) -> None:
    teach_in(store, GENERAL, PRIVATE, GROUP, DIRECT)
    with SlackServer(manifest()) as slack:
        assert list(examine_installation(access(slack), store)) == []
    kinds = {place.channel: place.kind for place in store.places.all()}
    assert kinds == {GENERAL: "public", PRIVATE: "private", GROUP: "group"}


def test_so_many_channels_are_asked_for_and_no_more(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installation, "ASKED", 1)
    teach_in(store, GENERAL, PRIVATE)
    with SlackServer(manifest()) as slack:
        list(examine_installation(access(slack), store))
        assert len(slack.calls_of("conversations.info")) == 1


def test_without_a_database_only_the_scopes_are_looked_at() -> None:
    with SlackServer(manifest()) as slack:
        assert list(examine_installation(access(slack), None)) == []
        assert [call.method for call in slack.calls] == ["auth.test"]


def test_where_slack_does_not_take_the_token_another_finding_says_so() -> None:
    with SlackServer(old_manifest()) as slack:
        wrong = access(slack).model_copy(update={"bot_token": SecretStr("xoxb-wrong")})
        assert list(examine_installation(wrong, None)) == []
    gone = SlackSettings(bot_token=SecretStr("xoxb-x"), api_url="http://127.0.0.1:9/")
    assert list(examine_installation(gone, None)) == []
    assert list(examine_installation(SlackSettings(), None)) == []


def test_the_log_of_the_start_names_what_is_missing(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert settings.slack.bot_token is None
    installation.warn(frozenset(manifest()["oauth_config"]["scopes"]["bot"]))
    installation.warn(None)
    assert "lacks scopes" not in "".join(capsys.readouterr())
    installation.warn({"chat:write"})
    assert "mpim:history" in "".join(capsys.readouterr())
