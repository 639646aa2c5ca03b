"""/nightschool channels: where the bot listens."""

from bot.slack.admin.channels import HOW, LISTED
from tests.bot.slack.admin.steps import ask, with_admin
from tests.bot.slack.conftest import Drive, School
from tests.slack_server.workspace import ANNA, BEN, DIRECT, ELSEWHERE, GENERAL


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


def test_what_else_the_bot_does_in_a_channel_is_listed(drive: Drive) -> None:
    direct = drive(admins=(ANNA,))
    assert "I watch" in direct.command("channels watch").text
    assert "already" in direct.command("channels watch").text
    assert "80% sure" in direct.command("channels auto").text
    assert "on already" in direct.command(f"channels auto on <#{GENERAL}|general>").text
    listed = direct.command("channels", user=BEN).text
    assert f"<#{GENERAL}>: watched for answers of teachers, answering without" in listed
    direct.command("channels unwatch")
    assert "only where I am asked" in direct.command("channels auto off").text
    assert GENERAL not in direct.command("channels").text


def test_what_cannot_be_switched_says_what_to_do(drive: Drive) -> None:
    direct = drive(admins=(ANNA,))
    for words in ("watch it", "auto maybe", "auto off please", "sing"):
        assert direct.command(f"channels {words}").text == HOW
    assert "cannot be switched" in direct.command("channels auto", channel=DIRECT).text
    assert "do not answer without" in direct.command("channels auto reset").text
    absent = direct.command(f"channels auto <#{ELSEWHERE}|elsewhere>").text
    assert "invite me there first" in absent
    direct.command("channels mute")
    for words in ("watch", "auto"):
        assert "channels listen" in direct.command(f"channels {words}").text
    assert direct.store.channels.with_modes() == {}


def test_a_long_list_of_channels_is_cut(drive: Drive) -> None:
    direct = drive()
    for number in range(LISTED + 3):
        direct.store.channels.set(f"C{number}", True, ANNA)
    assert direct.command("channels").text.endswith("and 3 more")
