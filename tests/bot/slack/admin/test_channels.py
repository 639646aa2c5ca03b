"""/nightschool channels: where the bot listens."""

from tests.bot.slack.admin.steps import ask, with_admin
from tests.bot.slack.conftest import School
from tests.slack_server.workspace import ANNA, BEN, GENERAL


def test_a_channel_is_muted_and_switched_on_again(school: School) -> None:
    with_admin(school)
    ask(school, "channels mute", "silent in")
    assert school.store.channels.all() == {GENERAL: False}
    ask(school, f"channels listen <#{GENERAL}|general>", "listen in")
    assert "listening" in ask(school, "channels", "listening", user=BEN).text
    ask(school, "channels mute there", "#channel")
    direct = school.slack.workspace.direct(ANNA).id
    ask(school, "channels mute", "cannot be switched", channel=direct)
    assert school.store.channels.all() == {GENERAL: True}
