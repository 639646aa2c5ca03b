"""Events of another workspace are not looked at; an organisation-wide installation is refused."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr

from bot.errors import SettingsError
from bot.settings import SlackSettings
from bot.slack.installation import examine_installation
from bot.slack.manifest import manifest
from bot.slack.transport.connection import sign_in, web_client
from bot.slack.transport.teams import NOT_ORGANISATION_WIDE, is_foreign
from tests.bot.slack.direct import Direct
from tests.slack_server import SlackServer
from tests.slack_server.workspace import ANNA, BOT, DORA, GENERAL, OTHER_TEAM, SHARED, TEAM

Drive = Callable[..., Direct]


def of(*teams: str) -> list[dict[str, Any]]:
    return [{"team_id": team, "user_id": BOT, "is_bot": True} for team in teams]


def asked(bot: Direct, user: str, channel: str, teams: list[dict[str, Any]]) -> dict[str, Any]:
    said = bot.write(f"<@{BOT}> Where is the key?", user=user, channel=channel)
    place = bot.workspace.channel(channel)
    event = said.as_json() | {"channel": channel, "channel_type": place.kind}
    return bot.body(event) | {"authorizations": teams}


def test_ids_of_another_workspace_that_look_like_ours_are_nobody(drive: Drive) -> None:
    bot = drive()
    bot.dispatch(asked(bot, ANNA, GENERAL, of(OTHER_TEAM)))
    assert not bot.think()
    assert bot.store.replies.asked_by(ANNA) == []


@pytest.mark.parametrize(("user", "channel"), [(ANNA, GENERAL), (DORA, SHARED)])
def test_people_in_channels_of_ours_are_heard_wherever_they_are_from(
    drive: Drive, user: str, channel: str
) -> None:
    bot = drive()
    bot.dispatch(asked(bot, user, channel, of(TEAM)))
    assert bot.think()


def test_an_event_for_several_installations_is_ours_if_one_is() -> None:
    assert not is_foreign({"authorizations": of(OTHER_TEAM, TEAM)}, TEAM)
    assert is_foreign({"authorizations": of(OTHER_TEAM)}, TEAM)
    assert not is_foreign({"team_id": OTHER_TEAM}, TEAM), "a click tells the team of whoever acts"


def test_an_organisation_wide_installation_is_refused_by_one_sentence() -> None:
    with SlackServer(manifest()) as slack:
        access = SlackSettings(bot_token=SecretStr(slack.bot_token), api_url=slack.api_url)
        slack.workspace.enterprise = "E0SCHOOLS"
        assert sign_in(web_client(access)).team == TEAM, "one workspace of a Grid is supported"
        slack.workspace.organisation_wide = True
        with pytest.raises(SettingsError, match=NOT_ORGANISATION_WIDE):
            sign_in(web_client(access))
        (finding,) = examine_installation(access)
    assert (finding.what, finding.state) == (NOT_ORGANISATION_WIDE, "missing")
