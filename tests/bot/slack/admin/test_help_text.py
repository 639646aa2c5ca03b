"""/nightschool help and status."""

from tests.bot.slack.admin.steps import ask, with_admin
from tests.bot.slack.conftest import School
from tests.slack_server.workspace import BEN


def test_help_tells_each_what_they_may_do(school: School) -> None:
    assert "admins = [" in ask(school, "help", "/nightschool night").everything
    with_admin(school)
    mine = ask(school, "help", "/nightschool night").everything
    theirs = ask(school, "help", "/nightschool night", user=BEN).everything
    assert "/nightschool export" in mine
    assert "/nightschool export" not in theirs
    assert "forget me" in theirs
    assert "admins = [" not in theirs
