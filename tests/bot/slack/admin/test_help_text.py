"""/nightschool help and status."""

from tests.bot.slack.admin.steps import ask, with_admin
from tests.bot.slack.conftest import Drive, School
from tests.slack_server.workspace import ANNA, BEN


def test_help_tells_each_what_they_may_do(school: School) -> None:
    assert "admins = [" in ask(school, "help", "/nightschool night").everything
    with_admin(school)
    mine = ask(school, "help", "/nightschool night").everything
    theirs = ask(school, "help", "/nightschool night", user=BEN).everything
    assert "/nightschool export" in mine
    assert "/nightschool export" not in theirs
    assert "forget me" in theirs
    assert "admins = [" not in theirs


def test_a_teacher_is_told_what_teachers_may_do_and_no_more(drive: Drive) -> None:
    direct = drive(admins=("U0BOSS",), teachers=(BEN,))
    decide, stop = "approve or reject what waits", "ends the night that is under way"
    assert decide in direct.command("help", user=BEN).text
    assert stop not in direct.command("help", user=BEN).text
    assert decide not in direct.command("help", user=ANNA).text


def test_status_says_what_is_taught_and_which_model_answers(drive: Drive) -> None:
    said = drive().command("status").everything
    assert "0 examples are" in said
    assert "base model" in said
