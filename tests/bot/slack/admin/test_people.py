"""/nightschool people, and what is refused to who has no right to it."""

import pytest

from bot.permissions import REVIEW_MARK
from tests.bot.slack.admin.steps import ask, with_admin
from tests.bot.slack.conftest import Drive, School
from tests.slack_server.workspace import ANNA, BEN, BOT

ADMIN_ONLY = (
    "people teacher <@U0BEN|ben>",
    "channels mute",
    "export",
    "adapters promote base",
    "adapters rollback",
)


@pytest.mark.parametrize("text", ADMIN_ONLY)
def test_without_an_admin_it_is_said_how_to_become_one(school: School, text: str) -> None:
    told = ask(school, text, "nightschool.toml", user=BEN)
    assert f'admins = ["{BEN}"]' in told.text
    assert school.store.people.roles() == []
    assert school.store.channels.all() == {}


@pytest.mark.parametrize("text", ADMIN_ONLY)
def test_who_is_no_admin_is_refused(school: School, text: str) -> None:
    with_admin(school)
    school.store.people.make("U0TEACH", "teacher", ANNA)
    ask(school, text, "Only admins", user=BEN)
    assert [r.person for r in school.store.people.roles()] == [ANNA, "U0TEACH"]
    assert school.store.channels.all() == {}
    assert school.slack.workspace.files == {}


def test_rights_are_given_listed_and_taken(school: School) -> None:
    with_admin(school)
    ask(school, "people teacher <@U0BEN|ben>", "ben is a teacher now")
    assert "ben: teacher" in ask(school, "people", "ben: teacher", user=BEN).text
    ask(school, "people admin <@U0BEN>", "ben is an admin now")
    ask(school, "people remove <@U0BEN|ben>", "no rights any more")
    assert school.store.people.role(BEN) is None


def test_what_makes_no_sense_is_refused(school: School) -> None:
    with_admin(school)
    ask(school, "people teacher ben", "@name")
    ask(school, "people teacher <@U0BEN> <@U0ANNA>", "@name")
    ask(school, f"people admin <@{BOT}>", "no rights of my own")
    ask(school, "people remove <@U0ANNA>", "last admin")
    ask(school, "people teacher <@U0ANNA>", "last admin")
    ask(school, "people remove <@U0BEN>", "no rights that could")
    assert school.store.people.role(ANNA) == "admin"


def test_a_right_of_the_settings_file_is_listed_and_taken_away_there_alone(drive: Drive) -> None:
    direct = drive(admins=(ANNA,), teachers=(BEN,))
    assert "anna: admin" in direct.command("people").text
    assert "ben: teacher" in direct.command("people").text
    for person in (ANNA, BEN):
        assert "`nightschool.toml`: take it" in direct.command(f"people remove <@{person}>").text


def test_an_admin_of_the_settings_file_is_enough(drive: Drive) -> None:
    """Then nobody else is the last one."""
    direct = drive(admins=(ANNA,))
    direct.store.people.make(BEN, "admin", ANNA)
    assert "ben has no rights" in direct.command(f"people remove <@{BEN}>").text


def test_what_the_approval_of_lessons_means_is_said(drive: Drive) -> None:
    assert "What anybody teaches is approved at once." in drive().command("people").text


def test_the_last_admin_can_be_made_one_again(drive: Drive) -> None:
    direct = drive()
    direct.store.people.make(ANNA, "admin", "test")
    assert "anna is an admin now" in direct.command(f"people admin <@{ANNA}>").text


def test_a_growing_team_is_told_when_lessons_begin_to_wait(drive: Drive) -> None:
    direct = drive()
    assert "Once more than ten people have asked me" in direct.command("people").text
    direct.store.marks.set(REVIEW_MARK)
    said = direct.command("people").text
    assert "what others teach waits for a teacher." in said
    assert "ten people" not in said
