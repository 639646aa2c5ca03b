"""/nightschool channels: where the bot listens."""

from tests.bot.slack.admin.steps import ask, with_admin
from tests.bot.slack.conftest import Drive, School
from tests.slack_server.workspace import ANNA, BEN, ELSEWHERE, GENERAL


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


def test_where_it_listens_when_nobody_has_switched_a_channel_is_said(drive: Drive) -> None:
    assert drive().command("channels").text.startswith("I listen where I am invited;")
    quiet = drive(listen=False).command("channels")
    assert quiet.text.startswith("I listen only where I was switched on;")


def test_another_channel_than_this_one_can_be_muted(drive: Drive) -> None:
    direct = drive(admins=(ANNA,))
    direct.command(f"channels mute <#{ELSEWHERE}|elsewhere>")
    assert direct.store.channels.all() == {ELSEWHERE: False}
