"""An app that was installed before an update lacks scopes, and says so to whoever runs it."""

from functools import partial
from typing import Any

import pytest
from pydantic import SecretStr
from slack_sdk import WebClient

from bot.settings import Settings, SlackSettings
from bot.slack import installation
from bot.slack.installation import examine_installation
from bot.slack.manifest import manifest
from bot.slack.state.places import learn_unknown
from bot.store import Store
from bot.store.examples.rows import NewExample
from bot.store.examples.scope import EVERYONE, Scope
from tests.bot.slack.conftest import Drive
from tests.bot.slack.direct import Direct
from tests.slack_server import SlackServer
from tests.slack_server.workspace import ANNA, BOT, DIRECT, GENERAL, GROUP, PRIVATE

NEW_SCOPES = ("channels:read", "groups:read", "mpim:read", "mpim:history")


def old_manifest() -> dict[str, Any]:
    """The manifest as it was before lessons had a scope."""
    old = manifest()
    scopes = old["oauth_config"]["scopes"]["bot"]
    old["oauth_config"]["scopes"]["bot"] = [s for s in scopes if s not in NEW_SCOPES]
    for event in ("message.mpim", "member_joined_channel"):
        old["settings"]["event_subscriptions"]["bot_events"].remove(event)
    return old


def access(slack: SlackServer) -> SlackSettings:
    return SlackSettings(bot_token=SecretStr(slack.bot_token), api_url=slack.api_url)


def teach_in(store: Store, *channels: str) -> None:
    for channel in channels:
        store.examples.add(NewExample(f"{channel}?", "Here.", "teach", ANNA, channel=channel))


def test_an_old_installation_is_told_to_paste_the_new_manifest(store: Store) -> None:
    teach_in(store, PRIVATE)
    with SlackServer(old_manifest()) as slack:
        (finding,) = examine_installation(access(slack), partial(learn_unknown, store=store))
    assert finding.state == "warning"
    assert all(scope in finding.what for scope in NEW_SCOPES)
    assert "slack-manifest" in str(finding.mend)
    assert "not trained" in str(finding.mend)
    assert store.places.all() == []


def test_a_new_one_is_asked_for_the_channels_of_old_lessons(store: Store) -> None:
    teach_in(store, GENERAL, PRIVATE, GROUP, DIRECT)
    with SlackServer(manifest()) as slack:
        assert list(examine_installation(access(slack), partial(learn_unknown, store=store))) == []
    kinds = {place.channel: place.kind for place in store.places.all()}
    assert kinds == {GENERAL: "public", PRIVATE: "private", GROUP: "group"}


def test_so_many_channels_are_asked_for_and_no_more(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.state.places.ASKED", 1)
    teach_in(store, GENERAL, PRIVATE)
    with SlackServer(manifest()) as slack:
        list(examine_installation(access(slack), partial(learn_unknown, store=store)))
        assert len(slack.calls_of("conversations.info")) == 1


def test_without_a_database_only_the_scopes_are_looked_at() -> None:
    with SlackServer(manifest()) as slack:
        assert list(examine_installation(access(slack), None)) == []
        assert [call.method for call in slack.calls] == ["auth.test"]


def never(_: WebClient) -> None:
    """Stands for what is asked of Slack only where it takes the token."""
    raise AssertionError


def test_where_slack_does_not_take_the_token_another_finding_says_so() -> None:
    with SlackServer(old_manifest()) as slack:
        wrong = access(slack).model_copy(update={"bot_token": SecretStr("xoxb-wrong")})
        assert list(examine_installation(wrong, never)) == []
    gone = SlackSettings(bot_token=SecretStr("xoxb-x"), api_url="http://127.0.0.1:9/")
    assert list(examine_installation(gone, never)) == []
    assert list(examine_installation(SlackSettings(), never)) == []


def test_the_log_of_the_start_names_what_is_missing(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert settings.slack.bot_token is None
    installation.warn(frozenset(manifest()["oauth_config"]["scopes"]["bot"]))
    installation.warn(None)
    assert "lacks scopes" not in "".join(capsys.readouterr())
    installation.warn({"chat:write"})
    assert "mpim:history" in "".join(capsys.readouterr())


@pytest.fixture
def old(drive: Drive) -> Direct:
    """A bot whose app may not ask for the kinds of channels."""
    direct = drive()
    direct.client.refused["conversations.info"] = "missing_scope"
    return direct


def scope_of_newest(direct: Direct) -> Scope:
    return direct.store.examples.search(limit=1)[0].for_whom


@pytest.mark.parametrize(
    ("channel", "scope"),
    [
        (GENERAL, EVERYONE),
        (PRIVATE, Scope("channel", PRIVATE)),
        (GROUP, Scope("channel", GROUP)),
        (DIRECT, Scope("person", ANNA)),
    ],
)
def test_until_then_a_command_tells_the_kind_of_its_channel(
    old: Direct, channel: str, scope: Scope
) -> None:
    old.command("Where is it? => Here.", name="/teach", channel=channel)
    assert scope_of_newest(old) == scope


@pytest.mark.parametrize(
    ("channel", "scope"), [(GENERAL, EVERYONE), (PRIVATE, Scope("channel", PRIVATE))]
)
def test_until_then_a_message_tells_the_kind_of_its_channel(
    old: Direct, channel: str, scope: Scope
) -> None:
    old.react(old.ask("Who are you?", channel=channel), "+1")
    assert scope_of_newest(old) == scope


def test_what_nothing_tells_the_kind_of_is_for_that_channel_alone(old: Direct) -> None:
    """A mention carries no kind, and its other event has not come yet."""
    asked = old.write(f"<@{BOT}> Who are you?")
    old.dispatch(old.body(asked.as_json() | {"channel": GENERAL, "type": "app_mention"}))
    assert old.think()
    answer = next(m for m in reversed(old.workspace.messages) if m.user == BOT)
    said = old.react(answer, "+1")
    assert scope_of_newest(old) == Scope("channel", GENERAL)
    assert "not trained" in said.everything


def test_a_new_installation_asks_for_what_a_mention_does_not_tell(drive: Drive) -> None:
    new = drive()
    asked = new.write(f"<@{BOT}> Who are you?")
    new.dispatch(new.body(asked.as_json() | {"channel": GENERAL, "type": "app_mention"}))
    assert new.think()
    new.react(next(m for m in reversed(new.workspace.messages) if m.user == BOT), "+1")
    assert scope_of_newest(new) == EVERYONE
